"""The words of a ticket's history: one sentence per verb of the record."""

from collections.abc import Callable
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from foundation.accounts.zones import instant_words
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Priority,
    Urgency,
)
from sla.metrics import Metric
from tickets.models import format_number
from tickets.queries import TimelineEntry
from tickets.states import State

_FIELDS: dict[str, Callable[[Any], str]] = {
    "impact": lambda code: str(Impact(code).label),
    "urgency": lambda code: str(Urgency(code).label),
    "priority": lambda code: str(Priority(code).label),
    "kind": lambda code: str(Kind(code).label),
}


def sentence(entry: TimelineEntry, time_zone: str) -> str:
    """Return what happened, with its instants in a named zone; a verb this version does not know is
    shown as it was recorded.
    """
    if entry.verb in _CLOCKS:
        return _clock(_CLOCKS[entry.verb], entry.payload, time_zone)
    words = _SENTENCES.get(entry.verb)
    return words(entry.payload) if words is not None else entry.verb


def author_words(entry: TimelineEntry) -> str:
    """Return who did it: a person with the way it came, a service account's contact, or the product
    by itself.
    """
    if entry.person is not None:
        way = (
            _("service account")
            if entry.system
            else str(Channel(entry.channel).label)
            if entry.channel in Channel.values
            else ""
        )
        return f"{entry.person} · {way}" if way else str(entry.person)
    return _("Signed link of a mail") if entry.system == "signed link" else _("Mesa, by itself")


def _state_changed(payload: dict[str, Any]) -> str:
    return _("State: %(old)s → %(new)s") % {
        "old": State(payload["from"]).label,
        "new": State(payload["to"]).label,
    }


def _classified(payload: dict[str, Any]) -> str:
    changed = payload.get("changed", {})
    parts = [
        f"{say(old)} → {say(new)}"
        for name, say in _FIELDS.items()
        if name in changed
        for old, new in [changed[name]]
    ]
    if not changed:
        return _("Classification confirmed")
    return _("Classification: %(changes)s") % {"changes": "; ".join(parts) or _("service")}


def _followed_up(payload: dict[str, Any]) -> str:
    return _("Goes on in %(number)s") % {"number": format_number(payload["follower"])}


def _clock(template: str, payload: dict[str, Any], time_zone: str) -> str:
    due = parse_datetime(payload.get("due_at") or "")
    return _(template) % {
        "clock": Metric(payload["metric"]).label,
        "percent": payload.get("percent", ""),
        "due": instant_words(due, time_zone) if due else "—",
    }


def _plain(text: str) -> Callable[[dict[str, Any]], str]:
    return lambda payload: _(text) % {"position": payload.get("position", "")}


def _item(text: str) -> Callable[[dict[str, Any]], str]:
    return lambda payload: _(text) % {"item": payload.get("item", "")}


_CLOCKS: dict[str, str] = {
    "clock.started": gettext_noop("%(clock)s: the clock started, due %(due)s"),
    "clock.stopped": gettext_noop("%(clock)s: the clock stopped"),
    "clock.withdrawn": gettext_noop("%(clock)s: the clock was withdrawn"),
    "clock.warned": gettext_noop("%(clock)s: %(percent)s %% of the time used"),
    "clock.breached": gettext_noop("%(clock)s: the target was missed"),
    "clock.restarted": gettext_noop("%(clock)s: measured anew from the start, due %(due)s"),
    "clock.breach_taken_back": gettext_noop("%(clock)s: the target is not missed after all"),
    "clock.redated": gettext_noop("%(clock)s: the calendar changed, due %(due)s"),
    "clock.rebound": gettext_noop("%(clock)s: another policy promises the same"),
    "clock.resumed": gettext_noop("%(clock)s: the clock runs again"),
    "clock.retargeted": gettext_noop("%(clock)s: new target, due %(due)s"),
}

_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "ticket.raised": _plain(gettext_noop("Ticket raised")),
    "ticket.followed_up": _followed_up,
    "ticket.state_changed": _state_changed,
    "ticket.classified": _classified,
    "ticket.assigned": _plain(gettext_noop("Assignee changed")),
    "ticket.escalated": _plain(gettext_noop("Escalated to level %(position)s")),
    "ticket.deescalated": _plain(gettext_noop("Escalation taken back to level %(position)s")),
    "escalation.acknowledged": _plain(
        gettext_noop("Level %(position)s acknowledged the escalation")
    ),
    "message.reply": _plain(gettext_noop("Reply")),
    "message.note": _plain(gettext_noop("Internal note")),
    "message.statement": _plain(gettext_noop("Attention statement")),
    "message.solution": _plain(gettext_noop("Solution sent")),
    "audit.requested": _plain(gettext_noop("Audit asked for")),
    "audit.evaluated": _plain(gettext_noop("The environment of the audit was evaluated")),
    "audit.evidence_prepared": _item(gettext_noop("Evidence of item %(item)s prepared")),
    "audit.evidence_approved": _item(gettext_noop("Evidence of item %(item)s approved")),
    "audit.evidence_refused": _item(gettext_noop("Evidence of item %(item)s sent back")),
    "audit.evidence_delivered": _item(gettext_noop("Evidence of item %(item)s delivered")),
    "audit.evidence_purged": _item(
        gettext_noop("Evidence of item %(item)s deleted: its retention has ended")
    ),
    "audit.item_set_aside": _item(gettext_noop("Item %(item)s answered without evidence")),
    "audit.waived": _item(gettext_noop("Waiver for an editable file of item %(item)s")),
    "audit.delay_told": _plain(gettext_noop("Delay notice of the audit")),
    "audit.conference_scheduled": _plain(gettext_noop("Conference scheduled")),
    "audit.conference_cancelled": _plain(gettext_noop("Conference cancelled")),
    "audit.visit_announced": _plain(gettext_noop("Site visit announced")),
    "audit.visit_answered": _plain(gettext_noop("Site visit answered")),
    "audit.stopped": _plain(gettext_noop("Audit stopped and reported to the committee")),
    "audit.resumed": _plain(gettext_noop("Audit resumed")),
    "audit.delivered": _plain(gettext_noop("Audit delivered")),
    "ticket.contract_changed": _plain(gettext_noop("Contract changed")),
}
