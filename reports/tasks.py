"""Celery entry points of reports."""

import logging

from celery import shared_task
from django.utils import timezone

from foundation.accounts.queries import organizations
from foundation.accounts.tenancy import every_organization, organization_scope
from reports import queries, services

logger = logging.getLogger(__name__)


@shared_task(queue="reports")
def make_report(organization_id: int, issue_id: int) -> None:
    with organization_scope(organization_id):
        services.make_report(issue_id=issue_id, at=timezone.now())


@shared_task(queue="reports")
def sweep_reports() -> int:
    """Make the PDFs that are due: after a lost broker message, a killed worker
    or a failed attempt.
    """
    with every_organization(reason="find reports that wait to be made"):
        due = queries.due_issues(timezone.now(), limit=20)
    for organization_id, issue_id in due:
        make_report(organization_id, issue_id)
    return len(due)


@shared_task(queue="reports")
def issue_monthly_reports() -> None:
    """Issue last month's report of every customer whose month has ended. Runs every hour; issues
    each report once.
    """
    at = timezone.now()
    with every_organization(reason="list the customers that get a monthly report"):
        customers = organizations()
    for organization in customers:
        try:
            with organization_scope(organization.pk):
                services.issue_monthly_report(organization=organization, at=at)
        except Exception:
            logger.exception(
                "The monthly report of organization %s could not be issued", organization.pk
            )


@shared_task(queue="reports")
def simulate_part(organization_id: int, part_id: int) -> None:
    with organization_scope(organization_id):
        services.run_part(part_id=part_id, at=timezone.now())


@shared_task(queue="reports")
def sweep_simulations() -> int:
    """Compute the parts that are due: after a lost broker message, a killed worker or a failed
    attempt.
    """
    with every_organization(reason="find simulations that wait to be computed"):
        due = queries.due_parts(timezone.now(), limit=20)
    for organization_id, part_id in due:
        simulate_part(organization_id, part_id)
    return len(due)
