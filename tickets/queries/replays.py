"""What a replay of automatic assignment reads: the past stays of tickets with a group, its people,
and when they were there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from foundation.accounts.models import Team, User
from foundation.activity.models import Record
from foundation.calendars.arithmetic import CalendarError, WorkCalendar
from foundation.core.memo import reading_once
from foundation.duty.roster import Roster, Staff, staff_on
from tickets import verbs
from tickets.models import GroupAssignment, StateInterval, Ticket
from tickets.queries.assignment import AutomaticGroup, group_from, people_of, skills_for
from tickets.queries.intervals import intervals_of
from tickets.queries.tickets import visible_to
from tickets.replaying import Replayed, Span, Stay, replay
from tickets.states import DESK_TURN, TRANSITIONS, Bucket, Effect, State

MOST_STAYS = 2_000
MOST_ROWS = 10 * MOST_STAYS  # intervals read to find them
SENT_WITHIN = timedelta(days=90)  # before the time replayed, of tickets of a higher level


@dataclass(frozen=True)
class GroupReplay:
    """What automatic assignment would have done with the tickets of a group. ``is_cut``: the time
    had more than ``MOST_STAYS``, and only the first were replayed.
    """

    group: AutomaticGroup
    people: Mapping[int, User]
    limits: Mapping[int, int | None]
    tickets: Mapping[int, Ticket]
    replayed: Replayed
    is_cut: bool


def replay_group(
    *, team_id: int, reader: User, since: datetime, until: datetime, limit: int | None = None
) -> GroupReplay:
    """Replay the tickets that a reader sees and that waited with a group in ``[since, until)``.
    Shifts, skills and limits are those of today, the absences those of then. ``limit`` replaces the
    limit of the group.
    """
    found = GroupAssignment.objects.filter(team=team_id).select_related("team").first()
    setting = found or GroupAssignment(team=Team.objects.get(pk=team_id))
    group = group_from([setting])[0]
    if limit is not None:
        group = replace(group, load_limit=limit)
    staff = staff_on(since)
    people, candidates = people_of([group], since)
    present = [
        replace(
            each,
            held=0,
            last_given_at=None,
            limit=group.load_limit if each.limit is None else each.limit,
        )
        for each in candidates.values()
    ]
    stays, tickets, is_cut = _stays(group, reader, since, until)
    with reading_once():
        strangers = {pk: staff.not_serving(pk) for pk in {each.organization_id for each in stays}}
    replayed = replay(stays, present, _Duty(staff, since, until), strangers)
    limits = {each.person_id: each.limit for each in present}
    return GroupReplay(group, people, limits, tickets, replayed, is_cut)


@dataclass(frozen=True)
class _Duty:
    """``tickets.replaying.Duty`` by the shifts and absences of the staff."""

    staff: Staff
    since: datetime
    until: datetime

    def is_away(self, person_id: int, at: datetime) -> bool:
        return any(each.holds_at(at) for each in self.staff.absences.get(person_id, ()))

    def is_on_duty(self, person_id: int, at: datetime) -> bool:
        return Roster(self.staff.shifts, self.staff.absences).is_on_duty(person_id, at)

    def edges(self, person_ids: Collection[int]) -> Sequence[datetime]:
        absences = [each for pk in person_ids for each in self.staff.absences.get(pk, ())]
        turns = {moment for each in absences for moment in (each.starts_at, each.ends_at)}
        moments = {moment for moment in turns if self.since <= moment < self.until}
        for pk in person_ids:
            for calendar in self.staff.shifts.get(pk, ()):
                moments |= {*_openings(calendar, self.since, self.until)}
        return sorted(moments)


def _openings(calendar: WorkCalendar, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the instants at which a shift begins; none of a calendar that never opens."""
    moment = since
    try:
        while moment < until:
            opening = calendar.next_opening(moment)
            if opening >= until:
                return
            yield opening
            end = calendar.open_until(opening, until - opening)
            if end <= opening:
                return
            moment = end
    except CalendarError:
        return


def _stays(
    group: AutomaticGroup, reader: User, since: datetime, until: datetime
) -> tuple[list[Stay], dict[int, Ticket], bool]:
    """Return the stays with a group, their tickets, and whether there were more."""
    waited = StateInterval.objects.filter(
        ~Q(bucket=Bucket.ENDED),
        Q(ended_at=None) | Q(ended_at__gt=since),
        state__in=DESK_TURN,
        started_at__lt=until,
    )
    if group.organizations:
        waited = waited.filter(organization__in=group.organizations)
    if group.level > 1:
        sent = StateInterval.objects.filter(
            state=State.ASSIGNED, started_at__gte=since - SENT_WITHIN, started_at__lt=until
        )
        waited = waited.filter(ticket__in=sent.order_by().values("ticket"))
    rows_read = list(
        waited.order_by("started_at", "ticket_id").values_list("ticket_id", flat=True)[:MOST_ROWS]
    )
    ids = list(dict.fromkeys(rows_read))
    groups = _groups_of(ids)
    if group.level > 1:
        ids = [pk for pk in ids if any(team == group.team_id for _at, team in groups.get(pk, ()))]
    tickets: dict[int, Ticket] = visible_to(reader).in_bulk(ids[:MOST_STAYS])
    is_cut = len(ids) > MOST_STAYS or len(rows_read) == MOST_ROWS
    rows = intervals_of(list(tickets))
    stays = []
    for pk, ticket in tickets.items():
        moves = groups.get(pk, [])
        here = [
            each
            for each in rows[pk]
            if group.takes(
                team_id=_group_at(moves, each.started_at), organization_id=ticket.organization_id
            )
        ]
        spans = _spans(here, since, until)
        if spans:
            stays.append(
                Stay(pk, ticket.organization_id, ticket.priority, skills_for(ticket), spans)
            )
    return stays, tickets, is_cut


def _groups_of(ticket_ids: Collection[int]) -> dict[int, list[tuple[datetime, int | None]]]:
    """Return ticket id -> when it came to another group, oldest first; None: to the desk."""
    found: dict[int, list[tuple[datetime, int | None]]] = {}
    facts = Record.objects.filter(
        object_type="ticket", object_id__in=list(ticket_ids), verb=verbs.STATE_CHANGED
    )
    for fact in facts.order_by("pk"):
        transition = TRANSITIONS.get(fact.payload.get("transition", ""))
        if transition is None:
            continue
        if "team" in transition.needs:
            found.setdefault(fact.object_id, []).append((fact.at, fact.payload.get("team")))
        elif Effect.ASSIGNS_OWNER in transition.effects:
            found.setdefault(fact.object_id, []).append((fact.at, None))
    return found


def _group_at(moves: Sequence[tuple[datetime, int | None]], at: datetime) -> int | None:
    return next((team for moved_at, team in reversed(moves) if moved_at <= at), None)


def _spans(
    intervals: Sequence[StateInterval], since: datetime, until: datetime
) -> tuple[Span, ...]:
    """Return the times in which the desk was waited for, cut to the time replayed; those that touch
    are one.
    """
    spans: list[Span] = []
    for interval in intervals:
        begins = max(interval.started_at, since)
        ends = interval.ended_at
        if interval.state not in DESK_TURN or begins >= until:
            continue
        if ends is not None and ends <= begins:
            continue
        if spans and spans[-1][1] == begins:
            begins = spans.pop()[0]
        spans.append((begins, None if ends is None or ends >= until else ends))
    return tuple(spans)
