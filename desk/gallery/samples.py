"""Invented data for the gallery. Nothing of it is stored."""

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from escalation.models import Cause, Escalation, EscalationLevel
from escalation.queries import with_ends
from foundation.accounts.models import User
from foundation.calendars.ledger import SegmentKind
from foundation.core.classification import Channel, Priority
from sla.clocks.explanation import Explanation, Line, Part
from sla.clocks.models import ClockState, SegmentCause
from sla.metrics import Metric
from sla.policies.rules import RuleReach, RuleSource, TargetRule
from tickets.models import Message, MessageKind, Ticket
from tickets.queries import ConversationItem, ConversationPage
from tickets.states import State
from web.faces import ClockFace

INSTANT = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
ZONE = "America/Mexico_City"
HOUR = timedelta(hours=1)


def faces() -> list[ClockFace]:
    """Return a face of each tone, as ``web.faces`` makes them."""
    return [
        ClockFace(_("Due in %(time)s") % {"time": "3 h"}, "calm", "clock"),
        ClockFace(_("At risk · due in %(time)s") % {"time": "50 min"}, "soon", "hourglass"),
        ClockFace(_("Due in %(time)s") % {"time": "12 min"}, "urgent", "alarm-clock"),
        ClockFace(_("Overdue by %(time)s") % {"time": "20 min"}, "late", "circle-alert"),
        ClockFace(_("Paused · waits for the user"), "paused", "pause"),
        ClockFace(_("Resumes %(when)s") % {"when": "09:00"}, "asleep", "moon"),
        ClockFace(_("Met in %(time)s") % {"time": "1 h"}, "met", "check"),
        ClockFace(_("Missed by %(time)s") % {"time": "1 h"}, "missed", "x"),
        ClockFace(_("Withdrawn"), "withdrawn", "minus"),
    ]


def ticket(requester: User) -> Ticket:
    return Ticket(
        pk=118,
        subject=_("The printer of the reception stopped working and shows a red light"),
        description=_("What fails, since when, and what you tried."),
        requester=requester,
        state=State.IN_PROGRESS,
        priority=Priority.HIGH,
        channel=Channel.PORTAL,
        received_at=INSTANT,
    )


def conversation(author: User) -> ConversationPage:
    """Return a message of each kind; the reply comes from the customer."""
    items = [
        ConversationItem(
            Message(
                pk=number,
                kind=kind,
                author=author,
                is_from_staff=kind != MessageKind.REPLY,
                body=str(kind.label),
                created_at=INSTANT + number * HOUR,
                estimated_at=INSTANT + 24 * HOUR if kind == MessageKind.STATEMENT else None,
            ),
            [],
        )
        for number, kind in enumerate(MessageKind, start=1)
    ]
    return ConversationPage(items, earlier=12)


def ladder() -> list[Escalation]:
    """Return a step that somebody acknowledged, one that nobody did, and the present one."""
    first = EscalationLevel(name_es=_("First level"))
    second = EscalationLevel(name_es=_("Second level"))
    steps = [
        Escalation(
            level=first,
            cause=Cause.BREACH,
            created_at=INSTANT,
            notified_at=INSTANT,
            notified=["Ana Ruiz"],
            acknowledged_at=INSTANT + HOUR,
            acknowledged_name="Ana Ruiz",
        ),
        Escalation(
            level=first,
            cause=Cause.REQUEST,
            reason=_("Production is stopped."),
            created_at=INSTANT + 2 * HOUR,
            notified_at=INSTANT + 2 * HOUR,
            notified=["Ana Ruiz"],
        ),
        Escalation(
            level=second,
            cause=Cause.UNACKNOWLEDGED,
            created_at=INSTANT + 3 * HOUR,
            notified_at=INSTANT + 4 * HOUR,
            notified=["Luis Mora"],
        ),
    ]
    return with_ends(steps)


def explanation() -> Explanation:
    """Return the account of a clock of two hours that was paused for one."""
    target = 2 * HOUR
    stretches = (
        (SegmentKind.OPEN, HOUR, ""),
        (SegmentKind.PAUSED, HOUR, State.PENDING_USER),
        (SegmentKind.OUTSIDE_HOURS, HOUR, ""),
        (SegmentKind.OPEN, HOUR, ""),
    )
    lines = []
    start = INSTANT
    total = timedelta()
    for kind, length, reason in stretches:
        counted = length if kind is SegmentKind.OPEN else timedelta()
        total += counted
        lines.append(Line(kind, start, start + length, counted, total, reason))
        start += length
    part = Part(_("Office"), 3, ZONE, "2026a", target, SegmentCause.START, tuple(lines))
    rules = (
        TargetRule(RuleSource.CONTRACT, RuleReach.EVERY, "", None, matched=False),
        TargetRule(RuleSource.DEFAULT, RuleReach.EVERY, "Mesa", target, matched=True),
    )
    return Explanation(
        metric=Metric.ATTENTION,
        state=ClockState.RUNNING,
        priority=Priority.HIGH,
        target=target,
        started_at=INSTANT,
        due_at=start,
        stopped_at=None,
        used=HOUR,
        left=HOUR,
        is_out_of_contract=False,
        rules=rules,
        parts=(part,),
    )
