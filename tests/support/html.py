"""The visible text of a page, and what its form would send."""

import html
import re
from html.parser import HTMLParser


def text_of(page: str) -> str:
    """Return the words of a page: without tags, with one blank where there is any space."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


class ChangeForm(HTMLParser):
    """What a form sends when nothing is typed: ``sent`` maps names to lists of values. The form of
    a configuration page, or the one with ``attribute``.
    """

    def __init__(self, page: str, attribute: str = "") -> None:
        super().__init__()
        self._attribute = attribute
        self.sent: dict[str, list[str]] = {}
        self._is_inside = False
        self._select = ""
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        kind = given.get("type", "text")
        if tag == "form":
            is_configuration = given.get("id", "").endswith("_form")
            self._is_inside = self._attribute in given if self._attribute else is_configuration
        elif not self._is_inside:
            return
        elif tag == "input" and name and kind not in {"submit", "file"}:
            if kind not in {"checkbox", "radio"} or "checked" in given:
                self._add(name, given.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._add(self._select, given.get("value", ""))
        elif tag == "textarea":
            self._area = name
            self._add(name, "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def _add(self, name: str, value: str) -> None:
        self.sent.setdefault(name, []).append(value)
