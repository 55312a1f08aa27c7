"""How clocks stood at an instant that lies behind: from the row, or from the record for those that
were measured again since.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from foundation.activity.models import Record
from foundation.core.bulk import one_of
from sla import verbs
from sla.clocks.models import Clock
from sla.clocks.replay import READ, ReplayedClock, ReplayedFact, replay
from sla.clocks.verdicts import Verdict, verdict_before

_AGAIN = frozenset({verbs.RETARGETED, verbs.RESTARTED, verbs.RESUMED, verbs.BREACH_TAKEN_BACK})


class Standing(NamedTuple):
    """A clock at an instant. ``due_at`` is the instant of the breach, or else the due instant; None
    where it is not known. ``stopped_at`` is None while it ran.
    """

    verdict: Verdict
    priority: int
    due_at: datetime | None
    stopped_at: datetime | None


class Remeasured(NamedTuple):
    """A clock that was measured again: how it stood at two instants, None before it was promised,
    and whether it was measured again between them; how many breaches of its earlier targets were
    known at each of the two. A start from the beginning, which corrects a mistake, clears them.
    """

    before: Standing | None
    after: Standing | None
    is_between: bool
    replaced_before: int = 0
    replaced_after: int = 0


def standing_before(clock: Clock, end: datetime) -> Standing:
    """Return how a clock stood at ``end`` by its row: of one that was measured again since, the row
    does not say.
    """
    stopped_at = clock.stopped_at
    return Standing(
        verdict_before(clock, end),
        clock.priority,
        clock.breached_at or clock.due_at,
        stopped_at if stopped_at is not None and stopped_at < end else None,
    )


def remeasured(clocks: Iterable[Clock], start: datetime, end: datetime) -> dict[int, Remeasured]:
    """Return how these clocks stood at ``start`` and ``end`` by their tickets' record, by id."""
    tickets = {clock.pk: clock.ticket_id for clock in clocks}
    found = dict.fromkeys(tickets, Remeasured(None, None, is_between=False))
    for facts in _facts(set(tickets.values())):
        before = replay(_known(facts, start)).clocks
        after = replay(_known(facts, end)).clocks
        again = {
            fact.payload["clock"]
            for fact in facts
            if start <= fact.at < end and _measures_again(fact)
        }
        for pk in tickets.keys() & after.keys():
            found[pk] = Remeasured(
                _standing(before.get(pk)),
                _standing(after[pk]),
                pk in again,
                _replaced_breaches(before.get(pk)),
                _replaced_breaches(after[pk]),
            )
    return found


def _replaced_breaches(clock: ReplayedClock | None) -> int:
    """Return how many targets were breached and then replaced."""
    replaced = clock.segments[:-1] if clock is not None else []
    return sum(segment.breached_at is not None for segment in replaced)


def _measures_again(fact: ReplayedFact) -> bool:
    return fact.verb in _AGAIN or (
        fact.verb == verbs.STARTED and bool(fact.payload.get("is_remeasured"))
    )


def _known(facts: Sequence[ReplayedFact], end: datetime) -> Iterator[ReplayedFact]:
    """Yield the facts before ``end``, with the breaches that fell before it and were noted later,
    as long as nothing else happened to their clock.
    """
    changed: set[Any] = set()
    for fact in facts:
        clock = fact.payload.get("clock")
        is_breach = fact.verb == verbs.BREACHED and clock not in changed
        if fact.at < end or (
            is_breach and datetime.fromisoformat(fact.payload["breached_at"]) < end
        ):
            yield fact
        else:
            changed.add(clock)


def _standing(clock: ReplayedClock | None) -> Standing | None:
    if clock is None:
        return None
    if clock.state == "stopped":
        verdict = Verdict.MET if clock.is_met else Verdict.MISSED
    elif clock.state == "withdrawn":
        verdict = Verdict.WITHDRAWN
    else:
        verdict = Verdict.RUNNING if clock.breached_at is None else Verdict.MISSED
    return Standing(verdict, clock.priority, clock.breached_at or clock.due_at, clock.stopped_at)


def _facts(ticket_ids: set[int]) -> Iterator[list[ReplayedFact]]:
    """Yield the facts of each ticket that a replay reads, oldest first."""
    if not ticket_ids:
        return
    records = Record.objects.filter(
        object_type="ticket", object_id__in=one_of(sorted(ticket_ids)), verb__in=READ
    ).order_by("object_id", "pk")
    rows = records.values_list("object_id", "at", "verb", "payload").iterator()
    for _ticket_id, own in groupby(rows, key=lambda row: row[0]):
        yield [ReplayedFact(at, verb, payload) for _pk, at, verb, payload in own]
