"""Instants, zones and facts in the reader's language and the customer's zone."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from foundation.core.zones import instant_words, zone_words
from tests.support.house import (
    MONDAY_9AM,
    House,
    by,
    make_ticket,
)
from tickets.queries import TimelineEntry, timeline
from tickets.services import Classification as Chosen
from tickets.services import classify_ticket
from web.timeline import author_words, sentence


@pytest.mark.parametrize(
    ("name", "spanish", "english"),
    [
        ("America/Mexico_City", "Ciudad de México", "Mexico City"),
        ("America/Bogota", "Bogotá", "Bogota"),
        ("Europe/Madrid", "Madrid", "Madrid"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_a_zone_has_the_name_of_its_city_in_the_readers_language(
    name: str, spanish: str, english: str
) -> None:
    with translation.override("es"):
        assert zone_words(name) == spanish
    with translation.override("en"):
        assert zone_words(name) == english


def test_the_history_speaks_the_readers_language_and_the_customers_zone(house: House) -> None:
    ticket = make_ticket(house)
    found = {
        entry.verb: entry
        for entry in timeline(ticket)
        if entry.payload.get("metric") != "attention"
    }
    with translation.override("es"):
        told = sentence(found["clock.started"], "America/Mexico_City")
        assert told == "Reacción: empezó a contar, vence 2 mar 2026, 10:00"
        assert author_words(found["ticket.raised"]) == "Requester North · Portal"
        assert (
            author_words(TimelineEntry(MONDAY_9AM, "clock.breached", None, "clocks", "system", {}))
            == "Mesa, por sí sola"
        )
        elsewhere = TimelineEntry(MONDAY_9AM, "ticket.raised", house.agent, "", "nowhere", {})
        assert author_words(elsewhere) == "Agent"
        assert (
            instant_words(datetime(2026, 11, 22, 20, 5, tzinfo=UTC), "America/Mexico_City")
            == "22 nov 2026, 14:05"
        )


def test_every_verb_of_a_ticket_has_words(house: House) -> None:
    ticket = make_ticket(house)
    chosen = Chosen(impact=ticket.impact, urgency="low", kind=ticket.kind, service=ticket.service)
    classify_ticket(
        ticket=ticket, classification=chosen, reason="x", by=by(house.agent), at=MONDAY_9AM
    )

    entries = [
        *timeline(ticket),
        TimelineEntry(
            MONDAY_9AM, "clock.rebound", None, "clocks", "system", {"metric": "reaction"}
        ),
    ]

    assert [entry.verb for entry in entries if sentence(entry, "UTC") == entry.verb] == []


def test_a_verb_that_nobody_knows_is_shown_as_it_is() -> None:
    unknown = TimelineEntry(MONDAY_9AM, "future.verb", None, "", "desk", {})
    assert sentence(unknown, "UTC") == "future.verb"
