"""What the monthly report says of audits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from audits.models import (
    AuditRequest,
    AuditState,
    DelayNotice,
    RequestedItem,
)
from audits.queries.views import delivery_clock
from foundation.accounts.models import Organization
from sla.clocks.models import Clock, ClockState
from sla.clocks.verdicts import Verdict, verdict_of, verdict_on
from tickets.states import State


def reported_audits(
    organization: Organization, start: datetime, end: datetime, at: datetime
) -> list[dict[str, Any]]:
    """Return the audits that were asked for, open or delivered in ``[start, end)`` as plain data
    for the monthly report, as of ``at``.
    """
    found = AuditRequest.objects.filter(organization=organization, ticket__received_at__lt=end)
    found = found.filter(Q(delivered_at__isnull=True) | Q(delivered_at__gte=start))
    found = found.filter(
        Q(ticket__closed_at__isnull=True) | Q(ticket__closed_at__gte=start)
    ).exclude(ticket__state__in=[State.REJECTED, State.CANCELLED])
    return [_reported(audit, at) for audit in found.select_related("ticket").order_by("pk")]


def _reported(audit: AuditRequest, at: datetime) -> dict[str, Any]:
    clock = delivery_clock(audit.ticket_id)
    notices: Sequence[DelayNotice] = list(
        DelayNotice.objects.filter(audit=audit, given_at__lte=at).order_by("pk")
    )
    delivered_at = (
        audit.delivered_at if audit.delivered_at is not None and audit.delivered_at <= at else None
    )
    due_at = clock.due_at if clock is not None else None
    # Customers do not see that an audit is stopped.
    is_stopped = audit.state == AuditState.STOPPED
    return {
        "number": audit.ticket.number,
        "auditor": audit.auditor_company,
        "state": audit.stopped_from if is_stopped else audit.state,
        "items": RequestedItem.objects.filter(audit=audit).count(),
        "due_at": due_at.isoformat() if due_at else "",
        "delivered_at": delivered_at.isoformat() if delivered_at else "",
        "verdict": Verdict.RUNNING if is_stopped else _verdict(clock, due_at, delivered_at, at),
        "delay_notice": ("before" if notices[0].is_in_time else "late") if notices else "none",
    }


def _verdict(
    clock: Clock | None, due_at: datetime | None, delivered_at: datetime | None, at: datetime
) -> Verdict:
    """Judge the delivery; one that came back and was delivered again by the first delivery."""
    if clock is None:
        return Verdict.WITHDRAWN
    if clock.state in {ClockState.WITHDRAWN, ClockState.STOPPED}:
        return verdict_of(clock, at)
    return verdict_on(due_at, delivered_at, at)
