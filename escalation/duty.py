"""Finds the recipients of an escalation level at an instant: person, substitute or group. When
nobody is on duty, it finds the next instant at which one of them is (SPEC 3.12, 5.2).
"""

import logging
from datetime import datetime, timedelta

from escalation.models import EscalationLevel, EscalationRule
from foundation.accounts.models import User
from foundation.accounts.queries import supervisors_of
from foundation.calendars.arithmetic import CalendarError, WorkCalendar
from foundation.calendars.queries import calendar_versions_on, work_calendar
from foundation.duty.roster import Answering, Party, Roster, first_to_answer, members_of

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


def supervisors_on_duty(organization_id: int, roster: Roster, at: datetime) -> Answering:
    """Return the supervisors of the customer on duty at ``at``, or at the next instant with one on
    duty. Without any planned duty: all of them, at ``at``.
    """
    return first_to_answer(Party(members=tuple(supervisors_of(organization_id))), at, roster)


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
