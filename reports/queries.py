"""Builds the figures of a report from domain rows; the page, the PDF and the API show what this returns."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Count, Exists, F, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.queries import membership_of, memberships_of
from accounts.roles import READS_REPORTS, Capability
from accounts.zones import zone
from core.classification import Kind, Priority
from core.errors import Invalid, NotFound
from reports.metrics import compliance_table, verdict
from reports.models import ReportIssue, ReportStatus
from sla.models import Clock, ClockSegment
from tickets.models import Ticket
from tickets.states import State


def parse_month(text: str) -> date:
    """Return the first day of a ``YYYY-MM`` month; ``Invalid`` says how to write it."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a calendar month has no zone
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


def may_see_reports(user: User, organization_id: int) -> bool:
    if user.is_staff:
        return user.can(Capability.SEE_REPORTS)
    membership = membership_of(user.pk, organization_id)
    return membership is not None and membership.has_role(*READS_REPORTS)


def reads_any_report(user: User) -> bool:
    """Tell whether a customer may read the reports of any of their organizations."""
    return any(membership.has_role(*READS_REPORTS) for membership in memberships_of(user.pk))


def reported_organization(user: User, slug: str) -> Organization:
    """Return the organization if this person may read its reports; ``NotFound`` otherwise."""
    organization = Organization.objects.filter(slug=slug).order_by("pk").first()
    if organization is None or not may_see_reports(user, organization.pk):
        raise NotFound(_("There is no such organization, or you may not read its reports."))
    return organization


def build_service_level(organization: Organization, month: date, at: datetime) -> dict[str, Any]:
    """Return the figures of the month as plain data, in codes and ISO instants, the same for the same rows.

    ``raised`` counts tickets by arrival in the organization's zone; ``tickets`` lists every one of them.
    """
    start, end = bounds(organization, month)
    tickets = list(
        Ticket.objects.filter(organization=organization, received_at__gte=start, received_at__lt=end)
        .select_related("service", "requester")
        .order_by("pk")
    )
    ids = [ticket.pk for ticket in tickets]
    clocks = list(
        Clock.objects.filter(ticket__organization=organization, ticket__received_at__gte=start, ticket__received_at__lt=end).order_by("pk")
    )
    earlier = _earlier_breaches(organization, start, end)
    by_ticket: dict[int, list[Clock]] = {pk: [] for pk in ids}
    for clock in clocks:
        by_ticket[clock.ticket_id].append(clock)
    return {
        "organization": organization.name,
        "slug": organization.slug,
        "month": f"{month:%Y-%m}",
        "time_zone": organization.time_zone,
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
        "raised": len(tickets),
        "by_priority": [{"code": p.code, "count": sum(t.priority == p for t in tickets)} for p in Priority],
        "by_state": [{"code": str(s), "count": sum(t.state == s for t in tickets)} for s in State],
        "by_kind": [{"code": str(k), "count": sum(t.kind == k for t in tickets)} for k in Kind],
        "out_of_contract": sum(ticket.is_out_of_contract for ticket in tickets),
        "compliance": compliance_table(clocks, earlier),
        "breaches": [_breach(clock, {t.pk: t for t in tickets}[clock.ticket_id]) for clock in clocks if verdict(clock) == "missed"],
        "tickets": [_line(ticket, by_ticket[ticket.pk]) for ticket in tickets],
    }


def _earlier_breaches(organization: Organization, start: datetime, end: datetime) -> dict[int, int]:
    """Return clock id -> breaches of targets that a later change replaced."""
    following = ClockSegment.objects.filter(clock=OuterRef("clock"), number__gt=OuterRef("number"))
    return dict(
        ClockSegment.objects.filter(
            Exists(following),
            clock__ticket__organization=organization,
            clock__ticket__received_at__gte=start,
            clock__ticket__received_at__lt=end,
            breached_at__isnull=False,
        )
        .order_by()
        .values("clock_id")
        .annotate(breaches=Count("pk"))
        .values_list("clock_id", F("breaches"))
    )


def _breach(clock: Clock, ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "priority": Priority(clock.priority).code,
        "metric": clock.metric,
        "due_at": clock.breached_at.isoformat() if clock.breached_at else "",
        "stopped_at": clock.stopped_at.isoformat() if clock.stopped_at else "",
    }


def _line(ticket: Ticket, clocks: list[Clock]) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "kind": ticket.kind,
        "service_es": ticket.service.name_es,
        "service_en": ticket.service.name_en,
        "priority": ticket.priority_code,
        "state": ticket.state,
        "received_at": ticket.received_at.isoformat(),
        "requester": ticket.requester.full_name,
        "verdicts": {clock.metric: verdict(clock) for clock in clocks},
    }


def hash_of(data: dict[str, Any]) -> str:
    """Return the SHA-256 of the figures in a canonical form."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def issued_report(organization_id: int, month: date, language: str) -> ReportIssue | None:
    """Return the newest report issued for an ended month in this language, whatever its state."""
    return (
        ReportIssue.objects.filter(organization_id=organization_id, month=month, language=language, is_final=True)
        .select_related("pdf")
        .order_by("-version", "-pk")
        .first()
    )


def get_issue(user: User, issue_id: int) -> ReportIssue:
    issue = ReportIssue.objects.filter(pk=issue_id).select_related("organization", "pdf").order_by("pk").first()
    if issue is None or not may_see_reports(user, issue.organization_id):
        raise NotFound(_("There is no such report, or you may not read it."))
    return issue


def figures(organization: Organization, month: date, language: str, at: datetime) -> dict[str, Any]:
    """Return what the screen shows: the figures of the issued report, and for a month that was not issued, those of now."""
    issue = issued_report(organization.pk, month, language)
    return dict(issue.data) if issue is not None else build_service_level(organization, month, at)


def due_issues(at: datetime, limit: int) -> list[tuple[int, int]]:
    return list(
        ReportIssue.objects.filter(status__in=(ReportStatus.QUEUED, ReportStatus.MAKING), run_after__lte=at)
        .order_by("run_after", "pk")
        .values_list("organization_id", "pk")[:limit]
    )
