"""Words of instants and zones, and the way back from an address that takes a form."""

from datetime import UTC, datetime
from typing import Any

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


@pytest.mark.parametrize(
    ("who", "tail"),
    [
        ("agent", "classify/"),
        ("agent", "say/"),
        ("agent", "assign/"),
        ("agent", "deescalate/"),
        ("agent", "step/solve/"),
    ],
)
def test_whoever_comes_back_to_a_forms_address_is_sent_to_its_page(
    house: House, sign_in: Any, who: str, tail: str
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.staff[who])

    back = client.get(f"/admin/tickets/{ticket.number}/{tail}")

    assert (back.status_code, back["Location"]) == (302, f"/admin/tickets/{ticket.number}/")
    assert client.put(f"/admin/tickets/{ticket.number}/{tail}").status_code == 405


@pytest.mark.parametrize("tail", ["reply/", "escalate/", "follow-up/", "step/cancel/"])
def test_the_portals_forms_lead_back_too(house: House, sign_in: Any, tail: str) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)

    back = client.get(f"/tickets/{ticket.number}/{tail}")
    switched = client.post(
        "/language/", {"language": "en", "next": f"/tickets/{ticket.number}/{tail}"}, follow=True
    )

    assert (back.status_code, back["Location"]) == (302, f"/tickets/{ticket.number}/")
    assert switched.status_code == 200
