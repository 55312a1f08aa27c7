"""Celery entry points of escalation."""

import logging

from celery import shared_task
from django.utils import timezone

from escalation import queries, services
from foundation.accounts.queries import get_organization, organizations
from foundation.accounts.sweeping import sweep
from foundation.accounts.tenancy import every_organization, organization_scope

logger = logging.getLogger(__name__)

SWEEP_BATCH = 200


@shared_task(queue="clocks")
def sweep_escalations() -> int:
    """Escalate from every step whose time to acknowledge has passed; return how many were due."""
    at = timezone.now()
    with every_organization(reason="find escalations nobody acknowledged"):
        due = queries.unacknowledged(at, SWEEP_BATCH)
    sweep(
        due,
        what="Escalation",
        together=lambda ids: services.climb_all(escalation_ids=ids, at=at),
        alone=lambda pk: services.climb(escalation=queries.get_escalation(pk), at=at),
    )
    return len(due)


@shared_task(queue="clocks")
def sweep_rules() -> int:
    """Create the watches of new silence rules, and apply the rules of watches that are due. Return
    how many watches were due.
    """
    at = timezone.now()
    with every_organization(reason="find silences that have lasted, and rules to plan"):
        services.plan_rules(at=at)
        due = queries.due_watches(at, SWEEP_BATCH)
    sweep(
        due,
        what="Silence watch",
        together=lambda ids: services.break_silences(watch_ids=ids, at=at),
        alone=lambda pk: services.break_silence(watch_id=pk, at=at),
    )
    return len(due)


@shared_task(queue="reports")
def refresh_coverage(organization_id: int) -> int:
    """Compute the coverage of an organization's coming week; return how many hours are new gaps."""
    with organization_scope(organization_id):
        return services.refresh_coverage(
            organization=get_organization(organization_id), at=timezone.now()
        )


@shared_task(queue="reports")
def sweep_coverage(*, every_one: bool = False) -> int:
    """Compute the coverage of the organizations with a pending request, or of all with
    ``every_one``.
    """
    with every_organization(reason="find customers whose coverage waits to be computed"):
        ids = (
            [each.pk for each in organizations()]
            if every_one
            else queries.coverage_to_compute(SWEEP_BATCH)
        )
    for organization_id in ids:
        try:
            refresh_coverage(organization_id)
        except Exception:
            logger.exception(
                "The coverage of organization %s could not be computed", organization_id
            )
    return len(ids)
