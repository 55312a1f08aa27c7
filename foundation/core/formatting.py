"""Texts that people write, as HTML: bold (``**text**``), lists, code and links of Markdown
(CommonMark), and nothing else. Everything else stands as it was typed: single and double line ends,
indentation, underscores, backslashes, markup of HTML.
"""

import re
from collections.abc import MutableMapping, Sequence
from html import unescape
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import escape, format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

LONGEST_FORMATTED = 50_000  # characters; a longer text is a log, and is shown as it was typed
_MARKED = re.compile(r"\*\*|`|\]\(|^[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]", re.MULTILINE)
_TARGET = re.compile(r"https?://|mailto:", re.IGNORECASE)
# Signs, links without words, and marks that turn the direction of what follows: shown as typed.
_MISLEADS = re.compile(r"^[ \t]*\+[ \t]|\[\s*\]\(|[\u202a-\u202e\u2066-\u2069]", re.MULTILINE)
_LANGUAGE = re.compile(
    r"\s*(?:bash|c|cpp|csharp|css|html|ini|java|javascript|js|json|php|python|sh|sql|xml|yaml)\s*"
)
_WORD = re.compile(r"\w+")
_NUMBERED = re.compile(r"^[ \t]*[0-9]{1,9}[.)](?=[ \t])", re.MULTILINE)
_BOLD = "**"
_CODE_BLOCK = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_BETWEEN_BLOCKS = re.compile(r"\n(?=</?(?:p|ul|ol|li|pre)\b|\Z)")


def formatted(text: str) -> SafeString:
    """Return the text as HTML blocks. Safe for any text: what is not escaped is written here.
    Paragraphs keep their line ends and want ``white-space: pre-wrap``.
    """
    body = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(body) <= LONGEST_FORMATTED and _MARKED.search(body) and not _MISLEADS.search(body):
        html = _MARKDOWN.render(body).strip("\n")
        if _says_all(body, html):
            return mark_safe(html)  # noqa: S308 - every rule escapes what it shows
    return format_html("<p>{}</p>", _linked(body))


def _says_all(body: str, html: str) -> bool:
    """Tell whether each word and number of a text stands in its HTML, as words, as the target of a
    link or as the number of an item: a text of which anything would be lost is shown as typed.
    """
    typed = _WORD.findall(_NUMBERED.sub("", body))
    return set(typed) <= set(_WORD.findall(unescape(html)))


def formatted_for_mail(text: str) -> SafeString:
    """Return ``formatted`` with a ``<br>`` for each line end of a paragraph or an item, and no line
    end between blocks: a mail program may not know ``white-space: pre-wrap``, which keeps the
    spaces here.
    """
    parts = [
        part if place % 2 else _BETWEEN_BLOCKS.sub("", part).replace("\n", "<br>")
        for place, part in enumerate(_CODE_BLOCK.split(formatted(text)))
    ]
    return mark_safe("".join(parts))  # noqa: S308 - adds nothing but line breaks


def _linked(text: str) -> SafeString:
    """Return the text escaped, with its addresses as links."""
    return mark_safe(urlize(text, nofollow=True, autoescape=True))  # noqa: S308 - it escapes


def _markdown() -> MarkdownIt:
    """Return the parser. It starts from no rules at all, so that a new version adds none."""
    parser = MarkdownIt("zero", {"html": False})
    parser.enable(["fence", "list", "backticks", "emphasis", "link"])
    parser.validateLink = lambda url: bool(_TARGET.match(url))  # type: ignore[method-assign]
    parser.core.ruler.push("spaces", _keep_spaces)
    parser.core.ruler.push("bold alone", _keep_bold_alone)
    parser.core.ruler.push("numbers", _keep_numbers)
    parser.core.ruler.push("first lines", _keep_first_lines)
    for name, rule in (("text", _text), ("link_open", _link_open), ("link_close", _link_close)):
        parser.add_render_rule(name, rule)
    return parser


def _keep_bold_alone(state: StateCore) -> None:
    """Write the marks of other emphasis than bold as they were typed."""
    for token in state.tokens:
        if token.children:
            token.children = _joined(token.children)


def _keep_numbers(state: StateCore) -> None:
    """Give the items of a numbered list the numbers that were typed, where counting would not."""
    counts: list[int] = []
    for token in state.tokens:
        if token.type == "ordered_list_open":
            counts.append(int(token.attrGet("start") or 1))
        elif token.type == "ordered_list_close":
            counts.pop()
        elif token.type == "list_item_open" and token.info.isdecimal():
            typed = int(token.info)
            if typed != counts[-1]:
                token.attrSet("value", str(typed))
            counts[-1] = typed + 1


def _bold_alone(token: Token) -> Token:
    is_mark = token.type in {"em_open", "em_close", "strong_open", "strong_close"}
    if is_mark and token.markup != _BOLD:
        return Token("text", "", 0, content=token.markup, level=token.level)
    return token


def _joined(children: Sequence[Token]) -> list[Token]:
    """Return the tokens with other emphasis as text, and no two texts after each other: an address
    with an asterisk in it stays one.
    """
    found: list[Token] = []
    for child in map(_bold_alone, children):
        if child.type == "text" and found and found[-1].type == "text":
            found[-1].content += child.content
        else:
            found.append(child)
    return found


def _keep_spaces(state: StateCore) -> None:
    """Give paragraphs back the blank lines before them, beyond the first, and the spaces at their
    beginning.
    """
    lines = state.src.split("\n")
    for opening, inline in pairwise(state.tokens):
        if opening.type != "paragraph_open" or opening.level or opening.map is None:
            continue
        begin = opening.map[0]
        above = begin
        while above and not lines[above - 1].strip():
            above -= 1
        blank = max(begin - above - 1, 0) if above else 0
        line = lines[begin]
        spaces = "\n" * blank + line[: len(line) - len(line.lstrip())]
        if spaces:
            inline.children = [Token("text", "", 0, content=spaces), *(inline.children or ())]


def _keep_first_lines(state: StateCore) -> None:
    """Put what stands beside the mark of a code block, and is no name of a language, into it."""
    for token in state.tokens:
        if token.type == "fence" and token.info.strip() and not _LANGUAGE.fullmatch(token.info):
            token.content = f"{token.info.strip()}\n{token.content}"
            token.info = ""


Tokens = Sequence[Token]
Env = MutableMapping[str, Any]


def _text(renderer: RendererProtocol, tokens: Tokens, place: int, options: Any, env: Env) -> str:
    content = tokens[place].content
    return escape(content) if env.get("is_link") else _linked(content)


def _link_open(
    renderer: RendererProtocol, tokens: Tokens, place: int, options: Any, env: Env
) -> str:
    env["is_link"] = True
    address = str(tokens[place].attrs["href"])
    env["host"] = _host_of(address)
    return format_html('<a href="{}" rel="nofollow">', address)


def _link_close(
    renderer: RendererProtocol, tokens: Tokens, place: int, options: Any, env: Env
) -> str:
    """Say where the link leads: its words may say anything."""
    env["is_link"] = False
    return format_html("</a> ({})", env.pop("host"))


def _host_of(address: str) -> str:
    """Return the host of an address; of an e-mail, or of one that is none, all of it."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    return host or address.removeprefix("mailto:")


_MARKDOWN = _markdown()
