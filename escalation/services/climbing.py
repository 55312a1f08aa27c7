"""One ladder per ticket: a breach, a request or a missing acknowledgement moves it one level
(DECISIONS 17).
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from escalation import verbs
from escalation.duty import acknowledge_due, calendar_of, party_of
from escalation.models import Cause, Escalation, EscalationLevel
from escalation.queries import ladder_of
from escalation.services.base import DOUBLE_CLICK
from escalation.services.batching import Batch, NewStep
from foundation.accounts.limits import Limited, count_act
from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor, system_actor
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.texts import is_blank
from foundation.duty.roster import circle_of
from tickets.masking import secrets_in
from tickets.models import Ticket
from tickets.permissions import can_reply_as_customer
from tickets.services.base import hold_ticket, locked_ticket, locked_tickets
from tickets.services.snoozing import end_snooze
from tickets.states import FINAL, State

# Two of these causes with the same ``at`` come from one sweep, and make one step.
AUTOMATIC_CAUSES = {Cause.BREACH, Cause.RULE}


@transaction.atomic
def escalate_ticket(
    *, ticket: Ticket, cause: Cause, cause_key: str, reason: str = "", by: Actor, at: datetime
) -> Escalation | None:
    """Move the ticket to the next level of its matrix, as ``escalate``. Locks the ticket."""
    locked = locked_ticket(ticket.pk, "organization", "contract", "requester", "assignee", "owner")
    batch = Batch([locked], by=by, at=at)
    step = escalate(batch, locked, cause=cause, cause_key=cause_key, reason=reason)
    batch.flush()
    return step


def escalate(
    batch: Batch, ticket: Ticket, *, cause: Cause, cause_key: str, reason: str = ""
) -> Escalation | None:
    """Move a ticket of the batch to the next level of its matrix and notify the people of that
    level: those on duty, or the first to come on duty. The flush of the batch writes the step.

    Returns None when ``cause_key`` has made a step before, or when a breach or a rule made one at
    the same ``at`` (one sweep). Past the last level the ticket stays there, and that level is
    notified again. Without a matrix the desk's supervisors are notified. Earlier steps no longer
    wait for an acknowledgement.
    """
    steps = batch.steps[ticket.pk]
    if any(step.cause_key == cause_key for step in steps):
        return None
    if cause in AUTOMATIC_CAUSES and _moved_in_this_sweep(steps, batch.at):
        return None
    ladder = batch.duty.ladder(ticket)
    level = _next_level(ladder, steps)
    answering = batch.duty.level(level) if level is not None else None
    told = answering
    if told is None or not told.people:
        told = batch.duty.supervisors
    batch.stop_waiting(steps)
    step = Escalation(
        organization_id=ticket.organization_id,
        ticket=ticket,
        level=level,
        position=level.position if level else 0,
        cause=cause,
        cause_key=cause_key,
        reason=reason.strip(),
        created_at=batch.at,
        notified_at=told.at,
        notified=[person.full_name or person.email for person in told.people],
        acknowledge_due_at=acknowledge_due(level, calendar_of(level, answering.at), answering.at)
        if level and answering
        else None,
    )
    batch.new_steps.append(
        NewStep(
            step,
            level if told is answering else None,
            told,
            is_last=bool(ladder) and level == ladder[-1],
            is_repeated=bool(steps) and steps[-1].position == step.position,
        )
    )
    steps.append(step)
    return step


@transaction.atomic
def request_escalation(*, ticket: Ticket, reason: str, by: Actor, at: datetime) -> Escalation:
    """Escalate a ticket that has not ended, on request of the customer or the desk (SPEC 5.2).

    The same reason within ``DOUBLE_CLICK`` returns the earlier step. Raises ``NotAllowed``,
    ``Invalid`` without a reason, or ``TooMany`` above a customer's limit.
    """
    user = acting_person(by)
    is_customer = can_reply_as_customer(user, ticket)
    if not (is_customer or user.can(Capability.WORK_TICKETS)):
        raise NotAllowed(
            _("Only its requester, a coordinator or the desk can escalate this ticket.")
        )
    if is_blank(reason):
        raise Invalid(_("Say why you escalate."), fields={"reason": _("Say why you escalate.")})
    if found := secrets_in(reason=reason):
        raise Invalid(found["reason"], fields=found)
    if locked_ticket(ticket.pk).state in FINAL:
        raise NotAllowed(_("This ticket has ended: there is nothing left to escalate."))
    cause = Cause.REQUEST if is_customer else Cause.DESK
    lately = Escalation.objects.filter(ticket=ticket, cause=cause, created_at__gt=at - DOUBLE_CLICK)
    asked = lately.filter(reason=reason.strip()).order_by("-pk").first()
    if asked is not None:
        return asked
    if not user.is_staff:
        count_act(Limited.ESCALATIONS, by=by, at=at)
    end_snooze(ticket)
    key = f"request:{at.isoformat()}"
    # None: a concurrent request with the same ``at`` has created this step.
    return escalate_ticket(
        ticket=ticket, cause=cause, cause_key=key, reason=reason, by=by, at=at
    ) or Escalation.objects.get(ticket=ticket, cause_key=key)


@transaction.atomic
def deescalate_ticket(*, ticket: Ticket, reason: str, by: Actor, at: datetime) -> Escalation:
    """Move the ticket one level down, with the reason on the record. Notifies nobody; the next
    escalation starts from that level.

    Raises ``NotAllowed`` unless the person works tickets, or ``Invalid`` without a reason or for a
    ticket on no level.
    """
    user = acting_person(by)
    if not user.can(Capability.WORK_TICKETS):
        raise NotAllowed(_("Only the desk can take an escalation back."))
    if is_blank(reason):
        raise Invalid(_("Say why the escalation is taken back."), fields={"reason": _("Say why.")})
    if found := secrets_in(reason=reason):
        raise Invalid(found["reason"], fields=found)
    ticket = locked_ticket(ticket.pk)
    steps = list(Escalation.objects.filter(ticket=ticket).order_by("pk"))
    position = steps[-1].position - 1 if steps else -1
    if position < 0:
        raise Invalid(_("This ticket is not escalated."))
    Escalation.objects.filter(ticket=ticket).update(acknowledge_due_at=None)
    step: Escalation = Escalation.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        level=next((level for level in ladder_of(ticket, at) if level.position == position), None),
        position=position,
        cause=Cause.DEESCALATED,
        cause_key=f"deescalated:{steps[-1].pk}",
        reason=reason.strip(),
        created_at=at,
        notified_at=None,
        acknowledged_at=at,
        acknowledged_by=user,
    )
    fact = Fact(
        verb=verbs.DEESCALATED,
        object_type="ticket",
        object_id=ticket.pk,
        payload={"escalation": step.pk, "position": position},
    )
    record(organization_id=ticket.organization_id, facts=[fact], by=by, at=at)
    return step


@transaction.atomic
def acknowledge_escalation(*, escalation: Escalation, by: Actor, at: datetime) -> bool:
    """Record that the level has acknowledged; return whether this was the first time.

    Raises ``NotAllowed`` unless the person belongs to the level, substitutes for somebody in it, or
    supervises.
    """
    user = acting_person(by)
    if not can_acknowledge(user, escalation, at):
        raise NotAllowed(
            _(
                "Only people who were notified and supervisors of the desk can acknowledge the "
                "escalation."
            )
        )
    return _acknowledge(escalation, {"acknowledged_by": user}, by, at)


@transaction.atomic
def acknowledge_by_link(*, escalation: Escalation, name: str, at: datetime) -> bool:
    """Record that the contact to whom the signed link was mailed has acknowledged; return whether
    this was the first time.
    """
    link = system_actor("signed link")
    return _acknowledge(escalation, {"acknowledged_name": name}, link, at)


def _acknowledge(
    escalation: Escalation, person: dict[str, User | str], by: Actor, at: datetime
) -> bool:
    hold_ticket(escalation.ticket_id)
    done = Escalation.objects.filter(pk=escalation.pk, acknowledged_at=None).update(
        acknowledged_at=at, acknowledge_due_at=None, **person
    )
    if done:
        payload = {"escalation": escalation.pk, "position": escalation.position}
        fact = Fact(
            verb=verbs.ACKNOWLEDGED,
            object_type="ticket",
            object_id=escalation.ticket_id,
            payload=payload,
        )
        record(organization_id=escalation.organization_id, facts=[fact], by=by, at=at)
    return bool(done)


def climb(*, escalation: Escalation, at: datetime) -> bool:
    """Escalate from a step that was not acknowledged in time, as ``climb_all``; return whether this
    made a step.
    """
    return climb_all(escalation_ids=[escalation.pk], at=at) == 1


@transaction.atomic
def climb_all(*, escalation_ids: Sequence[int], at: datetime) -> int:
    """Escalate tickets of one organization from steps that were not acknowledged in time; return
    how many steps this made. Locks the tickets.

    No step is made when the old one was acknowledged or taken by another worker, when the ticket
    ended or was solved after it, or when the last level has been notified again.
    """
    wanted = Escalation.objects.filter(pk__in=list(escalation_ids))
    tickets = locked_tickets(
        set(wanted.order_by().values_list("ticket_id", flat=True)),
        "organization",
        "contract",
        "requester",
        "assignee",
        "owner",
    )
    if not tickets:
        return 0
    batch = Batch(tickets, at=at, in_sets=True)
    waiting = wanted.filter(
        acknowledged_at=None, acknowledge_due_at__lt=at, ticket__merged_into=None
    )
    claimed = set(
        waiting.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    )
    Escalation.objects.filter(pk__in=claimed).update(acknowledge_due_at=None)
    made = 0
    for ticket in tickets:
        steps = batch.steps[ticket.pk]
        for place, step in enumerate(list(steps)):
            if step.pk in claimed and _may_climb(batch, ticket, steps[: place + 1]):
                key = f"climb:{step.pk}"
                made += bool(escalate(batch, ticket, cause=Cause.UNACKNOWLEDGED, cause_key=key))
    batch.flush()
    return made


def _may_climb(batch: Batch, ticket: Ticket, steps: list[Escalation]) -> bool:
    """Tell whether the ticket climbs from the last of these steps."""
    step = steps[-1]
    last = max((level.position for level in batch.duty.ladder(ticket)), default=0)
    is_over = ticket.state in FINAL or (
        ticket.solved_at is not None
        and ticket.state == State.SOLVED
        and step.created_at <= ticket.solved_at
    )
    return not is_over and (step.position < last or not _was_notified_again(steps))


def _moved_in_this_sweep(steps: list[Escalation], at: datetime) -> bool:
    return any(step.created_at == at and step.cause in AUTOMATIC_CAUSES for step in steps)


def _was_notified_again(steps: list[Escalation]) -> bool:
    """Tell whether the last of these steps is unacknowledged and repeats the level of the one
    before it.
    """
    return (
        len(steps) > 1
        and steps[-1].cause == Cause.UNACKNOWLEDGED
        and steps[-2].position == steps[-1].position
    )


def _next_level(matrix: list[EscalationLevel], steps: list[Escalation]) -> EscalationLevel | None:
    reached = steps[-1].position if steps else 0
    above = [level for level in matrix if level.position > reached]
    return above[0] if above else (matrix[-1] if matrix else None)


def can_acknowledge(user: User, escalation: Escalation, at: datetime) -> bool:
    """Tell whether a person may acknowledge a step: a member of its level, a substitute of one, or
    a supervisor.
    """
    if user.can(Capability.SUPERVISE):
        return True
    if escalation.level is None:
        return False
    return user.pk in circle_of(party_of(escalation.level).candidates, at)
