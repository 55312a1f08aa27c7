"""Finds the recipients of an escalation level at an instant: person, substitute or group. When
nobody is on duty, it finds the next instant at which one of them is (SPEC 3.12, 5.2).
"""

import logging
from datetime import datetime, timedelta
from functools import cached_property

from escalation.models import EscalationLevel, EscalationRule
from escalation.queries import levels_of, matrix_on
from foundation.accounts.models import User
from foundation.accounts.queries import get_organization, staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.calendars.arithmetic import CalendarError, WorkCalendar
from foundation.calendars.queries import calendar_versions_on, work_calendar
from foundation.core.memo import once
from foundation.duty.roster import (
    Answering,
    Party,
    Roster,
    first_to_answer,
    members_of,
    roster_on,
)
from tickets.models import Ticket

logger = logging.getLogger(__name__)


def party_of(level: EscalationLevel) -> Party:
    """Return the recipients of a level: the active members of its team, or its contact and
    substitute. ``outside`` is an unsaved user with the level's own name and address.
    """
    outside = User(
        email=level.email, full_name=level.contact_name, language=level.organization.language
    )
    if level.team is not None:
        return Party(members=tuple(members_of(level.team)), outside=outside)
    return Party(level.contact, level.substitute, outside=outside)


def party_of_rule(rule: EscalationRule) -> Party:
    """Return the recipients of a rule: the active members of its team, or its person."""
    if rule.team is not None:
        return Party(members=tuple(members_of(rule.team)))
    return Party(rule.person)


def acknowledge_due(
    level: EscalationLevel, calendar: WorkCalendar | None, notified_at: datetime
) -> datetime:
    """Return the instant by which a level must acknowledge: ``acknowledge_minutes`` of open time
    after ``notified_at`` (``calendar`` None: around the clock). A ``CalendarError`` is logged, and
    the minutes then count around the clock.
    """
    allowed = timedelta(minutes=level.acknowledge_minutes)
    try:
        return calendar.add(notified_at, allowed) if calendar is not None else notified_at + allowed
    except CalendarError:  # an error would roll back the breach in this transaction
        logger.exception("Level %s has no date to acknowledge by: check its calendar", level.pk)
        return notified_at + allowed


def who_answers(level: EscalationLevel, at: datetime, roster: Roster) -> Answering:
    """Return the recipients of a level and the first instant from ``at`` on at which they are on
    duty. A contact without a login has no shifts: the level's calendar alone decides.
    """
    return first_to_answer(party_of(level), at, roster, calendar_of(level, at))


@once
def _supervisors() -> list[User]:
    return staff_with_role(StaffRole.DESK_SUPERVISOR)


def calendar_of(level: EscalationLevel, at: datetime) -> WorkCalendar | None:
    """Return the calendar in which a level answers; None: around the clock."""
    version = next(
        (
            v
            for v in calendar_versions_on(level.organization, at)
            if v.calendar_id == level.calendar_id
        ),
        None,
    )
    return work_calendar(version) if version is not None else None


@once
def duty_at(organization_id: int, at: datetime) -> "DutyAt":
    """Return who answers for an organization; in a sweep, the same object for all its tickets."""
    return DutyAt(organization_id, at)


class DutyAt:
    """Who answers for an organization at one instant. Roster, supervisors and matrices are read
    when first asked for, and once.
    """

    def __init__(self, organization_id: int, at: datetime) -> None:
        self.organization_id = organization_id
        self.at = at
        self._ladders: dict[int | None, list[EscalationLevel]] = {}
        self._answers: dict[int, Answering] = {}
        self._rules: dict[int, Answering] = {}

    @cached_property
    def roster(self) -> Roster:
        return roster_on(self.at, self.organization_id)

    @cached_property
    def supervisors(self) -> Answering:
        """The supervisors of the customer on duty at ``at``, or at the next instant with one on
        duty. Without any planned duty: all of them, at ``at``.
        """
        serving = tuple(person for person in _supervisors() if self.roster.serves(person))
        return first_to_answer(Party(members=serving), self.at, self.roster)

    @cached_property
    def manager(self) -> Answering | None:
        """Who answers of the customer's account manager; None when it has none."""
        manager = get_organization(self.organization_id).account_manager
        if manager is None:
            return None
        return first_to_answer(Party(manager), self.at, self.roster)

    def ladder(self, ticket: Ticket) -> list[EscalationLevel]:
        """Return the levels in force for a ticket, by position."""
        contract_id = ticket.binding_contract_id
        if contract_id not in self._ladders:
            matrix = matrix_on(self.organization_id, contract_id, self.at)
            self._ladders[contract_id] = levels_of(matrix)
        return self._ladders[contract_id]

    def level(self, level: EscalationLevel) -> Answering:
        """Return who answers at a level, as ``who_answers``."""
        if level.pk not in self._answers:
            self._answers[level.pk] = who_answers(level, self.at, self.roster)
        return self._answers[level.pk]

    def named_by(self, rule: EscalationRule) -> Answering:
        """Return who answers of the group or the person that a rule names."""
        if rule.pk not in self._rules:
            self._rules[rule.pk] = first_to_answer(party_of_rule(rule), self.at, self.roster)
        return self._rules[rule.pk]

    def holders(self, ticket: Ticket) -> Answering:
        """Return the recipients for a ticket: the assignee or the owner, or a substitute. Otherwise
        the supervisors on duty, then the first level on duty. With nobody on duty: the supervisors,
        when the first of them comes on duty.
        """
        for holder in (ticket.assignee, ticket.owner):
            found = self.roster.stand_in(holder, self.at)
            if found is not None:
                return Answering((found,), self.at)
        if self.supervisors.is_on_duty and self.supervisors.at <= self.at:
            return self.supervisors
        return self._first_level(ticket) or self.supervisors

    def _first_level(self, ticket: Ticket) -> Answering | None:
        """Return the people of the staff of the first level of the matrix who answer at once, when
        one of them is on duty; otherwise None. Customers do not hold tickets.
        """
        levels = self.ladder(ticket)
        answering = self.level(levels[0]) if levels else None
        if answering is None or answering.at > self.at:
            return None
        staff = tuple(person for person in answering.people if person.pk and person.is_staff)
        is_at_once = any(self.roster.is_on_duty(person.pk, self.at) for person in staff)
        return Answering(staff, self.at) if is_at_once else None
