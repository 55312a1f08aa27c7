"""Sentences for the facts of tickets on the record, by verb, and for the choice of a person."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from foundation.core.classification import Channel, Environment, Impact, Kind, Priority, Urgency
from foundation.core.durations import short_duration
from foundation.core.templatetags.words import instant
from foundation.core.wording import Sentence, day_words, fixed
from tickets import verbs
from tickets.choosing import Verdict
from tickets.endings import EndCause
from tickets.masking import kind_words
from tickets.models import (
    Activity,
    DataChange,
    LinkKind,
    MessageKind,
    NotRaised,
    format_number,
    link_label,
)
from tickets.states import State
from tickets.stays import StayMark

_LABELS: dict[str, Callable[[Any], str]] = {
    "impact": lambda code: str(Impact(code).label),
    "urgency": lambda code: str(Urgency(code).label),
    "priority": lambda code: str(Priority(code).label),
    "kind": lambda code: str(Kind(code).label),
    "environment": lambda code: str(Environment(code).label),
    "is_out_of_contract": lambda is_out: _("out of contract") if is_out else _("under contract"),
}


def _state_changed(payload: Mapping[str, Any], time_zone: str) -> str:
    change = _("State: %(old)s → %(new)s") % {
        "old": State(payload["from"]).label,
        "new": State(payload["to"]).label,
    }
    if "cause" in payload:
        return f"{change}. {_cause(payload)}"
    if "accepted_by" not in payload:
        return change
    return _("%(change)s. Accepted by %(person)s (%(channel)s).") % {
        "change": change,
        "person": _name(payload, "accepted_by"),
        "channel": Channel(payload["accepted_channel"]).label,
    }


def _cause(payload: Mapping[str, Any]) -> str:
    """Return why the ticket ended without a solution."""
    label = str(EndCause(payload["cause"]).label)
    if "duplicate_of" in payload:
        return f"{label}: {format_number(payload['duplicate_of'])}"
    if "asked_by" not in payload:
        return label
    return _("%(cause)s: %(person)s (%(channel)s)") % {
        "cause": label,
        "person": _name(payload, "asked_by"),
        "channel": Channel(payload["asked_channel"]).label,
    }


def _stay_marked(payload: Mapping[str, Any], time_zone: str) -> str:
    words = _("Waits for: %(mark)s") % {"mark": StayMark(payload["mark"]).label}
    if not payload["expected_on"]:
        return words
    expected = day_words(date.fromisoformat(payload["expected_on"]))
    return _("%(words)s, expected on %(day)s") % {"words": words, "day": expected}


def _stay_unmarked(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Goes on: it no longer waits for %(mark)s") % {
        "mark": str(StayMark(payload["mark"]).label).lower()
    }


def _of_session(text: str) -> Sentence:
    return lambda payload, time_zone: (
        _(text)
        % {
            "time": short_duration(
                datetime.fromisoformat(payload["ended_at"])
                - datetime.fromisoformat(payload["started_at"])
            )
        }
    )


def _of_analysis(text: str) -> Sentence:
    return lambda payload, time_zone: (
        _(text)
        % {
            "kind": DataChange(payload["change"]).label,
            "environment": Environment(payload["environment"]).label,
        }
    )


def _analysis_run(payload: Mapping[str, Any], time_zone: str) -> str:
    words = ngettext(
        "Change of data made: %(kind)s, %(environment)s, %(rows)d row",
        "Change of data made: %(kind)s, %(environment)s, %(rows)d rows",
        payload["rows"],
    )
    return words % {
        "kind": DataChange(payload["change"]).label,
        "environment": Environment(payload["environment"]).label,
        "rows": payload["rows"],
    }


def _classified(payload: Mapping[str, Any], time_zone: str) -> str:
    changed = payload.get("changed", {})
    if not changed:
        return (
            _("Classification applied from the start")
            if payload.get("from_start")
            else _("Classification confirmed")
        )
    parts = _changes(changed, *_LABELS)
    parts += [_from_to(payload, name) for name in ("service", "contract") if name in changed]
    words = _("Classification: %(changes)s") % {"changes": "; ".join(parts)}
    return _from_start(words, payload)


def _changes(changed: Mapping[str, Any], *names: str) -> list[str]:
    return [
        f"{_LABELS[name](old)} → {_LABELS[name](new)}"
        for name in names
        if name in changed
        for old, new in [changed[name]]
    ]


def _assigned(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Assignee: %(change)s") % {"change": _from_to(payload, "assignee")}


def _requester_changed(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Requester: %(change)s") % {"change": _from_to(payload, "requester")}


def _contract_changed(payload: Mapping[str, Any], time_zone: str) -> str:
    parts = [
        _from_to(payload, "contract"),
        *_changes(payload.get("changed", {}), "priority", "is_out_of_contract"),
    ]
    words = _("Contract: %(change)s") % {"change": "; ".join(parts)}
    return _from_start(words, payload)


def _from_start(words: str, payload: Mapping[str, Any]) -> str:
    if not payload.get("from_start"):
        return words
    return _("%(change)s (from the start)") % {"change": words}


def _from_to(payload: Mapping[str, Any], name: str) -> str:
    """Return the names before and after, of a payload that ``TimelineEntry.names`` joined."""
    old, new = payload.get("names", {}).get(name, ["", ""])
    return f"{old or '—'} → {new or '—'}"


def _followed_up(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Goes on in %(number)s") % {"number": format_number(payload["follower"])}


def _about(text: str, name: str) -> Sentence:
    """Return a sentence that names the ticket whose id the payload has as ``name``."""
    return lambda payload, time_zone: _(text) % {"number": format_number(payload[name])}


def _linked(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Linked: %(link)s") % {"link": _link(payload)}


def _unlinked(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Link removed: %(link)s") % {"link": _link(payload)}


def _link(payload: Mapping[str, Any]) -> str:
    label = link_label(LinkKind(payload["kind"]), is_source=payload["is_source"])
    return f"{label} {format_number(payload['other'])}"


def _watched(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("%(person)s follows it") % {"person": _name(payload, "person")}


def _unwatched(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("%(person)s follows it no more") % {"person": _name(payload, "person")}


def _tagged(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Tag: %(tag)s") % {"tag": _name(payload, "tag")}


def _untagged(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Tag taken off: %(tag)s") % {"tag": _name(payload, "tag")}


def _time(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Time worked: %(time)s") % {"time": _worked(payload)}


def _time_removed(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Time worked removed: %(time)s") % {"time": _worked(payload)}


def _worked(payload: Mapping[str, Any]) -> str:
    worked = short_duration(timedelta(minutes=payload["minutes"]))
    return f"{worked}, {Activity(payload['activity']).label}"


def _of_task(text: str) -> Sentence:
    return lambda payload, time_zone: _(text) % {"task": _name(payload, "task")}


def _task_changed(payload: Mapping[str, Any], time_zone: str) -> str:
    words = _("Task changed: %(task)s") % {"task": _name(payload, "task")}
    old, new = payload.get("owners", (None, None))
    return f"{words}. {_from_to(payload, 'owner')}" if old != new else words


def _reminded(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Reminder %(count)s sent to the customer") % {"count": payload["count"]}


def _snoozed(payload: Mapping[str, Any], time_zone: str) -> str:
    until = instant(datetime.fromisoformat(payload["until"]), time_zone)
    return _("Snoozed until %(until)s") % {"until": until}


def _not_raised(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Recurring ticket not raised: %(problem)s") % {
        "problem": NotRaised(payload["problem"]).label
    }


def _original_shown(payload: Mapping[str, Any], time_zone: str) -> str:
    return _("Sensitive data shown: %(what)s") % {"what": kind_words(payload["kinds"])}


def _name(payload: Mapping[str, Any], name: str) -> str:
    """Return the name of what the payload has as ``name``."""
    return str(payload.get("names", {}).get(name, ["", ""])[1]) or "—"


SENTENCES: dict[str, Sentence] = {
    verbs.RAISED: fixed(gettext_noop("Ticket raised")),
    verbs.NUMBER_GIVEN: fixed(gettext_noop("The number was given to the person at once")),
    verbs.FOLLOWED_UP: _followed_up,
    verbs.STATE_CHANGED: _state_changed,
    verbs.CLASSIFIED: _classified,
    verbs.ASSIGNED: _assigned,
    verbs.REQUESTER_CHANGED: _requester_changed,
    verbs.CONTRACT_CHANGED: _contract_changed,
    verbs.MERGED: _about(gettext_noop("Merged into %(number)s"), "survivor"),
    verbs.RAISED_ELSEWHERE: _about(
        gettext_noop("Raised for another customer as %(number)s"), "other"
    ),
    verbs.CAME_FROM_ELSEWHERE: _about(
        gettext_noop("Raised anew: it was registered for the wrong customer as %(number)s"), "other"
    ),
    verbs.UNMERGED: _about(gettext_noop("No longer merged into %(number)s"), "survivor"),
    verbs.ABSORBED: _about(gettext_noop("%(number)s was merged into it"), "absorbed"),
    verbs.RELEASED: _about(gettext_noop("%(number)s goes on by itself again"), "absorbed"),
    verbs.LINKED: _linked,
    verbs.UNLINKED: _unlinked,
    verbs.WATCHED: _watched,
    verbs.UNWATCHED: _unwatched,
    verbs.TAGGED: _tagged,
    verbs.UNTAGGED: _untagged,
    verbs.TIME_ADDED: _time,
    verbs.TIME_REMOVED: _time_removed,
    verbs.STAY_MARKED: _stay_marked,
    verbs.STAY_UNMARKED: _stay_unmarked,
    verbs.SESSION_NOTED: _of_session(gettext_noop("Remote session noted: %(time)s")),
    verbs.SESSION_REMOVED: _of_session(gettext_noop("Remote session removed: %(time)s")),
    verbs.ANALYSIS_WRITTEN: _of_analysis(
        gettext_noop("Functional analysis recorded: %(kind)s, %(environment)s")
    ),
    verbs.ANALYSIS_RUN: _analysis_run,
    verbs.ANALYSIS_REMOVED: _of_analysis(
        gettext_noop("Functional analysis removed: %(kind)s, %(environment)s")
    ),
    verbs.ORIGINAL_SHOWN: _original_shown,
    verbs.CUSTOMER_REMINDED: _reminded,
    verbs.RECURRENCE_SAVED: fixed(gettext_noop("Recurring ticket saved")),
    verbs.RECURRENCE_PAUSED: fixed(gettext_noop("Recurring ticket paused")),
    verbs.RECURRENCE_RESUMED: fixed(gettext_noop("Recurring ticket resumed")),
    verbs.RECURRENCE_DELETED: fixed(gettext_noop("Recurring ticket deleted")),
    verbs.RECURRENCE_FAILED: _not_raised,
    verbs.RECURRENCE_MADE_UP: fixed(gettext_noop("Ticket of a missed day raised")),
    verbs.SNOOZED: _snoozed,
    verbs.WOKEN: fixed(gettext_noop("No longer snoozed")),
    verbs.SEEN_AS_CUSTOMER: fixed(gettext_noop("Seen as the customer sees it")),
    verbs.TASK_ADDED: _of_task(gettext_noop("Task: %(task)s")),
    verbs.TASK_CHANGED: _task_changed,
    verbs.TASK_DONE: _of_task(gettext_noop("Task done: %(task)s")),
    verbs.TASK_OPENED: _of_task(gettext_noop("Task open again: %(task)s")),
    verbs.TASK_REMOVED: _of_task(gettext_noop("Task removed: %(task)s")),
    verbs.message_verb(MessageKind.REPLY): fixed(gettext_noop("Reply")),
    verbs.message_verb(MessageKind.NOTE): fixed(gettext_noop("Internal note")),
    verbs.message_verb(MessageKind.STATEMENT): fixed(gettext_noop("Attention statement")),
    verbs.message_verb(MessageKind.SOLUTION): fixed(gettext_noop("Solution sent")),
}


def verdict_words(verdict: Verdict) -> str:
    """Return what was found about a person when a ticket was given out: what they held, of which
    limit, and what keeps them from it.
    """
    held = (
        ngettext("%(held)d to work on", "%(held)d to work on", verdict.held)
        if verdict.limit is None
        else _("%(held)d of %(limit)d to work on")
    )
    words = held % {"held": verdict.held, "limit": verdict.limit}
    return f"{words} · {verdict.bar.label}" if verdict.bar is not None else words


def choice_words(verdicts: Sequence[Verdict], *, is_asked_for: bool = False) -> str:
    """Return why the first of the verdicts gets the ticket, or that nobody can take it."""
    if is_asked_for:
        return _("Taken as the next ticket, the most urgent that they could do.")
    could = [verdict for verdict in verdicts if verdict.bar is None]
    if not could:
        return _("Nobody can take it now.")
    if len(could) == 1:
        return _("Nobody else could take it.")
    if could[0].held < could[1].held:
        words = _("Of the %(count)d who could take it, they had the fewest tickets.")
    elif could[0].last_given_at != could[1].last_given_at:
        words = _(
            "Of the %(count)d who could take it, they had the fewest tickets, and waited longest "
            "for one."
        )
    else:
        words = _("Of the %(count)d who could take it, several had as few; they are the first.")
    return words % {"count": len(could)}
