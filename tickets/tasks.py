"""Celery entry points of the life cycle."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts.tenancy import every_organization, organization_scope
from tickets import queries, services
from tickets.models import Ticket

logger = logging.getLogger(__name__)

SWEEP_BATCH = 200


@shared_task(queue="clocks")
def sweep_validations() -> int:
    """Remind of solutions that wait for their customer, and close those whose validation period has ended."""
    at = timezone.now()
    with every_organization(reason="find validation periods that end"):
        reminders = queries.due_for_reminder(at, SWEEP_BATCH)
        endings = queries.due_for_closing(at, SWEEP_BATCH)
    for organization_id, ticket_id in reminders:
        with organization_scope(organization_id):
            services.remind_of_validation(ticket=_ticket(ticket_id), at=at)
    for organization_id, ticket_id in endings:
        with organization_scope(organization_id):
            try:
                services.close_unanswered(ticket=_ticket(ticket_id), at=at)
            except (services.StaleTicket, services.TransitionNotAllowed):
                logger.info("Ticket %s was answered while it was about to close", ticket_id)
    return len(reminders) + len(endings)


def _ticket(ticket_id: int) -> Ticket:
    ticket: Ticket = Ticket.objects.select_related("organization", "requester", "contract").get(pk=ticket_id)
    return ticket
