"""The sentence in which a search was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.search.excerpts import excerpt, marked
from foundation.search.words import phrases_of, words_of


def shown(text: str, search: str) -> str:
    pieces = excerpt(text, phrases_of(search))
    return "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "search", "expected"),
    [
        ("Buenos días. El túnel cayó. Gracias.", "tunel", "El [túnel] cayó."),
        ("Buenos días. El túnel cayó. Gracias.", "TÚNELES caer", "El [túnel] cayó."),
        ("Uno\nla impresora nueva\ntres", "impresoras", "la [impresora] nueva"),
        ("Dos impresoras, una impresora.", "impres", "Dos [impresoras], una [impresora]."),
        ("Serie 497955-AIS rota", "497955-ais", "Serie [497955-AIS] rota"),
        ("Serie 497955-AIS rota", "497955", "Serie [497955]-AIS rota"),
        ("ver 10.0.0.1 aquí", "10.0.0", "ver [10.0.0].1 aquí"),
        ("Operación no permitida", '"no permitida"', "Operación [no permitida]"),
        ("Operación no permitida", '"no permitid"', ""),
        ("caí\u0301da de la red", "caída", "[caí\u0301da] de la red"),
        ("F-2026_031 ok", "2026", "F-[2026]_031 ok"),
        ("Nada de nada", "zzz", ""),
        ("", "zzz", ""),
    ],
)
def test_a_sentence_is_shown_with_what_was_found(text: str, search: str, expected: str) -> None:
    assert shown(text, search) == expected


def test_a_long_sentence_is_cut_around_what_was_found() -> None:
    text = f"{'antes ' * 60}el túnel cayó{' después' * 60}"

    assert shown(text, "tunel") == (f"… {'antes ' * 4}el [túnel] cayó{' después' * 15} …")
    assert shown(text, "antes").startswith("[antes] [antes] ")
    assert len(shown("x" * 500, "x")) == 502
    assert shown(f"{'x' * 300} y", "x") == f"[{'x' * 300}] …"


def test_a_whole_text_is_marked() -> None:
    pieces = marked("Caída. Otra caída", phrases_of("caida"))

    assert [(piece.text, piece.is_found) for piece in pieces] == [
        ("Caída", True),
        (". Otra ", False),
        ("caída", True),
    ]
    assert marked("", phrases_of("caida")) == []


@given(st.text(), st.text())
def test_nothing_of_a_text_is_lost(text: str, search: str) -> None:
    assert "".join(piece.text for piece in marked(text, phrases_of(search))) == text


@given(st.text(min_size=1))
def test_a_word_of_a_text_is_found_in_it(text: str) -> None:
    for word in words_of(text):
        assert any(piece.is_found for piece in marked(text, phrases_of(f'"{word}"')))


def test_a_search_asks_for_its_first_twelve_phrases() -> None:
    words = [f"word{number}" for number in range(14)]
    found = phrases_of(" ".join(words))
    assert [each.words for each in found] == [(word,) for word in words[:12]]
