"""Celery entry points of the clocks."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts.tenancy import every_organization, organization_scope
from sla import queries, services

logger = logging.getLogger(__name__)

SWEEP_BATCH = 500  # about 5 s of work; the next tick goes on with the rest


@shared_task(queue="clocks")
def sweep_clocks() -> int:
    """Announce warnings and breaches that fell due; costs what falls due, not what is open."""
    at = timezone.now()
    with every_organization(reason="find clocks with an event that is due"):
        due = queries.due_ticket_ids(at=at, limit=SWEEP_BATCH)
    for organization_id, ticket_id in due:
        try:
            with organization_scope(organization_id):
                services.settle_ticket(ticket_id=ticket_id, at=at)
        except Exception:
            # One ticket that cannot be settled must not hold up the others; its clocks stay due for the next tick.
            logger.exception("The clocks of ticket %s could not be settled", ticket_id)
    return len(due)
