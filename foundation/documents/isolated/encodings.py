"""The encoding of a plain text, by its bytes."""

import codecs

_HEAD = 4096


def utf16_of(content: bytes) -> str | None:
    """Return the Python name of the encoding of a text in UTF-16, or None for any other content.

    Without a byte order mark it is one whose every second byte is mostly null, always the first or
    always the second, and whose letters are printable.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(content) % 2:
        return None
    head = content[:_HEAD]
    even = head[::2]
    odd = head[1::2]
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if not high or b"\x00" in low or high.count(0) * 2 < len(high):
            continue
        letters = head.decode(encoding, errors="replace")
        if all(letter.isprintable() or letter in "\t\r\n\f" for letter in letters):
            return encoding
    return None
