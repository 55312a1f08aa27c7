"""Bold, lists, code and links of messages; everything else stands as it was typed."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.core.formatting import LONGEST_FORMATTED, formatted, formatted_for_mail

ALLOWED = {
    *("p", "strong", "ul", "ol", "li", "pre", "code", "a"),
}


class Reader(HTMLParser):
    """Collects the tags and the text of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", "<p></p>"),
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("a **b** c", "<p>a <strong>b</strong> c</p>"),
        (
            "- a\n- b **c**",
            "<ul><li>a</li><li>b <strong>c</strong></li></ul>",
        ),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("run `ls *.py` now", "<p>run <code>ls *.py</code> now</p>"),
        ("```\n  at <x>\n\n  **y**\n```", "<pre><code>  at &lt;x&gt;\n\n  **y**\n</code></pre>"),
        (
            "[the guide](https://guide.example/a?b=1&c=2)",
            '<p><a href="https://guide.example/a?b=1&amp;c=2" rel="nofollow">the guide</a>'
            " (guide.example)</p>",
        ),
        (
            "[write](mailto:desk@mesa.example)",
            '<p><a href="mailto:desk@mesa.example" rel="nofollow">write</a>'
            " (desk@mesa.example)</p>",
        ),
        # the words of a link may say anything: where it leads stands behind it
        (
            "[https://bank.example](http://evil.example/x)",
            '<p><a href="http://evil.example/x" rel="nofollow">https://bank.example</a>'
            " (evil.example)</p>",
        ),
        (
            "see https://a.example/x_y_z and **b**",
            '<p>see <a href="https://a.example/x_y_z" rel="nofollow">https://a.example/x_y_z</a>'
            " and <strong>b</strong></p>",
        ),
    ],
)
def test_the_subset_is_shown(text: str, html: str) -> None:
    assert formatted(text).replace(">\n<", "><").strip().replace("a\n<ul>", "a<ul>") == html


@pytest.mark.parametrize(
    "text",
    [
        "*.tmp and *.log, my_file_name, __init__, _x_ and *y*",
        "C:\\*.* and \\\\server\\share",
        "# not a heading\n> not a quote\n---\n| a | b |",
        "<b>bold</b> &amp; <script>alert(1)</script>",
        "[ERROR](main) failed, [x](javascript:alert(1)), [y](data:text/html,z), [z](//e.example)",
        "    indented\n        more\n\n\n\nfour lines below",
        "![picture](x.png)",
        "2 ** 3 and a ** b",
        "-5 degrees\n1.5 GB",
        "a\r\nb",
    ],
)
def test_everything_else_stands_as_it_was_typed(text: str) -> None:
    typed = text.replace("\r\n", "\n")
    alone = Reader(formatted(typed))
    beside = Reader(formatted(f"{typed}\n\n**z**"))

    assert alone.text == typed
    assert set(alone.tags) == {"p"}
    assert beside.text.replace("\n", "").replace(" ", "") == (
        f"{typed}z".replace("\n", "").replace(" ", "")
    )


def test_blank_lines_and_indentation_are_kept_beside_what_is_formatted() -> None:
    text = "  at com.foo\n    at bar\n\n\n\n  **end**\n\nlast"

    assert formatted(text) == (
        "<p>  at com.foo\n    at bar</p>\n<p>\n\n  <strong>end</strong></p>\n<p>last</p>"
    )


def test_a_very_long_text_is_shown_as_it_is() -> None:
    text = "**a** " * (LONGEST_FORMATTED // 6 + 1)

    assert formatted(text) == f"<p>{text}</p>"


@pytest.mark.parametrize("address", ["http://[", "https://", "http://a.example:99999999/"])
def test_an_odd_address_breaks_nothing(address: str) -> None:
    assert set(Reader(formatted(f"[x]({address})")).tags) <= ALLOWED


@given(
    st.lists(
        st.sampled_from(
            [
                *("**", "*", "`", "```", "- ", "1. ", "[", "](", ")", "<", ">", "&", '"', "'"),
                *("\n", "\n\n", "  ", "\\", "http://a.example", "javascript:alert(1)", "x", "á"),
                *("_", "__", "onload=", "<img src=x>", "mailto:", "\t", "\x00", "~~", "!["),
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_no_text_writes_other_html(text: str) -> None:
    read = Reader(formatted(text))

    assert set(read.tags) <= ALLOWED
    assert {name for name, _value in read.attributes} <= {"href", "rel", "start", "class"}
    for name, value in read.attributes:
        if name == "href":
            assert (value or "").lower().startswith(("http://", "https://", "mailto:"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_a_text_without_marks_is_the_same_text(text: str) -> None:
    plain = "".join(letter for letter in text if letter not in "*`](").lstrip("-+0123456789")

    assert Reader(formatted(f"a{plain}")).text == f"a{plain}"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\ntwo\n\n  three", "<p>One<br>two<br><br>  three</p>"),
        ("**Ana**\nDesk", "<p><strong>Ana</strong><br>Desk</p>"),
        ("- a\n  b\n- c\n\nEnd", "<ul><li>a<br>b</li><li>c</li></ul><p>End</p>"),
        (
            "`a`\n```\nx\n  y\n```\nz",
            "<p><code>a</code></p><pre><code>x\n  y\n</code></pre><p>z</p>",
        ),
        ("**a**\n<p>\n</ul>", "<p><strong>a</strong><br>&lt;p&gt;<br>&lt;/ul&gt;</p>"),
    ],
)
def test_line_ends_stand_in_a_mail(text: str, html: str) -> None:
    assert formatted_for_mail(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "- " * 12 + "Mensaje original\n\nParrafo importante **x**",
        "* " * 12 + "\nDe: Ana\nAsunto: factura\n\nCuerpo **x**",
        "".join(f"{'  ' * level}- nivel {level}\n" for level in range(14)),
        "~~~~ Mensaje original ~~~~\n- de: Ana\ntexto **b**",
        '[guia](https://x.example/a "titulo perdido")',
    ],
)
def test_a_text_of_which_something_would_be_lost_is_shown_as_it_was_typed(text: str) -> None:
    shown = set(re.findall(r"\w+", unescape(re.sub(r"<[^>]*>", " ", formatted(text)))))

    assert set(re.findall(r"\w+", text)) <= shown


def test_numbers_signs_and_first_lines_stay() -> None:
    assert formatted("1. a\n3. b\n7. c") == (
        '<ol>\n<li>a</li>\n<li value="3">b</li>\n<li value="7">c</li>\n</ol>'
    )
    assert formatted("2. x\n5. y") == ('<ol start="2">\n<li>x</li>\n<li value="5">y</li>\n</ol>')
    assert formatted("+ 500\n- 200") == "<p>+ 500\n- 200</p>"
    assert formatted("```Error 0x80070005 in setup.exe\nsecond\n```") == (
        "<pre><code>Error 0x80070005 in setup.exe\nsecond\n</code></pre>"
    )
    assert "[](" in formatted("[](https://x.example/path)")
