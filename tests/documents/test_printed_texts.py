"""What a text looks like before it is printed as evidence."""

from foundation.documents.isolated.texts import _COLUMNS, _broken, _decoded


def test_lines_longer_than_the_page_are_broken_and_empty_ones_stay() -> None:
    long = "x" * _COLUMNS

    assert _broken("a\n\nb") == "a\n\nb"
    assert _broken(long) == long
    assert _broken(f"{long}y\n") == f"{long}\ny"
    assert _broken("") == ""


def test_a_text_is_read_in_the_encoding_in_which_it_was_written() -> None:
    words = "Contraseña: 5 €"

    for content in (
        words.encode(),
        words.encode("utf-8-sig"),
        words.encode("utf-16"),
        words.encode("cp1252"),
    ):
        assert _decoded(content) == words
