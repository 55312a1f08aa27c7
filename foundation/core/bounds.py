"""The days within which configuration may lie: arithmetic with days further away could not end."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid

FIRST_DAY = date(1990, 1, 1)
YEARS_AHEAD = 20


def require_in_reach(value: date, at: datetime) -> None:
    """Raise ``ValidationError`` for a day or instant before 1990 or more than 20 years ahead."""
    day = value.date() if isinstance(value, datetime) else value
    if not FIRST_DAY <= day <= last_day(at.date()):
        raise ValidationError(
            _("Give a day from %(first)s on, and at most 20 years ahead."),
            params={"first": f"{FIRST_DAY:%Y-%m-%d}"},
        )


def require_day_in_reach(day: date, at: datetime, field: str) -> None:
    """Raise ``Invalid`` with the same sentence on a field of a form."""
    try:
        require_in_reach(day, at)
    except ValidationError as error:
        words = error.messages[0]
        raise Invalid(words, fields={field: words}) from error


def last_day(today: date) -> date:
    """Return the last day within reach."""
    try:
        return today.replace(year=today.year + YEARS_AHEAD)
    except ValueError:  # 29 February
        return today.replace(year=today.year + YEARS_AHEAD, day=28)
