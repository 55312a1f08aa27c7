"""The components of the screens: exact markup, and that the templates use them."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation

from foundation.core.classification import Priority
from tests.support.house import House
from tests.support.html import text_of
from tickets.states import State

ROOT = Path(__file__).resolve().parents[2] / "templates"
INSTANT = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)


def render(text: str, **context: Any) -> str:
    source = "{% load words components %}" + text
    return " ".join(Template(source).render(Context(context)).split()).replace(" >", ">")


def test_a_badge_has_a_tone_an_icon_and_escaped_words() -> None:
    found = render('{% badge "warning" icon="x" %}{{ word }}{% endbadge %}', word="<b>")

    assert re.fullmatch(
        r'<span class="badge warning"><svg .*?</svg><span>&lt;b&gt;</span></span>', found
    )
    assert render("{% badge %}a{% endbadge %}") == '<span class="badge"><span>a</span></span>'


def test_an_empty_state_is_a_card_with_an_icon_unless_inside_a_card() -> None:
    card = render("{% empty_state %}Nothing.{% endempty_state %}")

    assert card.startswith('<div class="empty card"> <svg')
    assert card.endswith("<p>Nothing.</p> </div>")
    inside = render("{% empty_state card=False %}Nothing.{% endempty_state %}")
    assert inside.startswith('<div class="empty">')


@pytest.mark.parametrize(
    ("language", "words", "place"),
    [
        ("es", "23 nov 2026, 14:05", "Ciudad de México"),
        ("en", "Nov 23, 2026, 14:05", "Mexico City"),
    ],
)
def test_a_moment_names_its_zone(language: str, words: str, place: str) -> None:
    with translation.override(language):
        found = render("{% moment at 'America/Mexico_City' %}", at=INSTANT)

    assert found == (
        f'<time datetime="2026-11-23T20:05:00+00:00" title="{words} ({place})">{words}</time>'
    )
    assert render("{% moment at 'America/Mexico_City' %}", at=None) == ""


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("{{ v|number }}", 1234567, "1,234,567"),
        ("{{ v|number }}", 1234.5, "1,234.5"),
        ("{{ v|number }}", 0, "0"),
        ("{{ v|number }}", None, "—"),
        ("{{ v|percent }}", 96.4, "96.4 %"),
        ("{{ v|percent }}", 100.0, "100.0 %"),
        ("{{ v|percent }}", None, "—"),
    ],
)
def test_numbers_are_written_as_mexico_writes_them(
    language: str, template: str, value: Any, shown: str
) -> None:
    with translation.override(language):
        assert render(template, v=value) == shown


def test_the_gallery_shows_every_state_priority_and_a_refused_field(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])

    page = client.get("/admin/components/", headers={"Accept-Language": "es"}).content.decode()

    with translation.override("es"):
        shown = text_of(page)
        assert all(str(state.label) in shown for state in State)
        assert all(str(priority.label) in shown for priority in Priority)
    assert page.count("field-wrong") >= 4
    assert page.count('class="clock clock-') == 9
    shown_at_once = page.partition("<template")[0]
    assert shown_at_once.count('class="message message-') == 4


def test_templates_make_no_part_by_hand() -> None:
    made = re.compile(
        r'class="(badge|empty card)\b(?! kind)|<section\s+class="card\b'
        r'|<(a|button|summary)\s+class="button\b'
    )

    found = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.html")
        if path.parent.name != "components" and made.search(path.read_text())
    }

    # The first has an "empty" card that htmx replaces until the PDF is there; the others have
    # attributes of htmx, or belong to the sign-in library.
    assert found == {
        "reports/_wait.html",
        "desk/simulations/_progress.html",
        "allauth/elements/button.html",
    }


def test_a_card_has_its_anchor_and_heading() -> None:
    found = render('{% card "Files" anchor="files" classes="wide" %}a{% endcard %}')

    assert 'id="files"' in found
    assert "Files" in found
    assert "wide" in found
    assert "id=" not in render("{% card %}a{% endcard %}")
