"""Celery entry points of the clocks."""

import logging

from celery import shared_task
from django.utils import timezone

from foundation.accounts.sweeping import sweep
from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.calendars.queries import version_to_redate, versions_to_redate
from sla.clocks import services
from sla.clocks.queries import due_ticket_ids

logger = logging.getLogger(__name__)

SWEEP_BATCH = 1000  # about 3 s of work; the next tick goes on with the rest


@shared_task(queue="clocks")
def sweep_clocks() -> int:
    """Announce the warnings and breaches that fell due. The cost grows with the clocks that fall
    due, not with the open ones. Return how many tickets were taken.
    """
    at = timezone.now()
    with every_organization(reason="find clocks with an event that is due"):
        due = due_ticket_ids(at=at, limit=SWEEP_BATCH)
    sweep(
        due,
        what="Ticket",
        together=lambda ids: services.settle_tickets(ticket_ids=ids, at=at),
        alone=lambda pk: services.settle_ticket(ticket_id=pk, at=at),
    )
    return len(due)


@shared_task(queue="reports")
def redate_by_version(organization_id: int, version_id: int) -> int:
    """Re-date the open clocks by a new calendar version. Return how many changed; 0 if all were
    re-dated before.
    """
    with organization_scope(organization_id):
        version = version_to_redate(version_id)
        return (
            services.redate_clocks(version=version, at=timezone.now()) if version is not None else 0
        )


@shared_task(queue="reports")
def sweep_redating() -> int:
    """Re-date by every version that was published ``GRACE`` ago and is not marked as done. This is
    its second pass, or the first if the broker lost the message or a worker died.
    """
    with every_organization(reason="find calendar versions whose clocks have not been re-dated"):
        waiting = versions_to_redate(timezone.now() - services.GRACE)
    for organization_id, version_id in waiting:
        try:
            redate_by_version(organization_id, version_id)
        except Exception:
            # Log it and continue with the next version. This one is retried at the next tick.
            logger.exception("The clocks of calendar version %s could not be re-dated", version_id)
    return len(waiting)
