"""Simulations and their results."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from foundation.accounts.models import Organization, User
from foundation.accounts.roles import Capability
from foundation.core.errors import NotFound
from foundation.core.tenancy import current_scope
from reports.metrics import Tally, compliance_table, tally_from
from reports.models import PartStatus, Simulation, SimulationPart

SHOWN_SIMULATIONS = 50


SHOWN_CHANGES = 100


def due_parts(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, part id) of the parts to compute at ``at``, the oldest first."""
    waiting = SimulationPart.objects.filter(
        status__in=(PartStatus.QUEUED, PartStatus.RUNNING), run_after__lte=at
    )
    return list(waiting.order_by("run_after", "pk").values_list("organization_id", "pk")[:limit])


def simulations_of(user: User) -> list[Simulation]:
    """Return the newest simulations whose customers are all inside the scope."""
    found = (
        Simulation.objects.select_related("requested_by")
        .order_by("-pk")
        .iterator(SHOWN_SIMULATIONS)
    )
    return list(
        islice((simulation for simulation in found if _sees_all(simulation)), SHOWN_SIMULATIONS)
    )


def get_simulation(user: User, simulation_id: int) -> Simulation:
    simulation = (
        Simulation.objects.filter(pk=simulation_id)
        .select_related("requested_by")
        .order_by("pk")
        .first()
    )
    if simulation is None or not user.can(Capability.SEE_REPORTS) or not _sees_all(simulation):
        raise NotFound(_("There is no such simulation, or you may not see it."))
    return simulation


def _sees_all(simulation: Simulation) -> bool:
    return all(
        current_scope().covers(organization_id) for organization_id in simulation.organization_ids
    )


class ShownChange(NamedTuple):
    """A clock with another verdict, as the page shows it; fields are empty on a side without the
    clock. Instants are ISO texts.
    """

    ticket: str
    metric: str
    priority: str
    verdict: str
    due_at: str
    new_priority: str
    new_verdict: str
    new_due_at: str
    time_zone: str
    customer: str


@dataclass(frozen=True)
class SimulationResult:
    """The results so far. ``rows`` are pairs: compliance before and after.

    ``matches_issued_reports``: *before* equals the compliance of the issued reports; None when none
    of these months was issued.
    """

    parts: list[SimulationPart]
    rows: list[tuple[dict[str, Any], dict[str, Any]]]
    customers: list[tuple[Organization, list[tuple[dict[str, Any], dict[str, Any]]]]]
    changed: int
    moved: int
    matches_issued_reports: bool | None

    @property
    def percent(self) -> int:
        total = sum(part.total for part in self.parts)
        return 100 * sum(part.done for part in self.parts) // total if total else 100

    @property
    def figures(self) -> list[tuple[str, float | None, float | None, float | None]]:
        """Return (metric, compliance before, after, difference in points) over all priorities."""
        totals = [(old, new) for old, new in self.rows if old["priority"] is None]
        return [
            (
                old["metric"],
                old["compliance"],
                new["compliance"],
                _points(old["compliance"], new["compliance"]),
            )
            for old, new in totals
        ]

    @property
    def is_running(self) -> bool:
        return any(part.status in {PartStatus.QUEUED, PartStatus.RUNNING} for part in self.parts)

    @property
    def failed(self) -> int:
        return sum(part.status == PartStatus.FAILED for part in self.parts)

    @property
    def was_cancelled(self) -> bool:
        return any(part.status == PartStatus.CANCELLED for part in self.parts)

    @property
    def shown(self) -> list[ShownChange]:
        rows = [
            ShownChange._make([*row, part.organization.time_zone, part.organization.name])
            for part in self.parts
            for row in part.shown
        ]
        return rows[:SHOWN_CHANGES]


def simulation_result(simulation: Simulation) -> SimulationResult:
    """Return the totals over the ready parts, overall and by customer."""
    parts = list(
        SimulationPart.objects.filter(simulation=simulation)
        .select_related("organization", "published", "changes")
        .order_by("organization_id", "month")
    )
    ready = [part for part in parts if part.status == PartStatus.READY]
    by_customer: dict[Organization, list[SimulationPart]] = {}
    for part in ready:
        by_customer.setdefault(part.organization, []).append(part)
    issued = [part for part in ready if part.published is not None]
    return SimulationResult(
        parts=parts,
        rows=_pairs(ready),
        customers=[
            (organization, [pair for pair in _pairs(own) if pair[0]["priority"] is None])
            for organization, own in by_customer.items()
        ],
        changed=sum(part.changed for part in ready),
        moved=sum(part.moved for part in ready),
        matches_issued_reports=all(_is_as_published(part) for part in issued) if issued else None,
    )


def _points(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else round(new - old, 1)


def _is_as_published(part: SimulationPart) -> bool:
    assert part.published is not None
    return compliance_table(tally_from(part.before)) == part.published.data["compliance"]


def _pairs(parts: list[SimulationPart]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the compliance rows before and after as pairs; zeros for a metric and priority that
    only one side has.
    """
    before = compliance_table(sum((tally_from(part.before) for part in parts), Tally()))
    after = compliance_table(sum((tally_from(part.after) for part in parts), Tally()))
    keys = dict.fromkeys((row["metric"], row["priority"]) for row in [*before, *after])
    old, new = (
        {(row["metric"], row["priority"]): row for row in table} for table in (before, after)
    )
    nothing: dict[str, Any] = {
        "met": 0,
        "missed": 0,
        "running": 0,
        "withdrawn": 0,
        "earlier": 0,
        "compliance": None,
    }
    names = ("metric", "priority")
    empty = {key: nothing | dict(zip(names, key, strict=True)) for key in keys}
    return [(old.get(key, empty[key]), new.get(key, empty[key])) for key in keys]
