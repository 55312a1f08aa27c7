"""Text, tone (a CSS class) and icon of a clock on every screen; colour alone never shows its
state.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from foundation.accounts.models import Organization
from foundation.core.durations import short_duration
from foundation.core.zones import near_words
from sla.clocks.models import Clock, ClockState
from sla.clocks.queries import closed_until, is_at_risk
from sla.clocks.verdicts import Verdict, verdict_of
from sla.metrics import Metric
from sla.targets import TargetUnit
from tickets.models import Ticket
from tickets.states import State

URGENT = timedelta(minutes=30)


@dataclass(frozen=True)
class ClockFace:
    text: str | Promise
    tone: str  # a CSS class: calm, soon, urgent, late, paused, asleep, met, missed, withdrawn
    icon: str
    short: str = ""  # for a narrow column: the time alone


def clock_face(clock: Clock, ticket: Ticket, at: datetime, *, for_desk: bool) -> ClockFace:
    """Return how a clock is shown at ``at``: due in, overdue, paused (on whom), outside hours
    (until when), met, missed, withdrawn. The desk reads "At risk" where the queue's view lists the
    ticket (``Clock.at_risk_at``); a customer never does.
    """
    if clock.metric == Metric.VALIDATION and clock.state != ClockState.WITHDRAWN:
        return _validation_face(clock, at)
    if clock.is_live:
        return _live_face(clock, ticket, at, is_warned=for_desk and is_at_risk(clock, at))
    found = verdict_of(clock, at)
    if found == Verdict.MET:
        passed = clock.stopped_at - clock.started_at if clock.stopped_at else timedelta()
        # open time that the clock counted, the unit of the target
        used = (
            clock.used
            if clock.used is not None and clock.target_unit == TargetUnit.TIME
            else passed
        )
        time = short_duration(used)
        return ClockFace(_("Met in %(time)s") % {"time": time}, "met", "check", time)
    if found == Verdict.MISSED:
        late = (
            (clock.stopped_at - clock.due_at) if clock.stopped_at and clock.due_at else timedelta()
        )
        time = short_duration(late)
        return ClockFace(_("Missed by %(time)s") % {"time": time}, "missed", "x", f"−{time}")
    return ClockFace(_("Withdrawn"), "withdrawn", "minus")


def _validation_face(clock: Clock, at: datetime) -> ClockFace:
    """Return how a validation clock is shown. It measures the customer, so it is never overdue or
    missed.
    """
    if clock.stopped_at is not None:
        if not clock.is_met:
            return ClockFace(_("Ended without an answer"), "withdrawn", "minus")
        return ClockFace(
            _("Answered in %(time)s")
            % {"time": short_duration(clock.stopped_at - clock.started_at)},
            "met",
            "check",
        )
    assert clock.due_at is not None  # a validation clock never pauses
    if clock.due_at <= at:
        return ClockFace(_("About to close"), "asleep", "clock")
    time = short_duration(clock.due_at - at)
    return ClockFace(_("Closes in %(time)s") % {"time": time}, "calm", "clock", time)


def _live_face(clock: Clock, ticket: Ticket, at: datetime, *, is_warned: bool) -> ClockFace:
    if clock.state == ClockState.PAUSED or clock.due_at is None:
        waits = {
            State.PENDING_USER: _("Paused · waits for the user"),
            State.PENDING_SUPPLIER: _("Paused · waits for a supplier"),
        }
        waits_for = waits.get(State(ticket.state), _("Paused"))
        return ClockFace(waits_for, "paused", "pause", _("Paused"))
    left = clock.due_at - at
    if left < timedelta():
        late = short_duration(left)
        return ClockFace(
            _("Overdue by %(time)s") % {"time": late}, "late", "circle-alert", f"−{late}"
        )
    return _running_face(clock, ticket.organization, left, at, is_warned=is_warned)


def _running_face(
    clock: Clock, organization: Organization, left: timedelta, at: datetime, *, is_warned: bool
) -> ClockFace:
    opens_at = (
        None if clock.target_unit != TargetUnit.TIME else closed_until(clock, organization, at)
    )
    if opens_at is not None:
        when = {"when": near_words(opens_at, organization.time_zone, at)}
        if is_warned:
            text = _("At risk · resumes %(when)s") % when
            return ClockFace(text, "soon", "moon", when["when"])
        return ClockFace(_("Resumes %(when)s") % when, "asleep", "moon", when["when"])
    time = {"time": short_duration(left)}
    if not is_warned:
        return ClockFace(_("Due in %(time)s") % time, "calm", "clock", time["time"])
    text = _("At risk · due in %(time)s") % time
    if left <= URGENT:
        return ClockFace(text, "urgent", "alarm-clock", time["time"])
    return ClockFace(text, "soon", "hourglass", time["time"])
