"""Prints plain texts."""

from html import escape

from foundation.documents.isolated.encodings import utf16_of
from foundation.documents.isolated.printing import print_html, read_nothing
from foundation.documents.isolated.refusals import Refused

MAX_BYTES = 300_000
MAX_LINES = 10_000  # about 5 s of work
_COLUMNS = 106  # of a page
_STYLE = (
    "@page { size: A4; margin: 15mm } "
    "pre { font-size: 8pt; white-space: pre-wrap; overflow-wrap: anywhere }"
)


def text(content: bytes, *, title: str) -> tuple[None, list[bytes]]:
    """Return the text as PDF. Refuses with ``long`` (``kilobytes``, ``lines``) beyond
    ``MAX_BYTES`` or ``MAX_LINES``.
    """
    if len(content) > MAX_BYTES or content.count(b"\n") > MAX_LINES:
        raise Refused("long", kilobytes=MAX_BYTES // 1000, lines=MAX_LINES)
    page = (
        f'<html lang="es"><head><title>{escape(title)}</title></head>'
        f"<body><pre>{escape(_broken(_decoded(content)))}</pre></body></html>"
    )
    return None, [print_html(html=page, stylesheet=_STYLE, read=read_nothing)]


def _decoded(content: bytes) -> str:
    """Decode as UTF-16 or UTF-8 and drop a byte order mark; otherwise as Windows-1252, which
    spreadsheets still write.
    """
    if (encoding := utf16_of(content)) is not None:
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _broken(words: str) -> str:
    """Break lines that are longer than the page: finding the places is slow in the renderer."""
    return "\n".join(
        line[start : start + _COLUMNS]
        for line in words.splitlines()
        for start in range(0, len(line) or 1, _COLUMNS)
    )
