"""Who answers for a level at an instant: the person, their substitute, the group; and when, if
nobody is on duty (SPEC 3.12, 5.2).
"""

import logging
from datetime import datetime, timedelta

from escalation.models import EscalationLevel, EscalationRule
from foundation.accounts.models import User
from foundation.calendars.arithmetic import CalendarError, WorkCalendar
from foundation.calendars.queries import calendar_versions_on, work_calendar
from foundation.duty.roster import Answering, Party, Roster, first_to_answer, members_of

logger = logging.getLogger(__name__)


def party_of(level: EscalationLevel) -> Party:
    """Return whom a level asks."""
    outside = User(
        email=level.email, full_name=level.contact_name, language=level.organization.language
    )
    if level.team is not None:
        return Party(members=tuple(members_of(level.team)), outside=outside)
    return Party(level.contact, level.substitute, outside=outside)


def party_of_rule(rule: EscalationRule) -> Party:
    """Return whom a rule names: the members of its team, or its person."""
    if rule.team is not None:
        return Party(members=tuple(members_of(rule.team)))
    return Party(rule.person)


def acknowledge_due(
    level: EscalationLevel, calendar: WorkCalendar | None, notified_at: datetime
) -> datetime:
    """Return until when a level has to acknowledge: its minutes, in its calendar (None: around the
    clock), from when it is notified.
    """
    allowed = timedelta(minutes=level.acknowledge_minutes)
    try:
        return calendar.add(notified_at, allowed) if calendar is not None else notified_at + allowed
    except CalendarError:  # an escalation never undoes the breach that called for it
        logger.exception("Level %s has no date to acknowledge by: check its calendar", level.pk)
        return notified_at + allowed


def who_answers(level: EscalationLevel, at: datetime, roster: Roster) -> Answering:
    """Return who answers for a level from ``at`` on. A contact without a login is taken at their
    word: the level's calendar.
    """
    return first_to_answer(party_of(level), at, roster, calendar_of(level, at))


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
