"""Who answers for a level at an instant: the person, their substitute, the group; and when, if
nobody is on duty (SPEC 3.12, 5.2).
"""

from datetime import datetime

from escalation.models import EscalationLevel
from foundation.accounts.models import User
from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.queries import calendar_versions_on, work_calendar
from foundation.duty.roster import Answering, Party, Roster, first_to_answer, members_of


def party_of(level: EscalationLevel) -> Party:
    """Return whom a level asks."""
    outside = User(
        email=level.email, full_name=level.contact_name, language=level.organization.language
    )
    if level.team is not None:
        return Party(members=tuple(members_of(level.team)), outside=outside)
    return Party(level.contact, level.substitute, outside=outside)


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
