"""The roster: the staff on duty at an instant, their substitutes, and the next instant at which
somebody is on duty (SPEC 3.12, 5.2).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foundation.accounts.models import Membership, Team, User
from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.queries import built_calendar
from foundation.core.bounds import YEARS_AHEAD
from foundation.core.memo import once
from foundation.duty.models import Absence, Shift

MAX_STEPS = 30  # duty changes tried before the fallback is notified


@dataclass(frozen=True)
class Roster:
    """The shifts and absences of the staff from an instant on, for one organization.

    A person without a shift is on duty around the clock. When another member of one of their groups
    has a shift, they are off duty instead: ``shifts`` then has an empty list for them.
    """

    shifts: Mapping[int, Sequence[WorkCalendar]]
    absences: Mapping[int, Sequence[Absence]]
    not_serving: frozenset[int] = frozenset()  # staff whose groups serve only others
    members: frozenset[int] = frozenset()  # valid users of the organization

    def serves(self, person: User) -> bool:
        """Return whether a person may be notified of this organization's tickets."""
        return person.pk not in self.not_serving if person.is_staff else person.pk in self.members

    def is_on_duty(self, person_id: int, at: datetime) -> bool:
        if self.absence(person_id, at) is not None:
            return False
        own = self.shifts.get(person_id)
        return own is None or any(calendar.is_open(at) for calendar in own)

    def absence(self, person_id: int, at: datetime) -> Absence | None:
        return next(
            (absence for absence in self.absences.get(person_id, ()) if absence.holds_at(at)), None
        )

    def stand_in(self, person: User | None, at: datetime) -> User | None:
        """Return the person when on duty, otherwise the first substitute in the chain of absences
        who is. None when the chain ends without one, or leads from the staff to a customer.
        """
        seen: set[int] = set()
        side = person is not None and person.is_staff
        while person is not None and person.pk not in seen:
            if person.is_active and self.serves(person) and self.is_on_duty(person.pk, at):
                return person
            seen.add(person.pk)
            absence = self.absence(person.pk, at)
            person = absence.substitute if absence is not None else None
            if person is not None and person.is_staff != side:
                return None
        return None

    def next_change(self, people: Sequence[User], at: datetime) -> datetime | None:
        """Return the next instant after ``at`` at which one of these people or their substitutes
        may come on duty; None when nothing is planned within the reach of the configuration: who is
        away beyond it does not come back.
        """
        circle = self.circle(people)
        edges = [
            moment
            for pk in circle
            for absence in self.absences.get(pk, ())
            for moment in (absence.starts_at, absence.ends_at)
        ]
        openings = [
            calendar.next_opening(at) for pk in circle for calendar in self.shifts.get(pk, ())
        ]
        latest = at + timedelta(days=366 * YEARS_AHEAD)
        return min(
            (moment for moment in [*edges, *openings] if at < moment <= latest), default=None
        )

    def circle(self, people: Sequence[User]) -> set[int]:
        """Return the ids of these people and, transitively, of their absences' substitutes."""
        found: set[int] = set()
        asked = [person.pk for person in people]
        while asked:
            pk = asked.pop()
            if pk not in found:
                found.add(pk)
                asked += [
                    absence.substitute_id
                    for absence in self.absences.get(pk, ())
                    if absence.substitute_id is not None
                ]
        return found


@dataclass(frozen=True)
class Staff:
    """What the rosters of all organizations share. ``groups`` maps a group to its members."""

    shifts: Mapping[int, Sequence[WorkCalendar]]
    absences: Mapping[int, Sequence[Absence]]
    groups: Mapping[int, frozenset[int]]

    def not_serving(self, organization_id: int) -> frozenset[int]:
        """Return the ids of people in groups none of which serves this organization. A group that
        lists no organization serves all; people without a group are not returned.
        """
        served = _organizations_by_group()
        serving: set[int] = set()
        for group_id, members in self.groups.items():
            if group_id not in served or organization_id in served[group_id]:
                serving |= members
        return frozenset().union(*self.groups.values()) - serving


def roster_on(at: datetime, organization_id: int) -> Roster:
    """Load the roster for an organization: active shifts, absences that end after ``at``, and the
    people who may be notified.
    """
    staff = staff_on(at)
    members = (
        Membership.objects.filter(organization_id=organization_id, is_suspended=False)
        .order_by()
        .values_list("user_id", flat=True)
    )
    return Roster(
        staff.shifts, staff.absences, staff.not_serving(organization_id), frozenset(members)
    )


@once
def staff_on(at: datetime) -> Staff:
    """Load the active shifts, the absences that end after ``at``, and the support groups."""
    groups = _pairs(Team.members.through.objects.values_list("team_id", "user_id"))
    shifts: dict[int, list[WorkCalendar]] = {}
    planned_hours = Shift.people.through.objects.filter(shift__is_active=True).order_by("shift_id")
    for person_id, zone_name, hours in planned_hours.values_list(
        "user_id", "shift__time_zone", "shift__hours"
    ):
        calendar = built_calendar(zone_name, json.dumps(hours), "{}")
        shifts.setdefault(person_id, []).append(calendar)
    planned = frozenset(shifts)
    for members in groups.values():
        if members & planned:
            for person_id in members - planned:
                shifts[person_id] = []
    return Staff(shifts, _absences_from(at), groups)


def _absences_from(at: datetime) -> dict[int, list[Absence]]:
    """Return person id -> the absences that end after an instant, the earliest first."""
    absences: dict[int, list[Absence]] = {}
    rows = Absence.objects.filter(ends_at__gt=at).select_related("substitute")
    for absence in rows.order_by("starts_at", "pk"):
        absences.setdefault(absence.person_id, []).append(absence)
    return absences


def circle_of(people: Sequence[User], at: datetime) -> set[int]:
    """Return what ``Roster.circle`` does, in one query."""
    return Roster({}, _absences_from(at)).circle(people)


@once
def _organizations_by_group() -> dict[int, frozenset[int]]:
    """Return group id -> the organizations that it lists; a group that lists none is missing."""
    return _pairs(Team.organizations.through.objects.values_list("team_id", "organization_id"))


def _pairs(rows: Any) -> dict[int, frozenset[int]]:
    """Return the second column of (id, id) rows by the first."""
    found: dict[int, set[int]] = {}
    for one, other in rows.order_by():
        found.setdefault(one, set()).add(other)
    return {one: frozenset(others) for one, others in found.items()}


@dataclass(frozen=True)
class Answering:
    """The people to notify, and the instant: at once, or when the first of them is on duty.

    ``is_on_duty`` is False when the roster has nobody on duty: then the fallback is notified at
    once, and this is a coverage gap.
    """

    people: tuple[User, ...]
    at: datetime
    is_on_duty: bool = True


@dataclass(frozen=True)
class Party:
    """The people to notify: a person with a substitute, or all members of a group.

    ``outside`` is a contact without a login, for a party with neither, or whose group has no active
    member.
    """

    person: User | None = None
    substitute: User | None = None
    members: tuple[User, ...] | None = None
    outside: User | None = None

    @property
    def candidates(self) -> tuple[User, ...]:
        if self.members is not None:
            return self.members
        people = (person for person in (self.person, self._own_substitute) if person is not None)
        return tuple(people)

    @property
    def _own_substitute(self) -> User | None:
        """The substitute, unless one of the two is of the staff and the other of a customer."""
        person = self.person
        substitute = self.substitute
        if person is None or substitute is None or person.is_staff == substitute.is_staff:
            return substitute
        return None

    def reachable(self, at: datetime, roster: Roster) -> tuple[User, ...]:
        """Return the people on duty at an instant, each absent member replaced by a substitute.

        For a person, at most one: found by the person's absences, otherwise by ``substitute``.
        Empty when nobody is on duty.
        """
        if self.members is not None:
            answering = (roster.stand_in(person, at) for person in self.members)
            return tuple({person.pk: person for person in answering if person is not None}.values())
        found = roster.stand_in(self.person, at) or roster.stand_in(self._own_substitute, at)
        return (found,) if found is not None else ()

    def fallback(self, roster: Roster) -> tuple[User, ...]:
        """Return the people to notify when the roster has nobody on duty.

        The active members of a group; otherwise the person or, if inactive, the substitute. Without
        any of them, the outside contact, unless the party has a person. May be empty.
        """
        active = tuple(
            person for person in self.candidates if person.is_active and roster.serves(person)
        )
        if self.members is None and active:
            return active[:1]
        if active or self.person is not None or self.outside is None or not self.outside.email:
            return active  # with a person, ``outside`` has that person's address
        return (self.outside,)


def first_to_answer(
    party: Party, at: datetime, roster: Roster, calendar: WorkCalendar | None = None
) -> Answering:
    """Return the people of a party to notify at the first instant from ``at`` that is open in the
    calendar and has somebody on duty.

    Without such an instant in ``MAX_STEPS`` duty changes, the fallback is notified at ``at``. A
    contact without a login is notified at the next opening of the calendar.
    """
    if party.members is None and party.person is None and party.outside is not None:
        return Answering((party.outside,), calendar.next_opening(at) if calendar else at)
    moment = at
    for _ in range(MAX_STEPS):
        moment = calendar.next_opening(moment) if calendar else moment
        people = party.reachable(moment, roster)
        if people:
            return Answering(people, moment)
        change = roster.next_change(party.candidates, moment)
        if change is None:
            break
        moment = change
    return Answering(party.fallback(roster), at, is_on_duty=False)


def members_of(team: Team) -> list[User]:
    return [person for person in team.members.order_by("full_name", "pk") if person.is_active]
