"""The figures of the monthly service-level report."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef

from audits.queries import reported_audits
from foundation.accounts.models import Organization
from foundation.core.classification import Kind, Priority
from reports.metrics import Tally, compliance_table
from reports.queries.months import bounds
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.verdicts import Verdict, verdict_of
from sla.metrics import AT_ARRIVAL
from tickets.models import StateInterval, Ticket
from tickets.queries import time_held
from tickets.states import Holder, State


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
        tally.count(clock.metric, clock.priority, verdict_of(clock, at), earlier.get(clock.pk, 0))
    ticket_of = {ticket.pk: ticket for ticket in tickets}
    held = _held_by_ticket(organization, start, end, at)
    by_ticket: dict[int, list[Clock]] = {pk: [] for pk in ticket_of}
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
            _breach(clock, ticket_of[clock.ticket_id]) | {"turns": held.get(clock.ticket_id, {})}
            for clock in clocks
            if verdict_of(clock, at) == Verdict.MISSED
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
        "verdicts": {clock.metric: verdict_of(clock, at) for clock in clocks},
    }
