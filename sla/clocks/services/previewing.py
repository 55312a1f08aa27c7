"""Previews of a change to the clocks: apply it in a transaction, read the result, roll back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from catalog.models import Contract
from foundation.activity.models import Record
from foundation.calendars.models import Calendar
from foundation.calendars.services.versions import publish_calendar_version
from foundation.core.actor import Actor, system_actor
from sla import verbs
from sla.clocks.arithmetic import used_until
from sla.clocks.models import Clock
from sla.clocks.queries import load_clocks
from sla.clocks.services.redating import redate_clocks
from sla.targets import Target
from tickets.models import Ticket, format_number
from tickets.queries import intervals
from tickets.services import Classification, change_contract, classify_ticket

_REASON = "…"  # placeholder: the form asks for the reason on confirmation


@dataclass(frozen=True)
class ClockChange:
    """A clock before and after. ``old_target`` is None for one that would start, ``target`` for one
    that would be withdrawn.
    """

    metric: str
    old_target: Target | None
    target: Target | None
    old_due_at: datetime | None
    due_at: datetime | None
    used: timedelta
    becomes_missed: bool


@dataclass(frozen=True)
class Move:
    """A clock whose due instant a new calendar version would move."""

    ticket: str
    metric: str
    old_due_at: datetime
    due_at: datetime


class _Undo(Exception):
    """Rolls back the transaction and carries the result out of it."""

    def __init__(self, found: Any) -> None:
        self.found = found


def preview_calendar(*, calendar: Calendar, version: dict[str, Any], at: datetime) -> list[Move]:
    """Return the open clocks that a version would move, sorted by the move, largest move to an
    earlier instant first. Write nothing.

    ``version`` holds ``time_zone``, ``hours``, ``holidays`` and ``effective_from``. Raises as
    ``publish_calendar_version`` does.
    """
    try:
        with transaction.atomic():
            last = Record.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            published = publish_calendar_version(
                calendar=calendar, **version, by=system_actor("preview"), at=at
            )
            redate_clocks(version=published, at=at, is_trial=True)
            facts = Record.objects.filter(pk__gt=last, verb=verbs.REDATED).order_by("pk")
            raise _Undo(
                [_move(fact) for fact in facts if fact.payload["calendar_version"] == published.pk]
            )
    except _Undo as done:
        return sorted(
            done.found, key=lambda move: (move.due_at - move.old_due_at, move.ticket, move.metric)
        )


def _move(fact: Record) -> Move:
    payload = fact.payload
    old = datetime.fromisoformat(payload["old_due_at"])
    new = datetime.fromisoformat(payload["due_at"])
    return Move(format_number(fact.object_id), payload["metric"], old, new)


def preview_classification(
    *,
    ticket: Ticket,
    classification: Classification,
    from_start: bool = False,
    by: Actor,
    at: datetime,
) -> list[ClockChange]:
    """Return the live clocks whose target or due instant the classification would change. Write
    nothing.

    Raises as ``classify_ticket`` does, except for a missing reason, which the form asks for on
    confirmation.
    """
    return _preview(
        ticket,
        at,
        lambda trial: classify_ticket(
            ticket=trial,
            classification=classification,
            reason=_REASON,
            from_start=from_start,
            by=by,
            at=at,
        ),
    )


def preview_contract(
    *, ticket: Ticket, contract: Contract, from_start: bool, by: Actor, at: datetime
) -> list[ClockChange]:
    """Return the live clocks whose target or due instant another contract would change. Write
    nothing.

    Raises as ``change_contract`` does, except for a missing reason, which the form asks for on
    confirmation.
    """

    def act(trial: Ticket) -> Ticket:
        return change_contract(
            ticket=trial, contract=contract, reason=_REASON, from_start=from_start, by=by, at=at
        )

    return _preview(ticket, at, act)


@dataclass(frozen=True)
class RaisedTicket:
    """A ticket as it would be raised: its terms, and its live clocks."""

    contract: Contract | None
    priority: int
    clocks: list[Clock]


def preview_raising(raise_it: Callable[[], Ticket]) -> RaisedTicket:
    """Return the terms and clocks of the ticket that ``raise_it`` would raise. Write nothing.
    Raises what it raises.
    """
    try:
        with transaction.atomic():
            trial = raise_it()
            clocks = Clock.objects.filter(ticket=trial).order_by("pk")
            live = [clock for clock in clocks if clock.is_live]
            raise _Undo(RaisedTicket(trial.contract, trial.priority, live))
    except _Undo as done:
        found: RaisedTicket = done.found
        return found


def _preview(ticket: Ticket, at: datetime, act: Callable[[Ticket], Ticket]) -> list[ClockChange]:
    trial = Ticket.objects.select_related(
        "organization", "contract", "requester", "assignee", "owner", "service"
    ).get(pk=ticket.pk)
    loaded = load_clocks(trial, intervals(trial.pk))
    used = {item.clock.metric: used_until(item.stretches, at) for item in loaded}
    before = {item.clock.metric: item.clock for item in loaded if item.clock.is_live}
    try:
        with transaction.atomic():
            act(trial)
            raise _Undo(
                {
                    clock.metric: clock
                    for clock in Clock.objects.filter(ticket=trial).order_by("pk")
                    if clock.is_live
                }
            )
    except _Undo as done:
        after = done.found
    return [
        ClockChange(
            metric=metric,
            old_target=old.full_target if (old := before.get(metric)) else None,
            target=new.full_target if (new := after.get(metric)) else None,
            old_due_at=old.due_at if old else None,
            due_at=new.due_at if new else None,
            used=used.get(metric, timedelta()),
            becomes_missed=bool(new and new.breached_at and not (old and old.breached_at)),
        )
        for metric in dict.fromkeys([*before, *after])
        if not _same(before.get(metric), after.get(metric))
    ]


def _same(old: Clock | None, new: Clock | None) -> bool:
    return (
        old is not None
        and new is not None
        and (old.full_target, old.due_at) == (new.full_target, new.due_at)
    )
