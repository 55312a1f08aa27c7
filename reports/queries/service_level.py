"""The figures of the monthly service-level report."""

from datetime import date, datetime
from typing import Any

from foundation.accounts.models import Organization
from reports.queries.months import zone_of
from reports.queries.reported_month import ReportedMonth
from reports.sections import SECTIONS


def build_service_level(organization: Organization, month: date, at: datetime) -> dict[str, Any]:
    """Return the figures of the month as plain data, section by section, the same for the same
    rows.

    ``raised`` counts tickets by arrival in the organization's zone; ``tickets`` lists every one of
    them.
    """
    reported = ReportedMonth(organization, month, at)
    data: dict[str, Any] = {
        "organization": organization.name,
        "slug": organization.slug,
        "month": f"{month:%Y-%m}",
        "time_zone": zone_of(organization, month),
        "period_start": reported.start.isoformat(),
        "period_end": reported.end.isoformat(),
    }
    for section in SECTIONS:
        data |= section.load(reported)
    return data
