"""Two hundred searches and what each finds, the same on both databases. A customer finds the same
where it is not said otherwise, and never by a word that only the staff reads.
"""

from collections.abc import Mapping

import pytest
from django.db import connection
from django.utils import translation

from foundation.accounts.models import User
from foundation.core.classification import Channel, Impact
from foundation.core.errors import Invalid
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.golden import (
    BY_FILTERS,
    BY_SIGNS,
    BY_WORDS,
    FOR_THE_STAFF,
    OF_MESSAGES,
    QUOTED,
    TEXTS,
)
from tests.support.house import DAY, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.tickets import SOLUTION, step
from tickets import queries, services
from tickets.models import Ticket


def _told(house: House) -> list[Ticket]:
    """Make the two customers' tickets, with messages, notes, files, states and assignees."""
    tomas = house.people["coordinator"]
    angel = house.outsider
    for person, name in (
        (house.requester, "Rocío Muñoz"),
        (tomas, "Tomás de la Peña"),
        (angel, "Ángel Ruiz"),
    ):
        person.full_name = name
        person.save()
    house.north.name = "Aceros del Norte"
    house.south.name = "Clínica del Sur"
    house.north.save()
    house.south.save()
    requesters = {3: tomas, 4: angel, 5: angel}
    days = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 1, 7: 2, 8: 3}
    made = [
        make_ticket(
            house,
            requester=requesters.get(place, house.requester),
            impact=Impact.EXTENSIVE if place == 7 else Impact.MINOR,
            subject=subject,
            description=description,
            at=MONDAY_9AM + days[place] * DAY,
        )
        for place, (subject, description) in enumerate(TEXTS, start=1)
    ]
    later = MONDAY_9AM + 4 * DAY
    step(house, made[0], "start", later)
    services.assign_ticket(
        ticket=fresh(made[1]), assignee=house.staff["agent2"], by=by(house.agent), at=later
    )
    step(house, made[5], "start", later)
    step(house, made[5], "solve", later, **SOLUTION)
    services.assign_ticket(ticket=fresh(made[5]), assignee=None, by=by(house.agent), at=later)
    step(house, made[7], "reject", later, reason="Twice.")
    for place, write, body, name, author in (
        (1, services.reply_to_customer, "We restarted the gateway.", "pantalla-azul.png", "agent"),
        (1, services.add_note, "Canario secreto del proveedor", "", "agent"),
        (5, services.add_note, "Preguntar a Recursos Humanos", "interno.png", "agent"),
    ):
        files = [upload(PNG, name)] if name else []
        write(
            ticket=fresh(made[place - 1]),
            body=body,
            files=files,
            by=by(house.staff[author]),
            at=later,
        )
    services.reply_as_customer(
        ticket=fresh(made[3]),
        body="Sigue igual; va la captura.",
        files=[upload(PNG, "captura buzón.png")],
        by=by(angel, Channel.PORTAL),
        at=later,
    )
    return made


def _numbers_far_from_the_words() -> None:
    """Keep the numbers of new tickets apart from the digits that are searched as words. PostgreSQL
    counts on through all tests.
    """
    if connection.vendor == "postgresql":
        sequence = "pg_get_serial_sequence('tickets_ticket', 'id')"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + 1000000)")


@pytest.mark.parametrize("few", [5000, -1], ids=["by ids", "by a subquery"])
def test_two_hundred_searches_find_what_they_should(
    house: House, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("foundation.search.queries.FEW", few)
    _numbers_far_from_the_words()
    made = [ticket.pk for ticket in _told(house)]
    everything = Ticket.objects.order_by("pk")

    def found(typed: str, reader: User) -> list[int]:
        tickets = queries.matching(everything, typed, reader=reader)
        return [made.index(ticket.pk) + 1 for ticket in tickets]

    def wrong(golden: Mapping[str, list[int]], reader: User) -> dict[str, list[int]]:
        return {
            typed: numbers
            for typed, expected in golden.items()
            if (numbers := found(typed, reader)) != expected
        }

    golden = {**BY_WORDS, **BY_SIGNS, **QUOTED, **OF_MESSAGES, **BY_FILTERS}
    assert len(golden) + len(FOR_THE_STAFF) >= 200
    assert wrong(golden, house.agent) == {}
    assert wrong(golden, house.requester) == {}
    assert wrong(FOR_THE_STAFF, house.agent) == {}
    assert wrong(dict.fromkeys(FOR_THE_STAFF, []), house.requester) == {}


def test_a_day_begins_in_the_zone_of_its_reader(house: House) -> None:
    house.north.time_zone = "Asia/Tokyo"
    house.north.save()
    tokyo = MONDAY_9AM  # midnight of 3 March in Tokyo, 09:00 of 2 March in Mexico City
    early, late = (make_ticket(house, at=tokyo + offset) for offset in (-SECOND, 0 * SECOND))

    def found(typed: str, reader: User) -> list[Ticket]:
        return list(queries.matching(Ticket.objects.order_by("pk"), typed, reader=reader))

    assert found("antes:2026-03-03", house.requester) == [early]
    assert found("desde:2026-03-03", house.requester) == [late]
    assert found("antes:2026-03-03", house.agent) == [early, late]
    assert found("desde:2026-03-03", house.agent) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("estado:roto", "Nothing is called “roto” here. Write one of: New, Open, Assigned, "),
        ("prioridad:9", "Nothing is called “9” here. Write one of: Critical, High, Medium, Low."),
        ("antes:ayer", "“ayer” is no day. Write it as 2026-10-31 or 31/10/2026."),
        ("desde:2026-02-30", "“2026-02-30” is no day."),
        ("antes:0001-01-01", "“0001-01-01” is no day."),
        ("desde:9999-12-31", "“9999-12-31” is no day."),
        ("cliente:%", "Write a name after “cliente:”."),
        ('de:""', "Write a name after “de:”."),
        ("estado:nuevo " * 13, "Write at most 12 filters."),
        ("asignado:zzz", "Nothing is called “zzz” here. Write one of: Agent, Agent2, "),
    ],
)
def test_a_filter_that_says_nothing_is_refused(house: House, typed: str, words: str) -> None:
    with translation.override("en"), pytest.raises(Invalid) as refused:
        queries.matching(Ticket.objects.all(), f"caída {typed}", reader=house.agent)

    assert str(refused.value.message).startswith(words)


def test_twelve_filters_are_taken(house: House) -> None:
    ticket = make_ticket(house)

    found = queries.matching(Ticket.objects.all(), "estado:nuevo " * 12, reader=house.agent)

    assert list(found) == [ticket]
