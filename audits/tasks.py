"""Celery entry points of audits."""

from celery import shared_task
from django.utils import timezone

from audits import queries, services
from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.documents.services import discard_strays


@shared_task(queue="reports")
def convert_evidence(organization_id: int, evidence_id: int) -> None:
    with organization_scope(organization_id):
        services.convert_evidence(evidence_id=evidence_id, at=timezone.now())


@shared_task(queue="reports")
def sweep_evidence() -> int:
    """Convert the evidence that is due: after a lost broker message, a killed worker or a failed
    attempt.
    """
    with every_organization(reason="find evidence that waits to be converted"):
        due = queries.due_evidence(timezone.now(), limit=20)
    for organization_id, evidence_id in due:
        convert_evidence(organization_id, evidence_id)
    return len(due)


@shared_task(queue="reports")
def keep_retention() -> int:
    """Delete evidence past its retention, and stray files."""
    with every_organization(reason="the retention of evidence"):
        # files of transactions that were rolled back: no row names them
        discard_strays(at=timezone.now())
        return services.purge_evidence(at=timezone.now())


@shared_task(queue="reports")
def sweep_delay_notices() -> int:
    """Ask for the missing delay notices of all open audits."""
    with every_organization(reason="audits whose delivery is in danger"):
        return services.demand_delay_notices(at=timezone.now())


@shared_task(queue="reports")
def remind_of_plans() -> int:
    """Remind the audit area of the audits that are expected soon."""
    with every_organization(reason="planned audits whose day comes near"):
        return services.remind_of_plans(at=timezone.now())
