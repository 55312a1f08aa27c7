"""Issues reports: the request stores the figures, a task makes the PDF and sends it."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext as _

from catalog.queries import contract_on
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization
from foundation.accounts.queries import acting_person, members_with_role
from foundation.accounts.roles import CustomerRole
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor, system_actor
from foundation.core.errors import NotAllowed
from foundation.core.events import publish
from foundation.core.links import Link
from foundation.core.zones import zone
from foundation.documents.services import store_bytes
from foundation.notifications.services import Letter, queue_letters
from reports import queries, verbs
from reports.events import ReportRequested
from reports.models import ReportIssue, ReportStatus
from reports.rendering import service_level_pdf

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # a report of 1,000 rows takes about 7 s
RETRY = timedelta(minutes=2)
MAX_ATTEMPTS = 4
ISSUER = system_actor("reports")


def request_report(
    *,
    organization: Organization,
    month: date,
    language: str,
    by: Actor,
    at: datetime,
    send_when_ready: bool = False,
) -> ReportIssue:
    """Return the report of a month: the one issued after its end, otherwise one with current
    figures. A new issue is recorded, and its PDF made by a task.

    Unchanged figures return the existing issue, unless it failed or the month has ended since. A
    new issue of a published month repeats the published figures. Raises ``NotAllowed``.
    """
    is_read_by_a_person = by.person_id is not None
    if is_read_by_a_person and not queries.can_see_reports(acting_person(by), organization.pk):
        raise NotAllowed(_("You may not read the reports of this organization."))
    computed = None
    if queries.published_report(organization.pk, month) is None:
        # before the lock: a large month takes seconds, and the lock holds up its customer's tickets
        computed = queries.build_service_level(organization, month, at)
    with transaction.atomic():
        # lock: two concurrent requests must not take the same version
        lock_organization(organization.pk)
        issue = _issue(
            organization, month, language, computed, by=by, at=at, send_when_ready=send_when_ready
        )
        return _with_its_file(issue, at)


def _with_its_file(issue: ReportIssue, at: datetime) -> ReportIssue:
    """Return the issue. One whose PDF is missing in the storage is queued again: its figures are in
    the row.
    """
    if issue.status == ReportStatus.READY and issue.pdf is not None and not issue.pdf.is_whole:
        issue.status = ReportStatus.QUEUED
        issue.attempts = 0
        issue.run_after = at
        issue.save(update_fields=["status", "attempts", "run_after"])
        publish(ReportRequested(organization_id=issue.organization_id, at=at, issue_id=issue.pk))
    return issue


def _issue(
    organization: Organization,
    month: date,
    language: str,
    computed: dict[str, Any] | None,
    *,
    by: Actor,
    at: datetime,
    send_when_ready: bool,
) -> ReportIssue:
    """Return the issue that answers the request, with the published figures if there are any, else
    with the ``computed`` ones. The caller has locked the organization.
    """
    issued = queries.issued_report(organization.pk, month, language)
    if issued is not None and issued.status != ReportStatus.FAILED:
        return _also_send(issued, at) if send_when_ready else issued
    published = queries.published_report(organization.pk, month)
    # Published figures stay: an issue in another language, or after a failure, repeats them with
    # their cut-off.
    data = published.data if published is not None else computed
    assert data is not None
    sha256 = queries.hash_of(data)
    has_ended = queries.bounds(organization, month)[1] <= at
    earlier = ReportIssue.objects.filter(organization=organization, month=month, language=language)
    same = _newest_with(earlier, sha256)
    if same is not None and same.is_final == has_ended:
        return same
    issue: ReportIssue = ReportIssue.objects.create(
        organization=organization,
        month=month,
        language=language,
        version=(earlier.aggregate(last=Max("version"))["last"] or 0) + 1,
        is_final=has_ended,
        data=data,
        data_sha256=sha256,
        cutoff_at=published.cutoff_at if published is not None else at,
        requested_by_id=by.person_id,
        requested_at=at,
        run_after=at,
        send_when_ready=send_when_ready,
    )
    fact = Fact(
        verb=verbs.REPORT_ISSUED,
        object_type="report",
        object_id=issue.pk,
        payload={"month": data["month"], "sha256": sha256},
    )
    record(organization_id=organization.pk, facts=[fact], by=by, at=at)
    publish(ReportRequested(organization_id=organization.pk, at=at, issue_id=issue.pk))
    return issue


def _newest_with(issues: QuerySet[ReportIssue], sha256: str) -> ReportIssue | None:
    """Return the newest issue of the same figures that did not fail."""
    same = issues.filter(data_sha256=sha256).exclude(status=ReportStatus.FAILED)
    return same.order_by("-version").first()


def _also_send(issue: ReportIssue, at: datetime) -> ReportIssue:
    """Mark an existing issue for sending, and send it now if its PDF is ready. ``dedupe_key``
    prevents a second letter.
    """
    ReportIssue.objects.filter(pk=issue.pk).update(send_when_ready=True)
    if issue.status == ReportStatus.READY:
        _send(issue, at)
    return issue


def make_report(*, issue_id: int, at: datetime) -> bool:
    """Claim an issue and make its PDF; return whether this call made it.

    The claim is a compare-and-set that expires after ``LEASE``, so that a killed worker is
    replaced. An error is logged and retried after ``RETRY``, up to ``MAX_ATTEMPTS`` attempts.
    """
    claimed = ReportIssue.objects.filter(
        pk=issue_id, status__in=(ReportStatus.QUEUED, ReportStatus.MAKING), run_after__lte=at
    ).update(status=ReportStatus.MAKING, run_after=at + LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return False
    issue = ReportIssue.objects.select_related("organization").get(pk=issue_id)
    try:
        content = service_level_pdf(
            issue.data,
            language=issue.language,
            version=issue.version,
            sha256=issue.data_sha256,
            cutoff_at=issue.cutoff_at,
        )
    except Exception as error:
        logger.exception("The PDF of report %s could not be made", issue_id)
        status = ReportStatus.FAILED if issue.attempts >= MAX_ATTEMPTS else ReportStatus.QUEUED
        ReportIssue.objects.filter(pk=issue_id).update(
            status=status, run_after=at + RETRY, last_error=str(error)[:2000]
        )
        return False
    _finish(issue, content, at)
    return True


@transaction.atomic
def _finish(issue: ReportIssue, content: bytes, at: datetime) -> None:
    blob = store_bytes(
        organization_id=issue.organization_id,
        content=content,
        content_type="application/pdf",
        at=at,
    )
    done = ReportIssue.objects.filter(pk=issue.pk, status=ReportStatus.MAKING).update(
        status=ReportStatus.READY, pdf=blob, last_error=""
    )
    issue.pdf = blob
    if done and ReportIssue.objects.filter(pk=issue.pk, send_when_ready=True).exists():
        _send(issue, at)


def _send(issue: ReportIssue, at: datetime) -> None:
    """Queue the report for its recipients: those of the contract, and the people whose role is to
    receive it.
    """
    local_day = at.astimezone(zone(issue.organization.time_zone)).date()
    contract = contract_on(issue.organization, local_day)
    people = {
        user.pk: user
        for user in members_with_role(issue.organization_id, CustomerRole.REPORT_RECIPIENT)
    }
    if contract is not None:
        people |= {
            user.pk: user
            for user in contract.report_recipients.filter(is_active=True).order_by("pk")
        }
    letters = [
        Letter(
            template="monthly_report",
            to_email=person.email,
            to_name=person.full_name,
            recipient_id=person.pk,
            language=issue.language,
            dedupe_key=f"report:{issue.pk}:{person.pk}",
            attachment_id=issue.pdf_id,
            attachment_name=report_file_name(issue),
            context={
                "organization": issue.organization.name,
                "month": f"{issue.month:%Y-%m}",
            },
            links={"url": Link("report", f"{issue.month:%Y-%m}")},
        )
        for person in people.values()
    ]
    queue_letters(organization_id=issue.organization_id, letters=letters, at=at)


def report_file_name(issue: ReportIssue) -> str:
    return f"{issue.organization.slug}-{issue.month:%Y-%m}-v{issue.version}.pdf"


def issue_monthly_report(*, organization: Organization, at: datetime) -> ReportIssue | None:
    """Request last month's report, to be sent, in the first ``FIRST_DAYS`` days of a local month.

    A repeated call returns the same issue. Returns None on later days, or without a contract.
    """
    today = at.astimezone(zone(organization.time_zone)).date()
    if today.day > FIRST_DAYS:
        return None
    month = queries.preceding_month(today.replace(day=1))
    contract = contract_on(organization, month) or contract_on(organization, today)
    if contract is None:
        return None
    return request_report(
        organization=organization,
        month=month,
        language=contract.report_language,
        by=ISSUER,
        at=at,
        send_when_ready=True,
    )


FIRST_DAYS = 3  # issued on the first; the second and third day cover an outage of the system
