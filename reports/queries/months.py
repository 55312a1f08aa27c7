"""Calendar months of a report, in the organization's zone."""

from datetime import UTC, date, datetime, time

from django.utils.translation import gettext as _

from foundation.accounts.models import Organization
from foundation.core.errors import Invalid
from foundation.core.zones import zone


def parse_month(text: str) -> date:
    """Return the first day of a ``YYYY-MM`` month; ``Invalid`` says how to write it."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
        if not 2000 <= month.year <= 2100:
            raise ValueError("out of range")
        return month
    except ValueError as error:
        raise Invalid(
            _("“%(text)s” is not a month. Write it as YYYY-MM, such as 2026-10.") % {"text": text},
            fields={"month": _("Write it as YYYY-MM.")},
        ) from error


def following_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def preceding_month(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def bounds(organization: Organization, month: date) -> tuple[datetime, datetime]:
    """Return the UTC instants between which the month lies in the organization's zone. One that
    began before the organization got another zone still begins when it did.
    """
    following = following_month(month)
    start = _midnight(month, _zone_at_beginning(organization, month))
    return start, _midnight(following, _zone_at_beginning(organization, following))


def zone_of(organization: Organization, month: date) -> str:
    """Return the time zone that the organization has, or had, when the month ends."""
    return _zone_at_beginning(organization, following_month(month))


def _zone_at_beginning(organization: Organization, month: date) -> str:
    for earlier in organization.earlier_zones:
        if _midnight(month, earlier["time_zone"]) < datetime.fromisoformat(earlier["until"]):
            return str(earlier["time_zone"])
    return str(organization.time_zone)


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), zone(time_zone)).astimezone(UTC)


def month_of(organization: Organization, at: datetime) -> date:
    """Return the first day of the month in which an instant lies."""
    month = at.astimezone(zone(organization.time_zone)).date().replace(day=1)
    start, end = bounds(organization, month)
    if at < start:
        return preceding_month(month)
    return following_month(month) if at >= end else month
