"""What changes after the end of a month is not read in it: classification, contract, time zone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from foundation.core.classification import Channel, Impact, Kind
from reports.queries import bounds, build_service_level
from tests.support.house import HOUR, MINUTE, SECOND, House, by, fresh, make_ticket
from tests.support.html import ChangeForm
from tests.support.lives import second_contract
from tests.support.tickets import classify, register, step
from tickets import services
from tickets.services import Arrival

MARCH = date(2026, 3, 1)
APRIL = date(2026, 4, 1)
APRIL_1 = datetime(2026, 4, 1, 6, tzinfo=UTC)  # 1 April 00:00 in Mexico City
EVENING = APRIL_1 - 5 * HOUR - 30 * MINUTE
LATER = datetime(2026, 6, 20, 12, tzinfo=UTC)


def test_a_classification_of_april_is_not_read_in_march(house: House) -> None:
    ticket = make_ticket(house, at=EVENING)
    other = make_ticket(house, at=EVENING)
    moved = make_ticket(house, at=EVENING)
    classify(house, ticket, EVENING + MINUTE, kind=Kind.REQUEST, impact=Impact.MINOR)
    at_once = build_service_level(house.north, MARCH, APRIL_1)
    classify(house, ticket, APRIL_1, kind=Kind.INCIDENT, service=house.services["network"])
    classify(house, ticket, APRIL_1 + HOUR, impact=Impact.EXTENSIVE)
    classify(house, other, APRIL_1 + HOUR, impact=Impact.EXTENSIVE)
    services.change_contract(
        ticket=fresh(moved),
        contract=second_contract(house),
        reason="Theirs.",
        from_start=False,
        by=by(house.staff["desk_supervisor"]),
        at=APRIL_1 + HOUR,
    )

    later = build_service_level(house.north, MARCH, LATER)

    assert later == at_once
    assert (at_once["tickets"][0]["kind"], fresh(ticket).kind) == (Kind.REQUEST, Kind.INCIDENT)
    assert {each["code"]: each["count"] for each in later["by_kind"]}[Kind.REQUEST] == 1


def test_the_time_before_a_registration_is_of_its_month(house: House) -> None:
    arrived = APRIL_1 - 10 * HOUR
    at_once = build_service_level(house.north, MARCH, APRIL_1 + HOUR)
    ticket = register(house, APRIL_1 + 2 * HOUR, Arrival(at=arrived), Channel.EMAIL)
    step(house, ticket, "reject", APRIL_1 + 12 * HOUR, reason="Not ours.")

    march, april = (build_service_level(house.north, month, LATER) for month in (MARCH, APRIL))

    assert march == at_once
    assert (march["turns"], april["turns"]) == ({}, {"desk": 22 * 3600})
    assert (march["raised"], april["raised"]) == (0, 1)


@pytest.mark.parametrize(
    ("zones", "april_begins"),
    [
        # (hours after the beginning of April in Mexico City, the new zone)
        ([(1, "Europe/Madrid")], APRIL_1),
        ([(1, "Europe/Madrid"), (2, "America/Tijuana")], APRIL_1),
        ([(-9, "Europe/Madrid")], APRIL_1 - 8 * HOUR),  # 1 April 00:00 in Madrid
        ([(-2, "Europe/Madrid")], APRIL_1 - 8 * HOUR),  # it had begun there
        ([(-2, "America/Tijuana")], APRIL_1 + HOUR),
        ([(-9, "Europe/Madrid"), (-7, "America/Tijuana")], APRIL_1 - 8 * HOUR),
    ],
)
def test_a_month_that_has_begun_keeps_its_beginning_in_another_time_zone(
    house: House, sign_in: Any, zones: list[tuple[int, str]], april_begins: datetime
) -> None:
    path = f"/admin/accounts/organization/{house.north.pk}/change/"
    tickets = [make_ticket(house, at=april_begins + n * HOUR - SECOND) for n in range(2)]

    at_once = build_service_level(house.north, MARCH, april_begins)
    for hours, name in zones:
        with time_machine.travel(APRIL_1 + hours * HOUR, tick=False):
            client = sign_in(house.staff["administrator"])
            sent = ChangeForm(client.get(path).content.decode()).sent
            assert client.post(path, sent | {"time_zone": [name]}).status_code == 302

    house.north.refresh_from_db()
    later = build_service_level(house.north, MARCH, LATER)
    assert house.north.time_zone == zones[-1][1]
    assert bounds(house.north, MARCH)[1] == bounds(house.north, APRIL)[0] == april_begins
    raised = [build_service_level(house.north, month, LATER)["tickets"] for month in (MARCH, APRIL)]
    assert (later == at_once) == (april_begins == APRIL_1)
    assert [[each["number"] for each in rows] for rows in raised] == [
        [ticket.number] for ticket in tickets
    ]
