"""Texts that show nothing, and texts as one line."""

import pytest

from foundation.core.texts import is_blank, one_line


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


def test_a_line_has_no_breaks_and_nothing_unseen_at_its_ends() -> None:
    assert one_line("\ufeff The\tinvoice\r\n fails \u200b") == "The invoice fails"
    assert one_line("a👩\u200d💻b") == "a👩\u200d💻b"
