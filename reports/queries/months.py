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
    """Return the UTC instants between which the month lies in the organization's zone."""
    local = zone(organization.time_zone)
    start = datetime.combine(month, time(), local).astimezone(UTC)
    end = datetime.combine(following_month(month), time(), local).astimezone(UTC)
    return start, end
