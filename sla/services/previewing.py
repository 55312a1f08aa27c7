"""What a change of classification would do to the clocks, before anybody decides: done for real, read, and undone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from core.actor import Actor
from sla.clocks import used_until
from sla.models import Clock
from sla.queries import load_clocks
from tickets.models import Ticket
from tickets.queries import intervals
from tickets.services import Classification, classify_ticket


@dataclass(frozen=True)
class ClockChange:
    """A clock before and after. ``old_target`` is None for one that would start, ``target`` for one that would be withdrawn."""

    metric: str
    old_target: timedelta | None
    target: timedelta | None
    old_due_at: datetime | None
    due_at: datetime | None
    used: timedelta
    becomes_missed: bool


class _Undo(Exception):
    def __init__(self, after: dict[str, Clock]) -> None:
        self.after = after


def preview_classification(*, ticket: Ticket, classification: Classification, by: Actor, at: datetime) -> list[ClockChange]:
    """Return the live clocks whose target or due instant the classification would change; nothing is written.

    Refuses as ``classify_ticket`` does, but for the reason, which is asked for with the answer.
    """
    trial = Ticket.objects.select_related("organization", "contract", "requester", "assignee", "owner", "service").get(pk=ticket.pk)
    loaded = load_clocks(trial, intervals(trial.pk))
    used = {item.clock.metric: used_until(item.stretches, item.pauses, at) for item in loaded}
    before = {item.clock.metric: item.clock for item in loaded if item.clock.is_live}
    try:
        with transaction.atomic():
            classify_ticket(ticket=trial, classification=classification, reason="…", by=by, at=at)
            raise _Undo({clock.metric: clock for clock in Clock.objects.filter(ticket=trial).order_by("pk") if clock.is_live})
    except _Undo as done:
        after = done.after
    return [
        ClockChange(
            metric=metric,
            old_target=old.target if (old := before.get(metric)) else None,
            target=new.target if (new := after.get(metric)) else None,
            old_due_at=old.due_at if old else None,
            due_at=new.due_at if new else None,
            used=used.get(metric, timedelta()),
            becomes_missed=bool(new and new.breached_at and not (old and old.breached_at)),
        )
        for metric in dict.fromkeys([*before, *after])
        if not _same(before.get(metric), after.get(metric))
    ]


def _same(old: Clock | None, new: Clock | None) -> bool:
    return old is not None and new is not None and (old.target, old.due_at) == (new.target, new.due_at)
