"""Which simulations a person finds, and what the calendars of a draft keep."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from foundation.calendars.models import CalendarVersion
from foundation.core.errors import NotFound
from reports import queries, services
from reports.models import Simulation, SimulationPart
from reports.services import NewSimulation
from sla.simulation.drafts import IN_FORCE, Draft
from tests.support.house import DAY, MINUTE, House, by, make_ticket

APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)
# A public holiday of Mexico, a Monday, 10:00 in Mexico City.
HOLIDAY = datetime(2026, 3, 16, 16, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 3, 15, 5, tzinfo=UTC)


def request(house: House, name: str, **more: Any) -> Simulation:
    make_ticket(house)
    wanted = NewSimulation(
        name=name,
        draft=IN_FORCE.as_data(),
        organizations=[house.north],
        first_month=date(2026, 3, 1),
        last_month=date(2026, 3, 1),
    )
    return services.request_simulation(
        wanted=wanted, by=by(house.staff["desk_manager"]), at=APRIL_1
    )


def version_of(house: House, role: str) -> CalendarVersion:
    return CalendarVersion.objects.select_related("calendar").get(
        organization=house.north, calendar__role=role
    )


def test_simulations_are_listed_newest_first_and_found_by_their_id(house: House) -> None:
    older = request(house, "Older")
    newer = request(house, "Newer")
    manager = house.staff["desk_manager"]

    assert queries.simulations_of(manager) == [newer, older]
    assert queries.get_simulation(manager, older.pk) == older
    for person, pk in ((house.agent, older.pk), (manager, newer.pk + 1)):
        with pytest.raises(NotFound):
            queries.get_simulation(person, pk)


def test_only_a_cancelled_simulation_says_so(house: House) -> None:
    kept = request(house, "Kept")
    stopped = request(house, "Stopped")

    services.cancel_simulation(simulation=stopped)

    assert queries.simulation_result(stopped).was_cancelled is True
    assert queries.simulation_result(kept).was_cancelled is False


def test_a_draft_without_holidays_opens_them_and_leaves_the_rest(house: House) -> None:
    business = version_of(house, "business")
    always = version_of(house, "continuous")
    open_draft = Draft(without_holidays=True)

    assert not IN_FORCE.calendar(business).is_open(HOLIDAY)
    assert open_draft.calendar(business).is_open(HOLIDAY)
    assert not open_draft.calendar(business).is_open(SATURDAY_NIGHT)
    assert IN_FORCE.calendar(business).is_open(HOLIDAY + DAY)
    assert open_draft.calendar(always).is_open(SATURDAY_NIGHT)
    assert IN_FORCE.calendar(always).is_open(HOLIDAY)


def test_a_part_is_due_from_its_instant_on(house: House) -> None:
    simulation = request(house, "Trial")
    (part,) = SimulationPart.objects.filter(simulation=simulation)

    assert queries.due_parts(APRIL_1, 9) == [(house.north.pk, part.pk)]
    assert queries.due_parts(part.run_after - MINUTE, 9) == []
