"""Written texts: what pages, letters and answers say, kept in ``tests/written`` and compared.

``MESA_WRITTEN=new ./mesa test tests/web/test_written_texts.py`` writes them anew; the difference
belongs into the commit that made it.
"""

import html
import os
import re
from difflib import unified_diff
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "written"
_UNSEEN = re.compile(r"<(script|style|svg|head|template)\b.*?</\1>", re.DOTALL)
_CELL = re.compile(r"</(?:td|th|option)>")
_INLINE = r"/?(?:a|abbr|b|br|code|em|i|img|input|option|q|select|small|span|strong|td|th|time)\b"
_BLOCK = re.compile(rf"<(?!{_INLINE})[^>]*>")
_CHECKED = re.compile(r"<(?:input|option)\b[^>]*\b(?:checked|selected)\b[^>]*>")
# What differs each time: tokens in addresses and fields.
_TOKEN = re.compile(
    r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}(?::[A-Za-z0-9_-]{6,}:[A-Za-z0-9_-]{43})?"
)
_RULES = re.compile(r"\b20\d\d\.\d{1,2}\b")


def lines_of(page: str) -> list[str]:
    """Return the words of a page, a line for each block; cells of a row are divided by bars, and
    what is checked or selected has a star.
    """
    body = " ".join(_UNSEEN.sub(" ", page).split())
    body = _CELL.sub(" | ", _CHECKED.sub("* ", body))
    text = html.unescape(re.sub(r"<[^>]+>", "", _BLOCK.sub("\n", body)))
    lines = (" ".join(line.split()).strip(" |") for line in text.split("\n"))
    return [without_tokens(line) for line in lines if line]


def without_tokens(text: str) -> str:
    """Return the text without tokens, and without the version of the zones' rules."""
    return _RULES.sub("…", _TOKEN.sub("…", text))


def require_as_written(name: str, text: str) -> None:
    """Compare with the kept text of this name."""
    kept = FOLDER / name
    if os.environ.get("MESA_WRITTEN") == "new":
        FOLDER.mkdir(exist_ok=True)
        kept.write_text(text)
    change = list(unified_diff(kept.read_text().splitlines(), text.splitlines(), lineterm="", n=0))
    assert not change, "\n".join([f"{name} differs:", *change[:40]])
