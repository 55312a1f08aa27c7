"""What a clock looks like: one vocabulary for every screen, never by colour alone (text, icon and class together)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reports.metrics import verdict
from sla.models import Clock, ClockState
from tickets.states import State
from web.durations import short_duration

URGENT = timedelta(minutes=30)
SOON = timedelta(hours=1)


@dataclass(frozen=True)
class ClockFace:
    text: str | Promise
    tone: str  # a CSS class: calm, soon, urgent, late, paused, met, missed, withdrawn
    icon: str


def clock_face(clock: Clock, at: datetime, *, ticket_state: str = "") -> ClockFace:
    """Return how a clock is shown at ``at``: due in, overdue, paused (and for whom), met, missed or withdrawn."""
    if clock.is_live:
        return _live_face(clock, at, ticket_state)
    found = verdict(clock)
    if found == "met":
        used = clock.stopped_at - clock.started_at if clock.stopped_at else timedelta()
        return ClockFace(_("Met in %(time)s") % {"time": short_duration(used)}, "met", "check")
    if found == "missed":
        late = (clock.stopped_at - clock.due_at) if clock.stopped_at and clock.due_at else timedelta()
        return ClockFace(_("Missed by %(time)s") % {"time": short_duration(late)}, "missed", "x")
    return ClockFace(_("Withdrawn"), "withdrawn", "minus")


def _live_face(clock: Clock, at: datetime, ticket_state: str) -> ClockFace:
    if clock.state == ClockState.PAUSED or clock.due_at is None:
        waits = {State.PENDING_USER: _("Paused · waits for the user"), State.PENDING_SUPPLIER: _("Paused · waits for a supplier")}
        return ClockFace(waits.get(State(ticket_state), _("Paused")) if ticket_state else _("Paused"), "paused", "pause")
    left = clock.due_at - at
    if left < timedelta():
        return ClockFace(_("Overdue by %(time)s") % {"time": short_duration(left)}, "late", "circle-alert")
    text = _("Due in %(time)s") % {"time": short_duration(left)}
    if left <= URGENT:
        return ClockFace(text, "urgent", "alarm-clock")
    return ClockFace(text, "soon" if left <= SOON else "calm", "clock")
