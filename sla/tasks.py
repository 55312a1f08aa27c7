"""Celery entry points of the clocks."""

import logging
from collections.abc import Sequence
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.calendars.queries import version_to_redate, versions_to_redate
from foundation.core.memo import reading_once
from sla.clocks import services
from sla.clocks.queries import due_ticket_ids

logger = logging.getLogger(__name__)

SWEEP_BATCH = 1000  # about 5 s of work; the next tick goes on with the rest
# Tickets per transaction: some tenths of a second of lock wait for other writers of these tickets.
PORTION = 50


@shared_task(queue="clocks")
def sweep_clocks() -> int:
    """Announce the warnings and breaches that fell due. The cost grows with the clocks that fall
    due, not with the open ones. Return how many tickets were taken.
    """
    at = timezone.now()
    with every_organization(reason="find clocks with an event that is due"):
        due = due_ticket_ids(at=at, limit=SWEEP_BATCH)
    with reading_once():
        for organization_id, ticket_ids in _by_organization(due).items():
            with organization_scope(organization_id):
                for start in range(0, len(ticket_ids), PORTION):
                    _settle(ticket_ids[start : start + PORTION], at)
    return len(due)


def _by_organization(due: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Return organization id -> its ticket ids, both in the order in which they fell due."""
    found: dict[int, list[int]] = {}
    for organization_id, ticket_id in due:
        found.setdefault(organization_id, []).append(ticket_id)
    return found


def _settle(ticket_ids: Sequence[int], at: datetime) -> None:
    """Settle tickets in one transaction. After an error settle each half, down to the ticket that
    cannot be settled in sets.
    """
    try:
        services.settle_tickets(ticket_ids=ticket_ids, at=at)
    except Exception:
        logger.warning("A sweep of %d tickets is repeated in parts", len(ticket_ids), exc_info=True)
        if len(ticket_ids) == 1:
            _settle_again(ticket_ids[0], at)
            return
        half = len(ticket_ids) // 2
        _settle(ticket_ids[:half], at)
        _settle(ticket_ids[half:], at)


def _settle_again(ticket_id: int, at: datetime) -> None:
    try:
        services.settle_ticket(ticket_id=ticket_id, at=at)
    except Exception:
        # Log it and continue with the next ticket. The clocks of this one stay due for the next
        # tick.
        logger.exception("The clocks of ticket %s could not be settled", ticket_id)


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
