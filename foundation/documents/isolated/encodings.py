"""The encoding of a plain text, by its bytes."""

import codecs
from unicodedata import category

_HEAD = 4096
_IDEOGRAPHS = "\u2e80"
_NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})


def utf16_of(content: bytes) -> str | None:
    """Return the Python name of the encoding of a text in UTF-16, or None for any other content.

    Without a byte order mark it is one with a null byte, which no text of 8 bits has, and with no
    characters but those of text; without a blank or line end, of alphabets alone.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = content[:_HEAD]
    if len(content) % 2 or b"\x00" not in head:
        return None
    found = {}
    for encoding in ("utf-16-le", "utf-16-be"):
        # what is cut in the middle of a pair becomes a sign of its own
        letters = head.decode(encoding, errors="replace").rstrip("\ufffd")
        has_blanks = any(letter.isspace() for letter in letters)
        if (has_blanks or all(map(_is_of_an_alphabet, letters))) and all(map(_is_text, letters)):
            found[encoding] = sum(map(_is_common, letters))
    # read the other way round, some texts are texts too, of rare characters
    return max(found, key=lambda encoding: found[encoding], default=None)


def _is_common(letter: str) -> bool:
    """Tell whether it is of ASCII, or a sign or syllable of the far east."""
    return letter < "\x80" or "\u3000" <= letter < "\u3100" or "\uff00" <= letter < "\ufff0"


def _is_text(letter: str) -> bool:
    return letter in "\t\r\n\f" or category(letter) not in _NO_TEXT


def _is_of_an_alphabet(letter: str) -> bool:
    """Tell whether it lies before the ideographs, which any two bytes may be, or is a pair."""
    return letter < _IDEOGRAPHS or letter > "\uffff"
