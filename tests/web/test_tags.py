"""The tags and filters of the screens: exact words and markup, one case for each of their ways."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from foundation.calendars.ledger import SegmentKind
from foundation.core.classification import Priority
from sla.clocks.explanation import Line
from tests.support.clocks import clock_of
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, make_ticket
from tickets.queries import Held
from tickets.states import Holder

ROOT = Path(__file__).resolve().parents[2]


def render(text: str, **context: Any) -> str:
    source = "{% load mesa reports tickets sla words %}" + text
    with translation.override("en"):
        return " ".join(Template(source).render(Context(context)).split())


def line(kind: SegmentKind, reason: str = "") -> Line:
    return Line(kind, MONDAY_9AM, MONDAY_9AM + HOUR, HOUR, HOUR, reason)


HELD = [Held(Holder.DESK, HOUR), Held(Holder.CUSTOMER, 90 * MINUTE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'skipped'|rule_outcome }}", "skipped"),
        ("{{ 'priority'|rule_condition }}", "another priority"),
        ("{{ 'unheard'|rule_condition }}", "unheard"),
        ("{{ 'open'|stretch_label }}", "Open"),
        ("{{ 'outside_hours'|stretch_label }}", "Outside hours"),
        ("{{ 'start_day'|stretch_label }}", "First day: it does not count"),
        ("{{ 'classification'|cause_label }}", "the classification changed"),
        ("{{ 'contract'|cause_label }}", "the contract changed"),
        ("{{ 'customer'|holder_label }}", "You"),
        ("{{ 'customer'|holder_label:True }}", "The customer"),
        ("{{ 'desk'|holder_label }}", "The desk"),
        ("{{ 'desk'|holder_label:True }}", "Us"),
        ("{{ 'customer'|turn_label }}", "It is your turn."),
        ("{{ 'met'|verdict_label }}", "In time"),
        ("{{ 'unheard'|verdict_label }}", "unheard"),
        ("{{ 'solved'|state_label }}", "Solved"),
        ("{{ 'reaction'|metric_label }}", "Reaction"),
        ("{{ 'unheard'|metric_label }}", "unheard"),
    ],
)
def test_a_code_has_its_words(text: str, expected: str) -> None:
    assert render(text) == expected


def test_badges_carry_the_code_and_the_words() -> None:
    assert render("{% state_badge 'solved' %}") == (
        '<span class="badge state state-solved"><span class="dot"></span>Solved</span>'
    )
    for value in (Priority.HIGH, "high"):
        assert render("{% priority_badge value %}", value=value) == (
            '<span class="badge priority priority-high">High</span>'
        )


def test_a_line_of_the_account_names_the_holiday_or_the_state_that_paused() -> None:
    cases = [
        (line(SegmentKind.OPEN), "Open"),
        (line(SegmentKind.HOLIDAY, "Labour Day"), "Holiday: Labour Day"),
        (line(SegmentKind.PAUSED, "pending_user"), "Paused: Pending user"),
    ]

    found = [render("{{ line|line_label }}", line=each) for each, _words in cases]

    assert found == [words for _line, words in cases]


def test_the_turns_of_a_ticket_are_named_when_there_are_two() -> None:
    assert render("{{ held|held_words }}", held=HELD) == "The desk 1 h · You 1 h 30 min"
    assert render("{{ held|held_words:True }}", held=HELD) == "Us 1 h · The customer 1 h 30 min"
    assert render("{{ held|held_words }}", held=HELD[:1]) == ""
    turns = {"desk": 3600, "supplier": 0, "customer": 5400}
    assert (
        render("{{ turns|turns_words }}", turns=turns) == "The desk 1 h · The customer 1 h 30 min"
    )
    assert render("{{ turns|turns_words }}", turns=None) == ""


def test_a_clock_has_another_face_for_the_customer(house: House) -> None:
    ticket = make_ticket(house)
    clock = clock_of(ticket)
    source = "{% clock_badge clock ticket at 'America/Mexico_City' %}"
    late = {"ticket": ticket, "clock": clock, "at": MONDAY_9AM + 55 * MINUTE}

    desk = render(source, user=house.agent, **late)
    customer = render(source, user=house.requester, **late)

    assert 'class="clock clock-urgent"' in desk
    assert 'class="clock clock-urgent"' not in customer
    assert 'title="Reaction: Mar 2, 2026, 10:00 (Mexico City)"' in customer
    nothing = render(source, ticket=ticket, clock=None, at=MONDAY_9AM)
    assert nothing == '<span class="quiet">—</span>'


def test_the_query_string_keeps_what_is_not_replaced() -> None:
    request = RequestFactory().get("/", {"state": "open", "page": "3"})

    assert render("{% query page=4 %}", request=request) == "?state=open&amp;page=4"
    assert render("{% query page=None %}", request=request) == "?state=open"
    assert render("{% query page=2 %}") == "?page=2"


def test_an_icon_is_hidden_from_readers_and_an_unknown_one_is_a_circle() -> None:
    found = render("{% icon 'inbox' 14 %}")

    assert 'width="14"' in found
    assert 'aria-hidden="true"' in found
    assert render("{% icon 'no-such-icon' %}") == render("{% icon 'circle' %}")
    assert 'width="18"' in render("{% icon 'circle' %}")


def test_every_icon_that_a_template_names_exists() -> None:
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'icon[ =]"([a-z0-9-]+)"', path.read_text())
    } - {"circle"}

    assert len(named) > 40
    circle = render("{% icon 'circle' %}")
    assert [name for name in sorted(named) if render(f"{{% icon '{name}' %}}") == circle] == []


def test_durations_instants_and_lists_have_their_words() -> None:
    assert render(
        "{{ span|short }}|{{ span|full }}|{{ span|exact }}", span=timedelta(hours=26)
    ) == ("1 d 2 h|26 h|26:00:00")
    assert render("{{ at|ago:now }}", at=MONDAY_9AM, now=MONDAY_9AM + HOUR) == "1 h"
    assert render("{{ at|ago:now }}", at=None, now=MONDAY_9AM) == ""
    assert render("{{ names|get:'a' }}{{ names|get:'b' }}", names={"a": 1}) == "1None"
