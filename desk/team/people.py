"""What each person of the desk holds, and whether they are there: the rows of the page Load."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from foundation.accounts.models import DESK_ZONE, Team, User
from foundation.accounts.queries import assignable_staff
from foundation.accounts.tenancy import is_restricted
from foundation.duty.permissions import planned_by, plans_for_everybody
from foundation.duty.standing import Standing, standings
from foundation.duty.wording import absence_words, shift_words
from tickets import queries
from tickets.choosing import Candidate
from tickets.models import AgentProfile
from tickets.queries import Load
from web.queue.lists import end_of_day


@dataclass(frozen=True)
class Group:
    """A support group with the ids of its people."""

    pk: int
    name: str
    members: frozenset[int]


@dataclass(frozen=True)
class PersonRow:
    """A person with their load and how they stand ``at`` an instant."""

    person: User
    groups: Sequence[str]
    load: Load
    standing: Standing
    at: datetime
    is_planned: bool  # whether the reader enters their absences and skills
    capacity: Candidate
    profile: AgentProfile | None

    @property
    def is_full(self) -> bool:
        return self.capacity.limit is not None and self.capacity.held >= self.capacity.limit

    @property
    def skills(self) -> str:
        """Return the services and languages of the person; "" for all of them."""
        if self.profile is None:
            return ""
        return ", ".join([*map(str, self.profile.services.all()), *self.profile.language_names])

    @property
    def shift(self) -> str:
        return shift_words(self.standing, self.at, DESK_ZONE)

    @property
    def absence(self) -> str:
        """Return the present absence, or one that begins soon, in words."""
        found = self.standing.absence or self.standing.next_absence
        return absence_words(found, self.at, DESK_ZONE) if found is not None else ""

    @property
    def substitute(self) -> User | None:
        found = self.standing.absence or self.standing.next_absence
        return found.substitute if found is not None else None


@dataclass(frozen=True)
class TeamLoad:
    """The rows that a reader sees, the load that nobody holds, and the groups to choose from."""

    rows: Sequence[PersonRow]
    unassigned: Load
    groups: Sequence[Group]

    @property
    def most(self) -> int:
        """The number of tickets of the person who holds the most."""
        return max((row.load.open for row in self.rows), default=0)


def team_load(reader: User, at: datetime, *, group_id: int | None = None) -> TeamLoad:
    """Return the load of everybody to whom a ticket may be given, by name; of one group, where it
    is named. Supervisors who are restricted to some customers see the people of their groups and
    those who hold a ticket that they see.
    """
    loads = queries.load_by_person(reader, at, end_of_day(at))
    groups = _groups()
    people = assignable_staff()
    if is_restricted(reader):
        groups = [each for each in groups if each.pk in reader.team_ids]
        known = {pk for group in groups for pk in group.members} | {reader.pk}
        people = [each for each in people if each.pk in known or each.pk in loads]
    chosen = next((each for each in groups if each.pk == group_id), None)
    if chosen is not None:
        people = [each for each in people if each.pk in chosen.members]
    standing = standings([person.pk for person in people], at)
    capacity = queries.candidates_of(standing)
    profiles = queries.profiles_of(standing)
    planned: Collection[int] = planned_by(reader)
    plans_all = plans_for_everybody(reader)
    rows = [
        PersonRow(
            person,
            [group.name for group in groups if person.pk in group.members],
            loads.get(person.pk, Load()),
            standing[person.pk],
            at,
            plans_all or person.pk in planned,
            capacity[person.pk],
            profiles.get(person.pk),
        )
        for person in people
    ]
    return TeamLoad(rows, loads.get(None, Load()), groups)


def _groups() -> list[Group]:
    teams = Team.objects.prefetch_related("members").order_by("level", "name", "pk")
    return [
        Group(team.pk, team.name, frozenset(person.pk for person in team.members.all()))
        for team in teams
    ]
