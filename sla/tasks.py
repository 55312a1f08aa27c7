"""Celery entry points of the clocks."""

import logging

from celery import shared_task
from django.utils import timezone

from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.calendars.queries import version_to_redate, versions_to_redate
from sla.clocks import services
from sla.clocks.queries import due_ticket_ids

logger = logging.getLogger(__name__)

SWEEP_BATCH = 500  # about 5 s of work; the next tick goes on with the rest


@shared_task(queue="clocks")
def sweep_clocks() -> int:
    """Announce warnings and breaches that fell due; costs what falls due, not what is open."""
    at = timezone.now()
    with every_organization(reason="find clocks with an event that is due"):
        due = due_ticket_ids(at=at, limit=SWEEP_BATCH)
    for organization_id, ticket_id in due:
        try:
            with organization_scope(organization_id):
                services.settle_ticket(ticket_id=ticket_id, at=at)
        except Exception:
            # One ticket that cannot be settled must not hold up the others; its clocks stay due for
            # the next tick.
            logger.exception("The clocks of ticket %s could not be settled", ticket_id)
    return len(due)


@shared_task(queue="reports")
def redate_by_version(organization_id: int, version_id: int) -> int:
    """Give the open clocks their dates by a new version of a calendar, as soon as it is
    published.
    """
    with organization_scope(organization_id):
        version = version_to_redate(version_id)
        return (
            services.redate_clocks(version=version, at=timezone.now()) if version is not None else 0
        )


@shared_task(queue="reports")
def sweep_redating() -> int:
    """Go on with the versions whose clocks were not all re-dated: a lost broker message, a worker
    that died.
    """
    with every_organization(reason="find calendar versions whose clocks have not been re-dated"):
        waiting = versions_to_redate(timezone.now() - services.GRACE)
    for organization_id, version_id in waiting:
        try:
            redate_by_version(organization_id, version_id)
        except Exception:
            # One version that fails must not hold up those of the other customers; it is tried
            # again at the next tick.
            logger.exception("The clocks of calendar version %s could not be re-dated", version_id)
    return len(waiting)
