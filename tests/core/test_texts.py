"""Texts that show nothing, and texts as one line."""

import pytest

from foundation.core.texts import is_blank, one_line, seen


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\t\n\x0b",
        "\u200b\u200c\u200d\ufeff",
        "\u202e\u2066",
        "\u3164\u2800",
        "\x00\x1f",
        "\xa0",
    ],
)
def test_blanks_and_invisible_characters_show_nothing(text: str) -> None:
    assert is_blank(text)
    assert one_line(text) == ""


@pytest.mark.parametrize("text", ["x", "\u200bx", "Ñ", "👩\u200d💻", "."])
def test_a_single_letter_is_seen(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    "text",
    ["\ufe0f\ufe0f\ufe0f", "\u034f" * 3, "\u17b4" * 3, "\u180b" * 3, "\u0301" * 3, "\U000e0100"],
)
def test_marks_without_a_letter_show_nothing(text: str) -> None:
    assert (seen(text), is_blank(text)) == (0, True)
    assert (seen(f"a{text}"), is_blank(f"a{text}")) == (1, False)


def test_a_letter_with_its_accent_is_one_character_of_a_line() -> None:
    assert one_line("Conexio\u0301n u\u0301nica\u0301") == "Conexión únicá"
    assert one_line("\u2764\ufe0f") == "\u2764\ufe0f"


def test_a_line_has_no_breaks_and_nothing_unseen_at_its_ends() -> None:
    assert one_line("\ufeff The\tinvoice\r\n fails \u200b") == "The invoice fails"
    assert one_line("a👩\u200d💻b") == "a👩\u200d💻b"
