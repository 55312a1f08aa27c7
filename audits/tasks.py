"""Celery entry points of audits."""

from celery import shared_task
from django.utils import timezone

from audits import services
from foundation.accounts.tenancy import every_organization
from foundation.documents.services import discard_strays


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
