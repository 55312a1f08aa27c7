"""Raises recurring tickets when they are due: of each day one ticket, or the reason why none."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, may_read, serves
from foundation.accounts.roles import RAISES_TICKETS, Capability
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor, system_actor
from foundation.core.classification import Impact, Kind, Urgency
from foundation.core.errors import DomainError, Invalid
from foundation.duty.queries import absence_of
from tickets import queries, verbs, work_notices
from tickets.models import NotRaised, Recurrence, RecurrenceDay, Ticket
from tickets.models.recurrences import LONGEST_DETAIL
from tickets.recurrence import first_days
from tickets.services.assignment import give
from tickets.services.base import is_member, may_hold
from tickets.services.errors import ActionNotAllowed
from tickets.services.raising import NewTicket, raise_ticket
from tickets.services.tagging import tag_automatically
from tickets.services.ticket_tasks import TaskPlan, add_tasks_automatically

logger = logging.getLogger(__name__)

PLANNER = system_actor("recurring tickets")
RETRY = timedelta(minutes=5)
LATEST = timedelta(days=7)  # after its time; a ticket that is later is raised by a person
_RELATED = ("organization", "membership__user", "membership__organization", "service", "template")


@transaction.atomic
def raise_due(
    *, recurrence_id: int, at: datetime, notes_failures: bool = False
) -> RecurrenceDay | None:
    """Raise the ticket of the next day of a recurrence, and plan the one after it. Returns the day
    with its outcome; None when nothing is due any more. Locks the row: of two that run at once the
    second finds it done.

    The times of the ticket run from the planned instant. What is refused is kept as the day's
    problem, and the keeper is told; so is a day more than ``LATEST`` past. The assignee gets it
    unless they are away, then their substitute; nobody else. With ``notes_failures`` an unexpected
    failure is a problem of the day too; otherwise it is raised, and the day is tried again.
    """
    recurrence = _locked(recurrence_id)
    if recurrence is None or recurrence.next_at is None or recurrence.next_at > at:
        return None
    coming = first_days(queries.days_left(recurrence, at), 2)
    instants = queries.instants_of(recurrence, coming)
    if not instants or instants[0] > at:  # zone or calendar changed meanwhile
        _plan(recurrence, next_at=instants[0] if instants else None)
        return None
    before = queries.days_of(recurrence).first()
    done = _raise(recurrence, coming[0].day, instants[0], at, notes_failures=notes_failures)
    _plan(
        recurrence,
        done_until=coming[0].day,
        rule_day=coming[0].of_rule,
        next_at=instants[1] if len(instants) > 1 else None,
    )
    if done.problem:
        # of days that are too late one after the other, the first letter tells
        goes_on = before is not None and before.problem == done.problem == NotRaised.LATE
        _note_problem(recurrence, done, at, is_told=not goes_on)
    return done


@transaction.atomic
def settle_due(*, recurrence_id: int, at: datetime) -> None:
    """Raise all that is due of a recurrence, before it is changed or paused: nothing is lost, and
    what fails does not keep it from being changed.
    """
    while raise_due(recurrence_id=recurrence_id, at=at, notes_failures=True) is not None:
        pass


def put_off(*, recurrence_id: int, at: datetime) -> None:
    """Try a recurrence again in a while, after an unexpected failure: others come before it then.
    The day that is due stays the one that is raised next.
    """
    Recurrence.objects.filter(pk=recurrence_id, next_at__lte=at).update(next_at=at + RETRY)


@transaction.atomic
def raise_missed(*, day: RecurrenceDay, by: Actor, at: datetime) -> Ticket:
    """Raise the ticket of a day on which none was raised; its times run from now. Raises
    ``ActionNotAllowed`` (supervisors alone may), ``Invalid`` when there is one already, or what
    ``raise_ticket`` raises.
    """
    person = acting_person(by)
    if not person.can(Capability.SUPERVISE) or not serves(person, day.organization_id):
        raise ActionNotAllowed(_("Only a supervisor of the desk plans recurring tickets."))
    recurrence = _locked(day.recurrence_id)
    found = RecurrenceDay.objects.select_for_update(of=("self",)).get(pk=day.pk)
    if recurrence is None or found.ticket_id is not None:
        raise Invalid(_("The ticket of this day was raised already."))
    problem = _problem(recurrence)
    if problem is not None:
        raise Invalid(NotRaised(problem).label)
    ticket = _ticket(recurrence, at, at)
    RecurrenceDay.objects.filter(pk=found.pk).update(ticket=ticket, problem="", detail="")
    payload = {"day": found.day.isoformat(), "problem": found.problem, "ticket": ticket.pk}
    _record(recurrence, verbs.RECURRENCE_MADE_UP, payload, by, at)
    return ticket


def _locked(recurrence_id: int) -> Recurrence | None:
    rows = Recurrence.objects.select_for_update(of=("self",)).select_related(*_RELATED)
    return rows.filter(pk=recurrence_id).order_by("pk").first()


def _raise(
    recurrence: Recurrence, day: date, due_at: datetime, at: datetime, *, notes_failures: bool
) -> RecurrenceDay:
    """Raise the ticket of a day, and write what came of it."""
    ticket = None
    detail = ""
    problem = NotRaised.LATE if at - due_at > LATEST else _problem(recurrence)
    if problem is None:
        try:
            with transaction.atomic():
                ticket = _ticket(recurrence, due_at, at)
        except DomainError as error:
            logger.warning("The recurring ticket %s was refused: %s", recurrence.pk, error)
            problem = NotRaised.REFUSED
            detail = str(error.message)
        except Exception:
            if not notes_failures:
                raise
            logger.exception("The recurring ticket %s could not be raised", recurrence.pk)
            problem = NotRaised.FAILED
    done: RecurrenceDay = RecurrenceDay.objects.create(
        organization_id=recurrence.organization_id,
        recurrence=recurrence,
        day=day,
        due_at=due_at,
        ticket=ticket,
        problem=problem or "",
        detail=detail[:LONGEST_DETAIL],
    )
    return done


def _problem(recurrence: Recurrence) -> NotRaised | None:
    """Return what keeps tickets of the recurrence from being raised; None for nothing."""
    membership = recurrence.membership
    is_valid = membership.has_role(*RAISES_TICKETS)
    if not is_valid or not may_read(membership.user_id, recurrence.organization_id):
        return NotRaised.REQUESTER
    offers = [recurrence.service, recurrence.template]
    if any(each is not None and not each.is_active for each in offers):
        return NotRaised.SERVICE
    return None


def _ticket(recurrence: Recurrence, due_at: datetime, at: datetime) -> Ticket:
    request = NewTicket(
        membership=recurrence.membership,
        subject=recurrence.subject,
        description=recurrence.description,
        kind=Kind(recurrence.kind),
        service=recurrence.service,
        impact=Impact(recurrence.impact),
        urgency=Urgency(recurrence.urgency),
        template=recurrence.template,
        answers=recurrence.answers,
        planned_at=due_at,
    )
    ticket = raise_ticket(request=request, by=PLANNER, at=at)
    if recurrence.tag_names:
        tag_automatically(ticket=ticket, names=recurrence.tag_names, by=PLANNER, at=at)
    if recurrence.task_titles:
        plans = [TaskPlan(title) for title in recurrence.task_titles]
        add_tasks_automatically(ticket=ticket, plans=plans, by=PLANNER, at=at)
    assignee = _present(recurrence.assignee, ticket, at)
    if assignee is not None:
        give(ticket, assignee, PLANNER, at)
    return ticket


def _present(assignee: User | None, ticket: Ticket, at: datetime) -> User | None:
    """Return who gets the ticket: the assignee or, while they are away, their substitute; None when
    they may not attend it.
    """
    absence = absence_of(assignee.pk, at) if assignee is not None else None
    person = absence.substitute if absence is not None else assignee
    if person is None or (absence is not None and absence_of(person.pk, at) is not None):
        return None
    return person if may_hold(person, ticket) and is_member(person, ticket) else None


def _plan(recurrence: Recurrence, **changes: Any) -> None:
    Recurrence.objects.filter(pk=recurrence.pk).update(**changes)


def _note_problem(
    recurrence: Recurrence, day: RecurrenceDay, at: datetime, *, is_told: bool
) -> None:
    payload = {"day": day.day.isoformat(), "problem": day.problem}
    _record(recurrence, verbs.RECURRENCE_FAILED, payload, PLANNER, at)
    if is_told:
        work_notices.notify_not_raised(day=day, at=at)


def _record(
    recurrence: Recurrence, verb: str, payload: dict[str, Any], by: Actor, at: datetime
) -> None:
    fact = Fact(verb=verb, object_type="recurrence", object_id=recurrence.pk, payload=payload)
    record(organization_id=recurrence.organization_id, facts=[fact], by=by, at=at)
