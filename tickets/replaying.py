"""Replays automatic assignment over past tickets: to whom each would have gone, and why.

Pure: the same stays, people and duty give the same choices. A choice is that of
``tickets.choosing``; only the order in which waiting tickets are looked at differs from the sweep,
which knows when they are due: here the more urgent priority comes first, then the earlier arrival.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from heapq import heapify, heappop
from typing import Protocol

from tickets.choosing import Candidate, Choice, Wanted, choose

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Stay:
    """A ticket with a group: ``spans`` are the half-open times in which it waited for the desk
    there, in order; None: it still does.
    """

    ticket_id: int
    organization_id: int
    priority: int  # 1 is the most urgent
    wanted: Wanted
    spans: tuple[Span, ...]

    @property
    def key(self) -> tuple[int, datetime, int]:
        return self.priority, self.spans[0][0], self.ticket_id


class Duty(Protocol):
    """When the people are there."""

    def is_away(self, person_id: int, at: datetime) -> bool: ...
    def is_on_duty(self, person_id: int, at: datetime) -> bool: ...
    def edges(self, person_ids: Collection[int]) -> Sequence[datetime]:
        """Return the instants of the time replayed at which one of them comes on duty, or goes
        away.
        """
        ...


@dataclass(frozen=True)
class Placed:
    """A stay, with the choice of a person at an instant; None: nobody could take it, and
    ``choice`` says why not when it arrived. ``later`` are the choices after the person of before
    went away.
    """

    stay: Stay
    at: datetime | None
    choice: Choice
    later: tuple[tuple[datetime, Choice], ...] = ()


@dataclass(frozen=True)
class Replayed:
    """The stays in the order of their arrival, and the most tickets that each person had at once to
    work on.
    """

    placed: Sequence[Placed]
    most_held: Mapping[int, int]


class _Kind(IntEnum):
    """What happens at an instant, in this order."""

    ENDS = 0
    DUTY = 1
    BEGINS = 2


@dataclass(frozen=True)
class _Run:
    people: dict[int, Candidate]
    strangers: Mapping[int, Collection[int]]  # organization id -> who does not serve it
    duty: Duty
    waiting: dict[tuple[int, datetime, int], Stay] = field(default_factory=dict)
    owners: dict[tuple[int, datetime, int], int] = field(default_factory=dict)
    placed: dict[tuple[int, datetime, int], Placed] = field(default_factory=dict)
    most_held: dict[int, int] = field(default_factory=dict)
    freed: set[int] = field(default_factory=set)  # who has room since the tickets that just ended
    active: set[tuple[int, datetime, int]] = field(default_factory=set)  # that wait for the desk

    def begin(self, stay: Stay, at: datetime) -> None:
        self.active.add(stay.key)
        owner = self.owners.get(stay.key)
        if owner is not None:
            self._count(owner, 1)
        elif not self._place(stay, at):
            self.waiting[stay.key] = stay

    def take_from_absent(self, at: datetime) -> None:
        """Let what people have who are away now wait again."""
        for key, owner in list(self.owners.items()):
            if self.duty.is_away(owner, at):
                del self.owners[key]
                if key in self.active:
                    self._count(owner, -1)
                    self.waiting[key] = self.placed[key].stay

    def end(self, stay: Stay) -> None:
        self.active.discard(stay.key)
        self.waiting.pop(stay.key, None)
        owner = self.owners.get(stay.key)
        if owner is not None:
            self._count(owner, -1)
            self.freed.add(owner)

    def try_again(self, at: datetime, *person_ids: int) -> None:
        """Give waiting tickets to these people, as long as one of them can take any."""
        there = {pk: self._at(pk, at) for pk in person_ids}
        for key in sorted(self.waiting):
            if not any(each.bar(Wanted()) is None for each in there.values()):
                return
            stay = self.waiting[key]
            if any(
                self._serves(each, stay) and not each.bar(stay.wanted) for each in there.values()
            ):
                self._place(stay, at)
                del self.waiting[key]
                there |= {pk: self._at(pk, at) for pk in there.keys() & {self.owners[key]}}

    def _place(self, stay: Stay, at: datetime) -> bool:
        there = [self._at(pk, at) for pk in sorted(self.people)]
        choice = choose(stay.wanted, [each for each in there if self._serves(each, stay)])
        if choice.person_id is None:
            self.placed.setdefault(stay.key, Placed(stay, None, choice))
            return False
        earlier = self.placed.get(stay.key)
        if earlier is not None and earlier.at is not None:
            self.placed[stay.key] = replace(earlier, later=(*earlier.later, (at, choice)))
        else:
            self.placed[stay.key] = Placed(stay, at, choice)
        self.owners[stay.key] = choice.person_id
        self._count(choice.person_id, 1)
        self.people[choice.person_id] = replace(self.people[choice.person_id], last_given_at=at)
        return True

    def _serves(self, candidate: Candidate, stay: Stay) -> bool:
        return candidate.person_id not in self.strangers.get(stay.organization_id, ())

    def _at(self, person_id: int, at: datetime) -> Candidate:
        return replace(
            self.people[person_id],
            is_away=self.duty.is_away(person_id, at),
            is_on_duty=self.duty.is_on_duty(person_id, at),
        )

    def _count(self, person_id: int, change: int) -> None:
        candidate = self.people[person_id]
        held = candidate.held + change
        self.people[person_id] = replace(candidate, held=held)
        self.most_held[person_id] = max(held, self.most_held.get(person_id, 0))


def replay(
    stays: Sequence[Stay],
    people: Sequence[Candidate],
    duty: Duty,
    strangers: Mapping[int, Collection[int]] | None = None,
) -> Replayed:
    """Assign the stays to the people, who begin with what they hold in ``people``. Who is free or
    comes on duty gets what waits then; what somebody has who goes away waits again.
    """
    run = _Run({each.person_id: each for each in people}, strangers or {}, duty)
    events: list[tuple[datetime, _Kind, tuple[int, datetime, int] | tuple[()]]] = [
        (at, _Kind.DUTY, ()) for at in duty.edges(list(run.people))
    ]
    by_key = {stay.key: stay for stay in stays}
    for stay in stays:
        for begins, ends in stay.spans:
            events.append((begins, _Kind.BEGINS, stay.key))
            if ends is not None:
                events.append((ends, _Kind.ENDS, stay.key))
    heapify(events)
    while events:
        at, kind, key = heappop(events)
        if kind is _Kind.DUTY or not key:
            run.take_from_absent(at)
            run.try_again(at, *sorted(run.people))
        elif kind is _Kind.ENDS:
            run.end(by_key[key])
            if not events or events[0][:2] != (at, _Kind.ENDS):
                run.try_again(at, *sorted(run.freed))
                run.freed.clear()
        else:
            run.begin(by_key[key], at)
    order = sorted(run.placed.values(), key=lambda each: each.stay.key[1:])
    return Replayed(order, run.most_held)
