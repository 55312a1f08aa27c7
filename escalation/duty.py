"""Who answers for a level at an instant: the person, their substitute, the group; and when, if nobody is on duty (SPEC 3.12, 5.2)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Absence, Shift, Team, User
from escalation.models import EscalationLevel
from sla.calendars import WorkCalendar
from sla.queries import built_calendar, calendar_versions_on, work_calendar

MAX_STEPS = 30  # changes of duty looked at before somebody is told anyway


@dataclass(frozen=True)
class Roster:
    """The shifts and absences of the staff from an instant on. Who stands in no shift is on duty around the clock."""

    shifts: Mapping[int, Sequence[WorkCalendar]]
    absences: Mapping[int, Sequence[Absence]]

    def is_on_duty(self, person_id: int, at: datetime) -> bool:
        if self.absence(person_id, at) is not None:
            return False
        own = self.shifts.get(person_id)
        return own is None or any(calendar.is_open(at) for calendar in own)

    def absence(self, person_id: int, at: datetime) -> Absence | None:
        return next((absence for absence in self.absences.get(person_id, ()) if absence.holds_at(at)), None)

    def stand_in(self, person: User | None, at: datetime) -> User | None:
        """Return who answers for a person: themselves on duty, otherwise the substitute of their absence, and so on; None: nobody."""
        seen: set[int] = set()
        while person is not None and person.pk not in seen:
            if person.is_active and self.is_on_duty(person.pk, at):
                return person
            seen.add(person.pk)
            absence = self.absence(person.pk, at)
            person = absence.substitute if absence is not None else None
        return None

    def next_change(self, person_ids: Sequence[int], at: datetime) -> datetime | None:
        """Return the next instant at which one of these people may come on duty; None when nothing is planned."""
        ends = [absence.ends_at for pk in person_ids for absence in self.absences.get(pk, ()) if absence.ends_at > at]
        openings = [calendar.next_opening(at) for pk in person_ids for calendar in self.shifts.get(pk, ())]
        return min((moment for moment in [*ends, *openings] if moment > at), default=None)


def roster_on(at: datetime) -> Roster:
    """Return who is on duty when, as planned at ``at``."""
    shifts: dict[int, list[WorkCalendar]] = {}
    for shift in Shift.objects.filter(is_active=True).prefetch_related("people").order_by("pk"):
        calendar = built_calendar(shift.time_zone, json.dumps(shift.hours), "{}")
        for person in shift.people.all():
            shifts.setdefault(person.pk, []).append(calendar)
    absences: dict[int, list[Absence]] = {}
    for absence in Absence.objects.filter(ends_at__gt=at).select_related("substitute").order_by("starts_at", "pk"):
        absences.setdefault(absence.person_id, []).append(absence)
    return Roster(shifts, absences)


@dataclass(frozen=True)
class Answering:
    """Who of a level is told, and when: at once, or when the first of them comes on duty."""

    people: tuple[User, ...]
    at: datetime


def who_answers(level: EscalationLevel, at: datetime, roster: Roster) -> Answering:
    """Return who answers for a level from ``at`` on. A contact without a login is taken at their word: the level's calendar.

    When nobody is on duty in all that is planned, the contact is told at once: nothing is lost for want of a plan.
    """
    calendar = calendar_of(level, at)
    if level.contact is None and level.team is None:
        return Answering((_outside_contact(level),), calendar.next_opening(at) if calendar else at)
    candidates = _candidates(level)
    moment = at
    for _ in range(MAX_STEPS):
        moment = calendar.next_opening(moment) if calendar else moment
        people = _reachable(level, candidates, moment, roster)
        if people:
            return Answering(people, moment)
        change = roster.next_change([person.pk for person in candidates], moment)
        if change is None:
            break
        moment = change
    return Answering(_fallback(level, candidates), at)


def calendar_of(level: EscalationLevel, at: datetime) -> WorkCalendar | None:
    """Return the calendar in which a level answers; None: around the clock."""
    version = next((v for v in calendar_versions_on(level.organization, at) if v.calendar_id == level.calendar_id), None)
    return work_calendar(version) if version is not None else None


def members_of(team: Team) -> list[User]:
    return [person for person in team.members.order_by("full_name", "pk") if person.is_active]


def _candidates(level: EscalationLevel) -> list[User]:
    if level.team is not None:
        return members_of(level.team)
    return [person for person in (level.contact, level.substitute) if person is not None]


def _reachable(level: EscalationLevel, candidates: list[User], at: datetime, roster: Roster) -> tuple[User, ...]:
    if level.team is not None:
        return tuple(person for person in candidates if roster.is_on_duty(person.pk, at))
    found = roster.stand_in(level.contact, at) or roster.stand_in(level.substitute, at)
    return (found,) if found is not None else ()


def _fallback(level: EscalationLevel, candidates: list[User]) -> tuple[User, ...]:
    return tuple(candidates[:1]) if level.team is None and candidates else tuple(candidates) or (_outside_contact(level),)


def _outside_contact(level: EscalationLevel) -> User:
    return User(email=level.email, full_name=level.contact_name, language=level.organization.language)
