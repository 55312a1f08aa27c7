"""Celery entry points of escalation."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts.tenancy import every_organization, organization_scope
from escalation import queries, services

logger = logging.getLogger(__name__)

SWEEP_BATCH = 200


@shared_task(queue="clocks")
def sweep_escalations() -> int:
    """Climb from every level that did not acknowledge in time."""
    at = timezone.now()
    with every_organization(reason="find escalations nobody acknowledged"):
        due = queries.unacknowledged(at, SWEEP_BATCH)
    for organization_id, escalation_id in due:
        try:
            with organization_scope(organization_id):
                services.climb(escalation=queries.get_escalation(escalation_id), at=at)
        except Exception:
            # One ladder that cannot move must not hold up the others.
            logger.exception("Escalation %s could not climb", escalation_id)
    return len(due)
