"""Reads of automatic assignment: the groups that take part, what their people hold, what waits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from foundation.accounts.models import Team, User
from foundation.accounts.queries import assignable, staff_rows
from foundation.accounts.roles import Capability
from foundation.accounts.tenancy import every_organization
from foundation.activity.models import Record
from foundation.core.memo import reading_once
from foundation.duty.roster import Staff, staff_on
from foundation.duty.standing import Standing, standings
from tickets import verbs
from tickets.choosing import Candidate, Choice, Wanted, choose
from tickets.models import AgentProfile, AssignmentChoice, GroupAssignment, Ticket
from tickets.queries.lists import active, in_queue_order
from tickets.queries.snoozes import not_snoozed
from tickets.queries.tickets import visible_to
from tickets.states import DESK_TURN, TRANSITIONS, Effect

GROUPS_KEY = "tickets.automatic_groups"
_GROUPS_KEPT_SECONDS = 60
_RELATED = ("organization", "requester", "service", "team")


@dataclass(frozen=True)
class AutomaticGroup:
    """A support group with automatic assignment. Empty ``organizations`` mean every customer."""

    team_id: int
    name: str
    level: int
    load_limit: int | None
    members: frozenset[int]
    organizations: frozenset[int]

    def takes(self, *, team_id: int | None, organization_id: int) -> bool:
        """Tell whether a ticket is assigned to members of this group: one that it holds, or with a
        group of level 1 one that the desk holds.
        """
        if team_id is not None:
            return team_id == self.team_id
        return self.level == 1 and (not self.organizations or organization_id in self.organizations)


def automatic_groups() -> list[AutomaticGroup]:
    """Return the groups with automatic assignment, by id; three queries, one when there is none."""
    rows = list(
        GroupAssignment.objects.filter(is_active=True).select_related("team").order_by("team_id")
    )
    return group_from(rows) if rows else []


def group_from(rows: Sequence[GroupAssignment]) -> list[AutomaticGroup]:
    """Return groups with their members and customers, in two queries."""
    ids = [row.team_id for row in rows]
    members = _second_by_first(Team.members.through, ids, "user_id")
    organizations = _second_by_first(Team.organizations.through, ids, "organization_id")
    return [
        AutomaticGroup(
            row.team_id,
            row.team.name,
            row.team.level,
            row.load_limit,
            members.get(row.team_id, frozenset()),
            organizations.get(row.team_id, frozenset()),
        )
        for row in rows
    ]


def has_automatic_groups() -> bool:
    """Tell whether a group has automatic assignment. Cached for a minute; ``GROUPS_KEY`` is deleted
    when the configuration changes.
    """
    known: bool | None = cache.get(GROUPS_KEY)
    if known is None:
        known = GroupAssignment.objects.filter(is_active=True).order_by().exists()
        cache.set(GROUPS_KEY, known, _GROUPS_KEPT_SECONDS)
    return known


def _second_by_first(through: Any, team_ids: list[int], column: str) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    rows = through.objects.filter(team_id__in=team_ids).order_by()
    for team_id, other in rows.values_list("team_id", column):
        found.setdefault(team_id, set()).add(other)
    return {team_id: frozenset(others) for team_id, others in found.items()}


@dataclass(frozen=True)
class Pool:
    """The people of the groups with automatic assignment, as they stand at an instant. ``give``
    keeps count of what is given to them meanwhile.
    """

    groups: list[AutomaticGroup]
    people: dict[int, User]
    candidates: dict[int, Candidate]
    staff: Staff

    def groups_for(self, ticket: Ticket) -> list[AutomaticGroup]:
        return [
            group
            for group in self.groups
            if group.takes(team_id=ticket.team_id, organization_id=ticket.organization_id)
        ]

    def candidates_for(self, ticket: Ticket) -> list[Candidate]:
        """Return the people who may be given the ticket, by id, with the limit that applies: their
        own, or the lowest of those groups by which they are asked.
        """
        limits: dict[int, list[int]] = {}
        for group in self.groups_for(ticket):
            for person_id in group.members & self.candidates.keys():
                limits.setdefault(person_id, [])
                if group.load_limit is not None:
                    limits[person_id].append(group.load_limit)
        strangers = self.staff.not_serving(ticket.organization_id)
        found = []
        for person_id in sorted(limits.keys() - strangers):
            candidate = self.candidates[person_id]
            if candidate.limit is None:
                candidate = replace(candidate, limit=min(limits[person_id], default=None))
            found.append(candidate)
        return found

    def with_room(self) -> list[AutomaticGroup]:
        """Return the groups in which somebody can take a ticket of some kind."""
        return [group for group in self.groups if self._has_room(group)]

    def _has_room(self, group: AutomaticGroup) -> bool:
        members = (self.candidates[pk] for pk in group.members & self.candidates.keys())
        return any(
            replace(each, limit=group.load_limit if each.limit is None else each.limit).bar(
                Wanted()
            )
            is None
            for each in members
        )

    def give(self, person_id: int, at: datetime) -> None:
        candidate = self.candidates[person_id]
        self.candidates[person_id] = replace(candidate, held=candidate.held + 1, last_given_at=at)


def pool_on(groups: list[AutomaticGroup], at: datetime) -> Pool:
    """Load the people of some groups: what they hold of every customer, their skills and limits,
    whether they are away or outside their shift at ``at``.
    """
    people, candidates = people_of(groups, at)
    return Pool(groups, people, candidates, staff_on(at))


def people_of(
    groups: Sequence[AutomaticGroup], at: datetime
) -> tuple[dict[int, User], dict[int, Candidate]]:
    """Return the people of some groups to whom a ticket may be given, by id, and as the choice
    reads them.
    """
    ids = sorted(frozenset().union(*(group.members for group in groups)))
    people = {person.pk: person for person in assignable(with_held(staff_rows(), ids))}
    return people, _candidates(people.values(), standings(list(people), at))


def with_held(people: QuerySet[User], ids: Collection[int]) -> list[User]:
    """Return those of the people with ``held``, the number of tickets that wait for the desk and
    that they have at all customers, and ``last_given_at``.
    """
    with every_organization(reason="what a person holds counts at all customers"):
        theirs = active(Ticket.objects.filter(assignee=OuterRef("pk"), state__in=DESK_TURN))
        held = theirs.order_by().values("assignee").annotate(held=Count("*")).values("held")
        given = AssignmentChoice.objects.filter(person=OuterRef("pk")).order_by("-at").values("at")
        return list(
            people.filter(pk__in=ids).annotate(
                held=Coalesce(Subquery(held), 0), last_given_at=Subquery(given[:1])
            )
        )


def held_by(person_ids: Collection[int]) -> dict[int, int]:
    """Return person id -> number of tickets that they have and that wait for the desk, at all
    customers.
    """
    found: Any = with_held(User.objects.all(), person_ids)
    return {person.pk: person.held for person in found}


def profiles_of(person_ids: Iterable[int]) -> dict[int, AgentProfile]:
    """Return person id -> profile with its services loaded; people without one are missing."""
    rows = AgentProfile.objects.filter(person__in=list(person_ids)).prefetch_related("services")
    return {row.person_id: row for row in rows.order_by("pk")}


def candidates_of(standing: Mapping[int, Standing]) -> dict[int, Candidate]:
    """Return person id -> the person as the choice reads them, with their own limit, or the lowest
    of their groups with automatic assignment; of the people in ``standing``.
    """
    found = _candidates(with_held(User.objects.all(), standing), standing)
    groups = GroupAssignment.objects.filter(is_active=True, load_limit__isnull=False)
    limits = groups.filter(team__members__in=list(standing)).order_by("-load_limit")
    lowest = dict(limits.values_list("team__members", "load_limit"))
    return {
        pk: replace(each, limit=lowest.get(pk)) if each.limit is None else each
        for pk, each in found.items()
    }


def _candidates(people: Iterable[User], standing: Mapping[int, Standing]) -> dict[int, Candidate]:
    """Return people of ``with_held`` as the choice reads them, with the limits of their own."""
    profiles = profiles_of(standing)
    return {
        person.pk: _candidate(person, profiles.get(person.pk), standing[person.pk])
        for person in people
    }


def _candidate(person: User, profile: AgentProfile | None, standing: Standing) -> Candidate:
    counted: Any = person
    found = Candidate(
        person.pk,
        held=counted.held,
        is_automatic=not person.can(Capability.SUPERVISE),
        is_away=standing.absence is not None,
        is_on_duty=standing.is_on_duty,
        last_given_at=counted.last_given_at,
    )
    if profile is None:
        return found
    return replace(
        found,
        limit=profile.load_limit,
        services=frozenset(service.pk for service in profile.services.all()),
        languages=frozenset(profile.languages),
        is_automatic=profile.is_automatic,
    )


@dataclass(frozen=True)
class Planned:
    """A ticket that waits, with the choice that would be made for it."""

    ticket: Ticket
    choice: Choice


def plan(at: datetime, most: int, *, only_with_room: bool = False) -> list[Planned]:
    """Return the most urgent tickets that wait in the groups with automatic assignment, or in those
    in which somebody has room, at all customers, each with the choice that would be made for it
    after those before it. Writes nothing.
    """
    with every_organization(reason="what a person holds counts at all customers"), reading_once():
        pool = pool_on(automatic_groups(), at)
        groups = pool.with_room() if only_with_room else pool.groups
        waiting = waiting_for_assignment(groups, most)
        wanted = wanted_by(waiting)
        found = []
        for ticket in waiting:
            choice = choose(wanted[ticket.pk], pool.candidates_for(ticket))
            if choice.person_id is not None:
                pool.give(choice.person_id, at)
            found.append(Planned(ticket, choice))
    return found


def waiting_for_assignment(groups: list[AutomaticGroup], limit: int) -> list[Ticket]:
    """Return tickets without an assignee that wait for the desk and belong to one of the groups,
    the most urgent first.
    """
    if not groups:
        return []
    of_group = Q(team__in=[group.team_id for group in groups])
    desks = [group for group in groups if group.level == 1]
    if any(not group.organizations for group in desks):
        of_group |= Q(team=None)
    elif desks:
        served = frozenset().union(*(group.organizations for group in desks))
        of_group |= Q(team=None, organization__in=served)
    found = active(Ticket.objects.filter(of_group, assignee=None, state__in=DESK_TURN))
    return list(in_queue_order(found.select_related(*_RELATED))[:limit])


def offered_to(person: User, skipping: Collection[int], at: datetime) -> QuerySet[Ticket]:
    """Return what a person can work on, the most urgent first: the tickets that wait for the desk
    and that they have and did not snooze, or that nobody has and the desk or a group of theirs
    holds.
    """
    nobodys = Q(team__in=person.team_ids)
    if person.can(Capability.WORK_TICKETS):
        nobodys |= Q(team=None)
    own = Q(assignee=person) | Q(nobodys, assignee=None)
    found = active(visible_to(person)).filter(own, state__in=DESK_TURN).exclude(pk__in=skipping)
    return in_queue_order(not_snoozed(found, at))


def is_waiting(ticket: Ticket) -> bool:
    """Tell whether a ticket may be assigned automatically now."""
    return ticket.assignee_id is None and ticket.state in DESK_TURN


def wanted_by(tickets: Collection[Ticket]) -> dict[int, Wanted]:
    """Return ticket id -> what it asks of a person, in one query."""
    had_it = _who_had(tickets)
    return {
        ticket.pk: replace(skills_for(ticket), had_it=frozenset(had_it.get(ticket.pk, ())))
        for ticket in tickets
    }


def skills_for(ticket: Ticket) -> Wanted:
    """Return the skills that a ticket asks for: its service, and the language of its letters."""
    language = ticket.requester.language or ticket.organization.language
    return Wanted(ticket.service_id, language)


def _who_had(tickets: Collection[Ticket]) -> Mapping[int, set[int]]:
    """Return ticket id -> the people from whom the ticket was taken by hand, or who gave it back,
    since it came to the group that holds it.
    """
    records = Record.objects.filter(
        object_type="ticket",
        object_id__in=[ticket.pk for ticket in tickets],
        verb__in=(verbs.ASSIGNED, verbs.STATE_CHANGED),
    ).order_by("pk")
    found: dict[int, set[int]] = {}
    for record in records:
        had = found.setdefault(record.object_id, set())
        if record.verb == verbs.STATE_CHANGED:
            if _changes_group(record.payload.get("transition", "")):
                had.clear()
        elif record.person_id is not None:
            had.add(record.payload.get("from"))
            had.discard(record.payload.get("to"))
    return {ticket_id: had - {None} for ticket_id, had in found.items()}


def _changes_group(name: str) -> bool:
    transition = TRANSITIONS.get(name)
    return transition is not None and (
        "team" in transition.needs or Effect.ASSIGNS_OWNER in transition.effects
    )


def choice_of_assignee(ticket: Ticket) -> AssignmentChoice | None:
    """Return the automatic choice by which the assignee has the ticket; None when somebody gave it
    to them by hand since, or it came to another group.
    """
    found = AssignmentChoice.objects.filter(ticket=ticket, person=ticket.assignee_id)
    choice = found.order_by("-pk").first()
    if choice is None:
        return None
    facts = Record.objects.filter(
        object_type="ticket",
        object_id=ticket.pk,
        verb__in=(verbs.ASSIGNED, verbs.STATE_CHANGED),
        at__gte=choice.at,
    )
    given: datetime | None = None
    for fact in facts.order_by("pk"):
        if fact.verb == verbs.ASSIGNED:
            given = fact.at
        elif _changes_group(fact.payload.get("transition", "")):
            given = None
    return choice if given == choice.at else None
