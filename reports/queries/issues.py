"""Issued reports, and issues without their PDF."""

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from foundation.accounts.models import Organization, User
from foundation.accounts.tenancy import every_organization
from foundation.core.errors import NotFound
from reports.models import ReportIssue, ReportStatus
from reports.queries.readers import can_see_reports
from reports.queries.service_level import build_service_level


def hash_of(data: dict[str, Any]) -> str:
    """Return the SHA-256 of the figures in a canonical form."""
    return hashlib.sha256(
        json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def issued_report(organization_id: int, month: date, language: str) -> ReportIssue | None:
    """Return the newest report issued for an ended month in this language, whatever its state."""
    return (
        ReportIssue.objects.filter(
            organization_id=organization_id, month=month, language=language, is_final=True
        )
        .select_related("pdf")
        .order_by("-version", "-pk")
        .first()
    )


def get_issue(user: User, issue_id: int) -> ReportIssue:
    issue = (
        ReportIssue.objects.filter(pk=issue_id)
        .select_related("organization", "pdf")
        .order_by("pk")
        .first()
    )
    if issue is None or not can_see_reports(user, issue.organization_id):
        raise NotFound(_("There is no such report, or you may not read it."))
    return issue


def figures(organization: Organization, month: date, language: str, at: datetime) -> dict[str, Any]:
    """Return the figures for the screen: those of the issued report, or current ones for a month
    without one.
    """
    issue = issued_report(organization.pk, month, language)
    return dict(issue.data) if issue is not None else build_service_level(organization, month, at)


def oldest_report(at: datetime) -> timedelta:
    """Return for how long the oldest report that is due has waited for its PDF; zero when none
    is.
    """
    with every_organization(reason="the age of the oldest work says nothing of a customer"):
        waiting = ReportIssue.objects.filter(
            status__in=(ReportStatus.QUEUED, ReportStatus.MAKING), run_after__lte=at
        )
        oldest = waiting.aggregate(at=Min("run_after"))["at"]
    return at - oldest if oldest is not None else timedelta()


def due_issues(at: datetime, limit: int) -> list[tuple[int, int]]:
    return list(
        ReportIssue.objects.filter(
            status__in=(ReportStatus.QUEUED, ReportStatus.MAKING), run_after__lte=at
        )
        .order_by("run_after", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def published_report(organization_id: int, month: date) -> ReportIssue | None:
    """Return the first report issued for an ended month, in any language: its figures are the
    published ones. None before.
    """
    return (
        ReportIssue.objects.filter(organization_id=organization_id, month=month, is_final=True)
        .order_by("cutoff_at", "pk")
        .first()
    )
