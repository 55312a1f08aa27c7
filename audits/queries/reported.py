"""The audits of a monthly report."""

from collections import Counter
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
from foundation.accounts.models import Organization
from sla.clocks.models import Clock, ClockState
from sla.clocks.verdicts import Verdict, verdict_of, verdict_on
from sla.metrics import Metric
from tickets.states import State


def reported_audits(
    organization: Organization, start: datetime, end: datetime, at: datetime
) -> list[dict[str, Any]]:
    """Return one row for each audit that was open at some time in ``[start, end)``, oldest first,
    without those whose ticket was rejected or cancelled.

    Delivery, delay notice and the verdict of an open clock are as of ``at``; state, items and the
    verdict of a stopped clock are the current ones.
    """
    requested = AuditRequest.objects.filter(organization=organization, ticket__received_at__lt=end)
    undelivered = Q(delivered_at__isnull=True) | Q(delivered_at__gte=start)
    still_open = Q(ticket__closed_at__isnull=True) | Q(ticket__closed_at__gte=start)
    in_period = requested.filter(undelivered, still_open).exclude(
        ticket__state__in=[State.REJECTED, State.CANCELLED]
    )
    audits = list(in_period.select_related("ticket").order_by("pk"))
    clocks = {
        clock.ticket_id: clock
        for clock in Clock.objects.filter(
            ticket_id__in=[audit.ticket_id for audit in audits], metric=Metric.DELIVERY
        )
    }
    notices: dict[int, list[DelayNotice]] = {}
    notices_by_now = DelayNotice.objects.filter(audit__in=audits, given_at__lte=at)
    for notice in notices_by_now.order_by("pk"):
        notices.setdefault(notice.audit_id, []).append(notice)
    items = Counter(
        RequestedItem.objects.filter(audit__in=audits).values_list("audit_id", flat=True)
    )
    return [
        _report_row(
            audit, clocks.get(audit.ticket_id), notices.get(audit.pk, []), items[audit.pk], at
        )
        for audit in audits
    ]


def _report_row(
    audit: AuditRequest,
    clock: Clock | None,
    notices: Sequence[DelayNotice],
    items: int,
    at: datetime,
) -> dict[str, Any]:
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
        "items": items,
        "due_at": due_at.isoformat() if due_at else "",
        "delivered_at": delivered_at.isoformat() if delivered_at else "",
        "verdict": Verdict.RUNNING if is_stopped else _verdict(clock, due_at, delivered_at, at),
        "delay_notice": ("before" if notices[0].is_in_time else "late") if notices else "none",
    }


def _verdict(
    clock: Clock | None, due_at: datetime | None, delivered_at: datetime | None, at: datetime
) -> Verdict:
    """Return the verdict on the delivery; withdrawn without a clock. A redelivery does not change
    it: the clock stopped at the first delivery.
    """
    if clock is None:
        return Verdict.WITHDRAWN
    if clock.state in {ClockState.WITHDRAWN, ClockState.STOPPED}:
        return verdict_of(clock, at)
    return verdict_on(due_at, delivered_at, at)
