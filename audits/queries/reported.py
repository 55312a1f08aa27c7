"""The audits of a monthly report."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from audits import verbs
from audits.models import (
    AuditRequest,
    AuditState,
    DelayNotice,
    RequestedItem,
)
from foundation.accounts.models import Organization
from foundation.activity.models import Record
from sla.clocks.models import Clock
from sla.clocks.verdicts import Verdict, verdict_before
from sla.metrics import Metric
from tickets.models import StateInterval
from tickets.states import State

MOMENT = timedelta(microseconds=1)
_MOVES = (verbs.EVALUATED, verbs.DELIVERED, verbs.STOPPED, verbs.RESUMED)


class _Standing(NamedTuple):
    """An audit at an instant. The state is the one before a stop, which customers do not see."""

    state: str
    delivered_at: datetime | None
    is_stopped: bool


def reported_audits(
    organization: Organization, start: datetime, end: datetime, at: datetime
) -> list[dict[str, Any]]:
    """Return one row for each audit that was open at some time in ``[start, end)``, oldest first,
    without those whose ticket was rejected or cancelled by ``at``. All is as of ``at``.
    """
    requested = AuditRequest.objects.filter(organization=organization, ticket__received_at__lt=end)
    undelivered = Q(delivered_at__isnull=True) | Q(delivered_at__gte=start)
    still_open = Q(ticket__closed_at__isnull=True) | Q(ticket__closed_at__gte=start)
    called_off = StateInterval.objects.filter(
        ticket=OuterRef("ticket"),
        state__in=[State.REJECTED, State.CANCELLED],
        started_at__lte=at,
        ended_at__isnull=True,
    )
    in_period = requested.filter(undelivered, still_open).exclude(Exists(called_off))
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
    standings = _standings(audits, at)
    return [
        _report_row(
            audit,
            standings[audit.pk],
            clocks.get(audit.ticket_id),
            notices.get(audit.pk, []),
            items[audit.pk],
            at=at,
        )
        for audit in audits
        if (standings[audit.pk].delivered_at or at) >= start
    ]


def _standings(audits: Sequence[AuditRequest], at: datetime) -> dict[int, _Standing]:
    """Return how each audit stood at ``at``, by its record."""
    facts: dict[int, list[Record]] = {audit.ticket_id: [] for audit in audits}
    for fact in Record.objects.filter(
        object_type="ticket", object_id__in=list(facts), verb__in=_MOVES
    ).order_by("object_id", "pk"):
        facts[fact.object_id].append(fact)
    return {audit.pk: _standing(audit, facts[audit.ticket_id], at) for audit in audits}


def _standing(audit: AuditRequest, facts: Sequence[Record], at: datetime) -> _Standing:
    is_evaluated = any(fact.verb == verbs.EVALUATED for fact in facts)
    now = audit.stopped_from or audit.state
    is_alternate = is_evaluated or now == AuditState.EVALUATING
    found = _Standing(
        AuditState.EVALUATING if is_alternate else AuditState.OPEN, None, is_stopped=False
    )
    for fact in facts:
        if fact.at > at:
            break
        if fact.verb == verbs.EVALUATED:
            state = AuditState.OPEN if fact.payload["approved"] else AuditState.DECLINED
            found = found._replace(state=state)
        elif fact.verb == verbs.DELIVERED:
            found = found._replace(state=AuditState.DELIVERED, delivered_at=fact.at)
        else:
            found = found._replace(is_stopped=fact.verb == verbs.STOPPED)
    was_declined = (
        found.delivered_at is not None
        and audit.reopened_at is not None
        and found.delivered_at <= audit.reopened_at <= at
    )
    return found._replace(state=AuditState.OPEN, delivered_at=None) if was_declined else found


def _report_row(
    audit: AuditRequest,
    standing: _Standing,
    clock: Clock | None,
    notices: Sequence[DelayNotice],
    items: int,
    *,
    at: datetime,
) -> dict[str, Any]:
    delivered_at = standing.delivered_at
    due_at = clock.due_at if clock is not None else None
    return {
        "number": audit.ticket.number,
        "auditor": audit.auditor_company,
        "state": standing.state,
        "items": items,
        "due_at": due_at.isoformat() if due_at else "",
        "delivered_at": delivered_at.isoformat() if delivered_at else "",
        # Customers do not see that an audit is stopped.
        "verdict": Verdict.RUNNING if standing.is_stopped else _verdict(clock, at),
        "delay_notice": ("before" if notices[0].is_in_time else "late") if notices else "none",
    }


def _verdict(clock: Clock | None, at: datetime) -> Verdict:
    """Return the verdict on the delivery as it stood at ``at``; withdrawn without a clock. A
    redelivery does not change it: the clock stopped at the first delivery.
    """
    return Verdict.WITHDRAWN if clock is None else verdict_before(clock, at + MOMENT)
