"""The visible text of a page."""

import html
import re


def text_of(page: str) -> str:
    """Return the words of a page: without tags, with one blank where there is any space."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
