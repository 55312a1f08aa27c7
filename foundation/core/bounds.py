"""The days within which configuration may lie: arithmetic with days further away could not end."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST_DAY = date(1990, 1, 1)
AHEAD = timedelta(days=20 * 366)


def require_in_reach(value: date, at: datetime) -> None:
    """Raise ``ValidationError`` for a day or instant before 1990 or more than 20 years ahead."""
    day = value.date() if isinstance(value, datetime) else value
    if not FIRST_DAY <= day <= (at + AHEAD).date():
        raise ValidationError(
            _("Give a day from %(first)s on, and at most 20 years ahead."),
            params={"first": f"{FIRST_DAY:%Y-%m-%d}"},
        )
