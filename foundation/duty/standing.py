"""Where the people of the staff stand at an instant: in their shift or outside it, away or there,
for the screens where work is given out (SPEC 3.12).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.calendars.arithmetic import WorkCalendar
from foundation.duty.models import Absence
from foundation.duty.roster import staff_on

REACH = timedelta(days=8)  # a change of shift beyond it is not said
SOON = timedelta(days=7)  # an absence that begins within it is said


@dataclass(frozen=True)
class Standing:
    """How a person stands at an instant.

    ``is_in_shift`` is None for somebody without a shift, who is on duty around the clock.
    ``changes_at`` is when the shift ends, or the next one begins; None when neither is within
    ``REACH``. ``absence`` is the present one, ``next_absence`` one that begins within ``SOON``.
    """

    is_in_shift: bool | None = None
    changes_at: datetime | None = None
    absence: Absence | None = None
    next_absence: Absence | None = None

    @property
    def is_on_duty(self) -> bool:
        return self.absence is None and self.is_in_shift is not False


def standings(person_ids: Sequence[int], at: datetime) -> dict[int, Standing]:
    """Return person id -> how they stand at ``at``. Runs the queries of the roster, once for all
    people.
    """
    staff = staff_on(at)
    found: dict[int, Standing] = {}
    for pk in person_ids:
        absences = staff.absences.get(pk, ())
        shifts = staff.shifts.get(pk)
        found[pk] = Standing(
            None if shifts is None else any(each.is_open(at) for each in shifts),
            _change_of(shifts, at) if shifts else None,
            next((each for each in absences if each.holds_at(at)), None),
            next((each for each in absences if at < each.starts_at <= at + SOON), None),
        )
    return found


def _change_of(shifts: Sequence[WorkCalendar], at: datetime) -> datetime | None:
    """Return the end of the time on duty at ``at``, where one shift may follow another, or its next
    beginning.
    """
    latest = at + REACH
    if not any(shift.is_open(at) for shift in shifts):
        opening = min(shift.next_opening(at) for shift in shifts)
        return opening if opening <= latest else None
    moment = at
    while moment < latest:
        end = max(shift.open_until(moment, latest - moment) for shift in shifts)
        if end == moment:
            return moment
        moment = end
    return None
