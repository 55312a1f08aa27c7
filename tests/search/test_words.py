"""The words of a text and what a search asks for. Pure."""

import pytest

from foundation.search.words import Phrase, phrases_of, stems_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Caída del túnel", ["caida", "del", "tunel"]),
        ("CAI\u0301DA ¡ya!", ["caida", "ya"]),
        ("Año Ñandú", ["ano", "nandu"]),
        ("Straße ÿ", ["strasse", "y"]),
        ("497955-AIS, 00123", ["497955", "ais", "00123"]),
        ("aa:BB:0c 10.0.0.1", ["aa", "bb", "0c", "10", "0", "0", "1"]),
        ("requester@norte.example", ["requester", "norte", "example"]),
        ("one_two\u200bthree\x00four", ["one", "two", "three", "four"]),
        ("ﬁle Ⅳ ²", ["file", "iv", "2"]),
        ("Ελλάδα почта", ["ελλαδα", "почта"]),
        (":[%_\"' ¿?", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_words_are_folded_and_parted_by_signs(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("actualizaciones", "actualización"),
        ("impresoras", "impresora"),
        ("caídas", "caída"),
        ("correos", "correo"),
        ("printers", "printer"),
        ("updating", "updates"),
        ("policies", "policy"),
    ],
)
def test_forms_of_a_word_have_a_stem_in_common(one: str, other: str) -> None:
    (first,) = words_of(one)
    (second,) = words_of(other)

    assert set(stems_of(first)) & set(stems_of(second))


def test_what_has_a_digit_has_no_stem() -> None:
    assert stems_of("97933") == stems_of("ais2") == ()


@pytest.mark.parametrize(
    ("search", "phrases"),
    [
        ("Caída vpn", [Phrase(("caida",), True), Phrase(("vpn",), True)]),
        ('"no permitida" x', [Phrase(("no", "permitida"), False), Phrase(("x",), True)]),
        ("497955-AIS", [Phrase(("497955", "ais"), True)]),
        ('"caída"', [Phrase(("caida",), False)]),
        ('say "open', [Phrase(("say",), True), Phrase(("open",), True)]),
        ("vpn VPN", [Phrase(("vpn",), True)]),
        ('% _ [ : ""', []),
    ],
)
def test_a_search_asks_for_words_and_phrases(search: str, phrases: list[Phrase]) -> None:
    assert phrases_of(search) == phrases


def test_a_quoted_word_is_found_as_it_is_alone() -> None:
    (loose,) = phrases_of("correos")
    (quoted,) = phrases_of('"correos"')

    assert (len(loose.stems), quoted.stems) == (2, ())
