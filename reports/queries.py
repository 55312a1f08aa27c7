"""Builds the figures of a report from domain rows; the page, the PDF and the API show what this
returns.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef
from django.utils.translation import gettext as _

from audits.queries import reported_audits
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import membership_of, memberships_of
from foundation.accounts.roles import READS_REPORTS, Capability
from foundation.accounts.zones import zone
from foundation.core.classification import Kind, Priority
from foundation.core.errors import Invalid, NotFound
from foundation.core.tenancy import current_scope
from reports.metrics import Tally, compliance_table, tally_from, verdict
from reports.models import PartStatus, ReportIssue, ReportStatus, Simulation, SimulationPart
from sla.defaults import AT_ARRIVAL
from sla.models import Clock, ClockSegment
from tickets.models import StateInterval, Ticket
from tickets.queries import time_held
from tickets.states import Holder, State

SHOWN_SIMULATIONS = 50
SHOWN_CHANGES = 100


def parse_month(text: str) -> date:
    """Return the first day of a ``YYYY-MM`` month; ``Invalid`` says how to write it."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
        if not 2000 <= month.year <= 2100:
            raise ValueError("out of range")
        return month
    except ValueError as error:
        raise Invalid(
            _("“%(text)s” is not a month. Write it as YYYY-MM, such as 2026-10.") % {"text": text},
            fields={"month": _("Write it as YYYY-MM.")},
        ) from error


def following_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def preceding_month(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def bounds(organization: Organization, month: date) -> tuple[datetime, datetime]:
    """Return the UTC instants between which the month lies in the organization's zone."""
    local = zone(organization.time_zone)
    start = datetime.combine(month, time(), local).astimezone(UTC)
    end = datetime.combine(following_month(month), time(), local).astimezone(UTC)
    return start, end


def may_see_reports(user: User, organization_id: int) -> bool:
    if user.is_staff:
        return user.can(Capability.SEE_REPORTS)
    membership = membership_of(user.pk, organization_id)
    return membership is not None and membership.has_role(*READS_REPORTS)


def reads_any_report(user: User) -> bool:
    """Tell whether a customer may read the reports of any of their organizations."""
    return any(membership.has_role(*READS_REPORTS) for membership in memberships_of(user.pk))


def reported_organization(user: User, slug: str) -> Organization:
    """Return the organization if this person may read its reports; ``NotFound`` otherwise."""
    organization = Organization.objects.filter(slug=slug).order_by("pk").first()
    if organization is None or not may_see_reports(user, organization.pk):
        raise NotFound(_("There is no such organization, or you may not read its reports."))
    return organization


def build_service_level(organization: Organization, month: date, at: datetime) -> dict[str, Any]:
    """Return the figures of the month as plain data, in codes and ISO instants, the same for the
    same rows.

    ``raised`` counts tickets by arrival in the organization's zone; ``tickets`` lists every one of
    them.
    """
    start, end = bounds(organization, month)
    tickets = list(
        Ticket.objects.filter(
            organization=organization, received_at__gte=start, received_at__lt=end
        )
        .select_related("service", "requester")
        .order_by("pk")
    )
    ids = [ticket.pk for ticket in tickets]
    clocks = list(
        Clock.objects.filter(
            ticket__organization=organization,
            ticket__received_at__gte=start,
            ticket__received_at__lt=end,
            metric__in=AT_ARRIVAL,
        ).order_by("pk")
    )
    earlier = _earlier_breaches(organization, start, end)
    tally = Tally()
    for clock in clocks:
        tally.count(clock.metric, clock.priority, verdict(clock, at), earlier.get(clock.pk, 0))
    held = _held_by_ticket(organization, start, end, at)
    by_ticket: dict[int, list[Clock]] = {pk: [] for pk in ids}
    for clock in clocks:
        by_ticket[clock.ticket_id].append(clock)
    return {
        "organization": organization.name,
        "slug": organization.slug,
        "month": f"{month:%Y-%m}",
        "time_zone": organization.time_zone,
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
        "raised": len(tickets),
        "by_priority": [
            {"code": p.code, "count": sum(t.priority == p for t in tickets)} for p in Priority
        ],
        "by_state": [{"code": str(s), "count": sum(t.state == s for t in tickets)} for s in State],
        "by_kind": [{"code": str(k), "count": sum(t.kind == k for t in tickets)} for k in Kind],
        "out_of_contract": sum(ticket.is_out_of_contract for ticket in tickets),
        "compliance": compliance_table(tally),
        "turns": _sum_of(held.values()),
        "breaches": [
            _breach(clock, {t.pk: t for t in tickets}[clock.ticket_id])
            | {"turns": held.get(clock.ticket_id, {})}
            for clock in clocks
            if verdict(clock, at) == "missed"
        ],
        "audits": reported_audits(organization, start, end, at),
        "tickets": [_line(ticket, by_ticket[ticket.pk], at) for ticket in tickets],
    }


def _held_by_ticket(
    organization: Organization, start: datetime, end: datetime, at: datetime
) -> dict[int, dict[str, int]]:
    """Return ticket id -> whose turn it was for how many elapsed seconds within the month (SPEC
    17.9), of the month's tickets.

    While the month runs, of turns that have ended: a report is made anew when something happened,
    not because time passes.
    """
    until = min(at, end)
    stays: dict[int, list[StateInterval]] = {}
    found = StateInterval.objects.filter(
        ticket__organization=organization,
        ticket__received_at__gte=start,
        ticket__received_at__lt=end,
        started_at__lte=until,
    )
    for stay in found.order_by("ticket_id", "started_at", "pk").iterator(chunk_size=2000):
        if stay.ended_at is None and at < end:
            continue
        stay.ended_at = min(stay.ended_at or until, until)
        stays.setdefault(stay.ticket_id, []).append(stay)
    return {
        pk: {str(each.holder): int(each.time.total_seconds()) for each in time_held(rows, until)}
        for pk, rows in stays.items()
    }


def _sum_of(turns: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in turns:
        for holder, seconds in each.items():
            found[holder] = found.get(holder, 0) + seconds
    return {str(holder): found[holder] for holder in Holder if holder in found}


def _earlier_breaches(organization: Organization, start: datetime, end: datetime) -> dict[int, int]:
    """Return clock id -> breaches of targets that a later change replaced."""
    following = ClockSegment.objects.filter(clock=OuterRef("clock"), number__gt=OuterRef("number"))
    return dict(
        ClockSegment.objects.filter(
            Exists(following),
            clock__ticket__organization=organization,
            clock__ticket__received_at__gte=start,
            clock__ticket__received_at__lt=end,
            breached_at__isnull=False,
        )
        .order_by()
        .values("clock_id")
        .annotate(breaches=Count("pk"))
        .values_list("clock_id", F("breaches"))
    )


def _breach(clock: Clock, ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "priority": Priority(clock.priority).code,
        "metric": clock.metric,
        "due_at": missed_at.isoformat() if (missed_at := clock.breached_at or clock.due_at) else "",
        "stopped_at": clock.stopped_at.isoformat() if clock.stopped_at else "",
    }


def _line(ticket: Ticket, clocks: list[Clock], at: datetime) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "kind": ticket.kind,
        "service_es": ticket.service.name_es,
        "service_en": ticket.service.name_en,
        "priority": ticket.priority_code,
        "state": ticket.state,
        "received_at": ticket.received_at.isoformat(),
        "requester": ticket.requester.full_name,
        "verdicts": {clock.metric: verdict(clock, at) for clock in clocks},
    }


def hash_of(data: dict[str, Any]) -> str:
    """Return the SHA-256 of the figures in a canonical form."""
    return hashlib.sha256(
        json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def issued_report(organization_id: int, month: date, language: str) -> ReportIssue | None:
    """Return the newest report issued for an ended month in this language, whatever its state."""
    return (
        ReportIssue.objects.filter(
            organization_id=organization_id, month=month, language=language, is_final=True
        )
        .select_related("pdf")
        .order_by("-version", "-pk")
        .first()
    )


def get_issue(user: User, issue_id: int) -> ReportIssue:
    issue = (
        ReportIssue.objects.filter(pk=issue_id)
        .select_related("organization", "pdf")
        .order_by("pk")
        .first()
    )
    if issue is None or not may_see_reports(user, issue.organization_id):
        raise NotFound(_("There is no such report, or you may not read it."))
    return issue


def figures(organization: Organization, month: date, language: str, at: datetime) -> dict[str, Any]:
    """Return what the screen shows: the figures of the issued report, and for a month that was not
    issued, those of now.
    """
    issue = issued_report(organization.pk, month, language)
    return dict(issue.data) if issue is not None else build_service_level(organization, month, at)


def due_issues(at: datetime, limit: int) -> list[tuple[int, int]]:
    return list(
        ReportIssue.objects.filter(
            status__in=(ReportStatus.QUEUED, ReportStatus.MAKING), run_after__lte=at
        )
        .order_by("run_after", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def published_report(organization_id: int, month: date) -> ReportIssue | None:
    """Return the first report that was issued for an ended month: its figures are the published
    ones, in whatever language.
    """
    return (
        ReportIssue.objects.filter(organization_id=organization_id, month=month, is_final=True)
        .order_by("cutoff_at", "pk")
        .first()
    )


def due_parts(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, part id) of simulations that wait to be computed."""
    waiting = SimulationPart.objects.filter(
        status__in=(PartStatus.QUEUED, PartStatus.RUNNING), run_after__lte=at
    )
    return list(waiting.order_by("run_after", "pk").values_list("organization_id", "pk")[:limit])


def simulations_of(user: User) -> list[Simulation]:
    """Return the newest simulations whose customers are all this person's to see."""
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
    """A clock with another verdict, as the page shows it; empty where one side has no such clock.
    Instants are ISO texts.
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
    """What a simulation found so far. ``rows`` pair the compliance before and after; ``published``
    tells whether before is as issued.

    ``published`` is None when no report of these months was issued.
    """

    parts: list[SimulationPart]
    rows: list[tuple[dict[str, Any], dict[str, Any]]]
    customers: list[tuple[Organization, list[tuple[dict[str, Any], dict[str, Any]]]]]
    changed: int
    moved: int
    published: bool | None

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
    """Return the sums over the parts that are ready, whole and by customer."""
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
        published=all(_is_as_published(part) for part in issued) if issued else None,
    )


def _points(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else round(new - old, 1)


def _is_as_published(part: SimulationPart) -> bool:
    assert part.published is not None
    return compliance_table(tally_from(part.before)) == part.published.data["compliance"]


def _pairs(parts: list[SimulationPart]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the rows of the compliance before and after side by side; a clock that only one of
    them has is empty in the other.
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
