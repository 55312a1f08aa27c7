"""Runs simulations at once, and returns their rows before and after."""

from datetime import date, datetime
from typing import Any

from foundation.accounts.models import Organization
from reports import queries, services
from reports.models import SimulationPart
from reports.services import NewSimulation
from sla.simulation.drafts import (
    IN_FORCE,
    Draft,
)
from tests.support.house import (
    House,
    by,
)

MARCH = date(2026, 3, 1)


APRIL_3 = datetime.fromisoformat("2026-04-03T12:00:00+00:00")


def simulate(
    house: House,
    draft: Draft = IN_FORCE,
    *,
    at: datetime = APRIL_3,
    organizations: list[Organization] | None = None,
) -> queries.SimulationResult:
    house.north.refresh_from_db()
    wanted = NewSimulation(
        name="Trial",
        draft=draft.as_data(),
        organizations=organizations or [house.north],
        first_month=MARCH,
        last_month=MARCH,
    )
    simulation = services.request_simulation(
        wanted=wanted, by=by(house.staff["desk_manager"]), at=at
    )
    for part in SimulationPart.objects.filter(simulation=simulation):
        assert services.run_part(part_id=part.pk, at=at)
    return queries.simulation_result(simulation)


def measured(house: House, at: datetime = APRIL_3) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = queries.build_service_level(house.north, MARCH, at)["compliance"]
    return table


def before(result: queries.SimulationResult) -> list[dict[str, Any]]:
    return [old for old, _new in result.rows]


def after(result: queries.SimulationResult) -> list[dict[str, Any]]:
    return [new for _old, new in result.rows]
