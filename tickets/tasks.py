"""Celery entry points of the life cycle."""

import logging
import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.core.waking import Waking
from foundation.duty.queries import absences_to_hand_over
from tickets import queries, services
from tickets.models import Ticket

logger = logging.getLogger(__name__)

ASSIGNMENT = Waking("tickets.assignment")
SWEEP_BATCH = 200
INDEXED_FOR = 20.0  # seconds that one run writes the search index


@shared_task(queue="clocks")
def sweep_validations() -> int:
    """Send the validation reminders that are due and close solved tickets whose period has ended.

    Take at most ``SWEEP_BATCH`` tickets of each kind. Return how many were taken.
    """
    at = timezone.now()
    with every_organization(reason="find validation periods that end"):
        reminders = queries.due_for_reminder(at, SWEEP_BATCH)
        endings = queries.due_for_closing(at, SWEEP_BATCH)
    for organization_id, ticket_id in reminders:
        _one(
            organization_id,
            ticket_id,
            lambda ticket: services.remind_of_validation(ticket=ticket, at=at),
        )
    for organization_id, ticket_id in endings:
        _one(
            organization_id,
            ticket_id,
            lambda ticket: services.close_unanswered(ticket=ticket, at=at),
        )
    return len(reminders) + len(endings)


@shared_task(queue="clocks")
def sweep_answers() -> int:
    """Remind the customers who do not answer, and close the tickets of those who did not after
    the last reminder: at most ``SWEEP_BATCH``; return how many were due.
    """
    at = timezone.now()
    with every_organization(reason="find the questions without an answer"):
        due = queries.due_for_answer(at, SWEEP_BATCH)
    for organization_id, ticket_id in due:
        _one(
            organization_id, ticket_id, lambda ticket: services.pursue_answer(ticket=ticket, at=at)
        )
    return len(due)


@shared_task(queue="clocks")
def sweep_held() -> int:
    """Send the held messages that are due, at most ``SWEEP_BATCH``; return how
    many were due.
    """
    at = timezone.now()
    with every_organization(reason="find the held messages that are due"):
        due = queries.due_to_send(at, SWEEP_BATCH)
    for organization_id, held_id in due:
        try:
            with organization_scope(organization_id):
                services.send_held(held_id=held_id, at=timezone.now())
        except Exception:
            logger.exception("The held message %s could not be sent", held_id)
            with organization_scope(organization_id):
                services.try_held_later(held_id=held_id, at=at)
    return len(due)


@shared_task(queue="clocks")
def sweep_tasks() -> int:
    """Tell of the tasks that are due, at most ``SWEEP_BATCH``; return how many were due."""
    at = timezone.now()
    with every_organization(reason="find the tasks that are due"):
        due = queries.tasks_to_remind_of(at, SWEEP_BATCH)
    for organization_id, task_id in due:
        try:
            with organization_scope(organization_id):
                services.remind_of_task(task_id=task_id, at=at)
        except Exception:
            logger.exception("Nobody could be told of the task %s", task_id)
    return len(due)


@shared_task(queue="clocks")
def sweep_snoozes() -> int:
    """Bring the tickets back that were snoozed until now, at most ``SWEEP_BATCH``; return how
    many were due.
    """
    at = timezone.now()
    with every_organization(reason="find the tickets that were snoozed until now"):
        due = queries.due_to_wake(at, SWEEP_BATCH)
    for organization_id, ticket_id in due:
        _one(
            organization_id, ticket_id, lambda ticket: services.wake_when_due(ticket=ticket, at=at)
        )
    return len(due)


@shared_task(queue="clocks")
def sweep_recurrences() -> int:
    """Raise the recurring tickets that are due, at most ``SWEEP_BATCH``; of one that has missed
    several days, one day a run. Return how many were due.
    """
    at = timezone.now()
    with every_organization(reason="find the recurring tickets that are due"):
        due = queries.due_recurrences(at, SWEEP_BATCH)
    for organization_id, recurrence_id in due:
        try:
            with organization_scope(organization_id):
                services.raise_due(recurrence_id=recurrence_id, at=timezone.now())
        except Exception:
            logger.exception("The recurring ticket %s could not be raised", recurrence_id)
            with organization_scope(organization_id):
                services.put_off(recurrence_id=recurrence_id, at=at)
    return len(due)


@shared_task(queue="reports")
def renew_recurrences() -> int:
    """Compute anew when recurring tickets are next due: zones and calendars may have changed.
    Return how many moved.
    """
    at = timezone.now()
    moved = 0
    last = 0
    while True:
        with every_organization(reason="find the recurring tickets that run"):
            portion = queries.running_recurrences(last, SWEEP_BATCH)
        if not portion:
            return moved
        for organization_id, recurrence_id in portion:
            last = recurrence_id
            try:
                with organization_scope(organization_id):
                    moved += services.plan_anew(recurrence_id=recurrence_id, at=at)
            except Exception:
                logger.exception("The recurring ticket %s could not be planned", recurrence_id)


@shared_task(queue="clocks")
def sweep_assignment() -> int:
    """Assign the tickets that wait in the groups with automatic assignment; return how many."""
    ASSIGNMENT.answer()
    with every_organization(reason="assign tickets by what people hold at all customers"):
        return services.assign_waiting(at=timezone.now())


@shared_task(queue="clocks")
def sweep_absences() -> int:
    """Hand over the tickets of the people whose absence has begun; return how many tickets."""
    at = timezone.now()
    with every_organization(reason="hand over what an absent person has at all customers"):
        handed = 0
        for absence_id in absences_to_hand_over(at):
            try:
                handed += services.hand_over(absence_id=absence_id, at=at)
            except Exception:
                logger.exception("The tickets of absence %s could not be handed over", absence_id)
        return handed


@shared_task(queue="reports")
def sweep_renames() -> int:
    """Write the search index of the tickets of renamed people and organizations anew, for at most
    ``INDEXED_FOR``; return how many. What is left is done by the next run.
    """
    count = 0
    ends = time.monotonic() + INDEXED_FOR
    with every_organization(reason="write the search index after a name changed"):
        while time.monotonic() < ends and (done := services.index_renamed()) is not None:
            count += done
    return count


def _one(organization_id: int, ticket_id: int, act: Callable[[Ticket], object]) -> None:
    """Run ``act`` on one ticket inside its organization's scope. Log exceptions, so that one
    failure does not stop the sweep.
    """
    try:
        with organization_scope(organization_id):
            act(_ticket(ticket_id))
    except (services.StaleTicket, services.TransitionNotAllowed):
        logger.info("Ticket %s was answered while it was about to close", ticket_id)
    except Exception:
        logger.exception("What is due on the ticket %s could not be done", ticket_id)


def _ticket(ticket_id: int) -> Ticket:
    ticket: Ticket = Ticket.objects.select_related("organization", "requester", "contract").get(
        pk=ticket_id
    )
    return ticket
