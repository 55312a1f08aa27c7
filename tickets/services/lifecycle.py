"""State transitions. ``states.TRANSITIONS`` defines them; this module performs them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor, system_actor
from foundation.core.events import publish
from foundation.core.texts import is_blank
from foundation.documents.checking import CheckedFile
from foundation.duty.queries import absence_of
from tickets import notices, verbs, work_notices
from tickets.endings import EndCause
from tickets.events import SolutionDeclined, TicketStateChanged
from tickets.masking import without_secrets
from tickets.models import Message, MessageKind, StateInterval, Ticket
from tickets.permissions import can_be_reopened, standing
from tickets.services.analyses import require_analysis
from tickets.services.assignment import publish_assigned
from tickets.services.base import change_ticket, lock_ticket, record_ticket, require_version
from tickets.services.conversation import (
    publish_customer_informed,
    publish_customer_replied,
    write_message,
)
from tickets.services.details import (
    NOTHING,
    TransitionDetails,
    require_details,
    with_own_cause,
)
from tickets.services.errors import TransitionNotAllowed
from tickets.services.indexing import index_supplier
from tickets.services.linking import link_duplicate
from tickets.services.snoozing import end_snooze
from tickets.services.stays import begin_stay
from tickets.services.times import enter_time, require_time
from tickets.states import (
    ANSWERED,
    CLOSE_UNANSWERED,
    CLOSE_WITHOUT_ANSWER,
    MERGE,
    MERGE_STARTED,
    OPEN_STATES,
    SOLVE,
    TRANSITIONS,
    ClosureCode,
    Effect,
    SolutionType,
    State,
    Transition,
    Who,
    transitions_from,
)


def possible_transitions(*, ticket: Ticket, user: User, at: datetime) -> list[Transition]:
    """Return the transitions this person may take now, in the order of the table."""
    stands_as = standing(user, ticket)
    return [
        transition
        for transition in transitions_from(ticket.state)
        if transition.who & stands_as
        and (Effect.ENDS_WITH_REOPENING not in transition.effects or can_be_reopened(ticket, at))
    ]


@transaction.atomic
def transition_ticket(
    *,
    ticket: Ticket,
    name: str,
    details: TransitionDetails = NOTHING,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Take the named transition and return the ticket.

    Raises ``TransitionNotAllowed`` (lists the possible ones), ``DetailsMissing``, ``StaleTicket``,
    or ``Invalid``: without the time worked or the functional analysis that contract or service ask
    for, or for a duplicate that cannot be linked. In order: links a duplicate, writes the
    fields, the interval, the message if there is one, and the record; publishes events; queues one
    letter with state and message.
    """
    require_version(ticket, expected_version)
    user = acting_person(by)
    possible = possible_transitions(ticket=ticket, user=user, at=at)
    transition = TRANSITIONS.get(name)
    if transition is None or transition not in possible:
        raise TransitionNotAllowed(ticket, str(transition.label) if transition else name, possible)
    if user.is_staff:
        require_details(ticket, transition, transition.staff_needs, details, at)
        is_duplicate = transition.causes and details.cause == EndCause.DUPLICATE
        if is_duplicate and details.duplicate_of is not None:
            link_duplicate(ticket=ticket, other=details.duplicate_of, by=by, at=at)
        require_time(
            ticket,
            details.spent,
            by=by,
            is_message=_writes_message(transition, details),
            is_solution=transition.is_solution,
        )
        if transition.is_solution:
            require_analysis(ticket)
    else:
        require_details(ticket, transition, transition.needs, details, at)
        details = with_own_cause(transition, details, by=by)
    return _take(ticket=ticket, transition=transition, details=details, by=by, at=at)


@transaction.atomic
def close_unanswered(*, ticket: Ticket, at: datetime) -> Ticket:
    """Close a solved ticket whose validation period ended without an answer (SPEC 3.11). Raise
    ``TransitionNotAllowed`` if it is not solved or the period still runs.
    """
    transition = CLOSE_UNANSWERED
    is_over = ticket.validation_due_at is not None and ticket.validation_due_at <= at
    if ticket.state not in transition.sources or not is_over:
        raise TransitionNotAllowed(ticket, str(transition.label), transitions_from(ticket.state))
    by = system_actor("validation")
    return _take(ticket=ticket, transition=transition, details=NOTHING, by=by, at=at)


def close_without_answer(*, ticket: Ticket, code: ClosureCode, by: Actor, at: datetime) -> None:
    """Close a ticket whose customer did not answer, on behalf of the reminders, which hold its
    lock. Raise ``TransitionNotAllowed`` if it does not wait for them.
    """
    transition = CLOSE_WITHOUT_ANSWER[code]
    if ticket.state not in transition.sources:
        raise TransitionNotAllowed(ticket, str(transition.label), transitions_from(ticket.state))
    details = TransitionDetails(cause=EndCause.NO_ANSWER)
    _take(ticket=ticket, transition=transition, details=details, by=by, at=at)


@transaction.atomic
def solve_automatically(
    *, ticket: Ticket, message: str, files: Sequence[CheckedFile] = (), by: Actor, at: datetime
) -> Ticket:
    """Solve an open ticket on behalf of another service, which has checked the permission and the
    details. Locks the ticket's row.

    Raises ``TransitionNotAllowed`` if the ticket is solved or has ended. It asks for no functional
    analysis: the delivery of an audit changes no data.
    """
    lock_ticket(ticket)
    if ticket.state not in OPEN_STATES:
        raise TransitionNotAllowed(ticket, str(SOLVE.label), transitions_from(ticket.state))
    details = TransitionDetails(message=message, solution_type=SolutionType.DEFINITIVE, files=files)
    return _take(ticket=ticket, transition=SOLVE, details=details, by=by, at=at)


def end_as_merged(*, ticket: Ticket, survivor: Ticket, by: Actor, at: datetime) -> None:
    """End an open ticket whose matter goes on in ``survivor``, on behalf of the merge, which has
    checked both and holds their locks.
    """
    transition = MERGE if ticket.state in MERGE.sources else MERGE_STARTED
    details = TransitionDetails(survivor=survivor, cause=EndCause.DUPLICATE, duplicate_of=survivor)
    _take(ticket=ticket, transition=transition, details=details, by=by, at=at)


def resume_after_answer(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Put a pending-user ticket back in progress after its customer's reply, in the same
    transaction. In any other state do nothing.
    """
    if ticket.state in ANSWERED.sources:
        _take(
            ticket=ticket,
            transition=ANSWERED,
            details=NOTHING,
            by=by,
            at=at,
        )


def _take(
    *,
    ticket: Ticket,
    transition: Transition,
    details: TransitionDetails,
    by: Actor,
    at: datetime,
) -> Ticket:
    old_state = ticket.state
    old_assignee = ticket.assignee_id
    end_snooze(ticket)
    change_ticket(ticket, at=at, **_changes(ticket, transition, details, by, at))
    assignee = ticket.assignee_id
    interval = _move_interval(ticket, transition, details, at)
    message = _message(ticket, transition, details, by, at)
    if details.spent is not None:
        enter_time(ticket=ticket, spent=details.spent, by=by, at=at, message=message)
    accepts = Effect.ACCEPTS_SOLUTION in transition.effects
    accepted_by = details.accepted_by if accepts else None
    record_ticket(
        ticket,
        verbs.STATE_CHANGED,
        by=by,
        at=at,
        transition=transition.name,
        **{"from": old_state, "to": ticket.state},
        interval=interval.pk,
        closure_code=ticket.closure_code,
        team=details.team.pk if details.team else None,
        **({"assignee": [old_assignee, assignee]} if old_assignee != assignee else {}),
        **(
            {"accepted_by": accepted_by.pk, "accepted_channel": details.accepted_channel}
            if accepted_by is not None
            else {}
        ),
        **_facts_of_the_cause(interval),
    )
    if message is not None and message.is_from_staff and message.is_public:
        publish_customer_informed(ticket=ticket, message=message, by=by, at=at)
    _publish(ticket, transition, old_state, at)
    if message is not None and not message.is_from_staff:
        publish_customer_replied(ticket=ticket, message=message, at=at)
    if old_assignee != assignee == ticket.assignee_id:  # else a handler gave it on, and said so
        publish_assigned(ticket=ticket, at=at)
    work_notices.notify_group(ticket=ticket, interval=interval, by=by, at=at)
    notices.notify_state(
        ticket=ticket,
        transition=transition,
        interval=interval,
        message=message,
        accepted_by=accepted_by.full_name if accepted_by is not None else "",
        accepted_channel=details.accepted_channel if accepted_by is not None else "",
        by=by,
        at=at,
    )
    return ticket


def _publish(ticket: Ticket, transition: Transition, old_state: str, at: datetime) -> None:
    publish(
        TicketStateChanged(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            ticket=ticket,
            from_state=old_state,
            to_state=ticket.state,
            transition=transition.name,
        )
    )
    if Effect.DECLINES_SOLUTION in transition.effects:
        publish(
            SolutionDeclined(organization_id=ticket.organization_id, at=at, ticket_id=ticket.pk)
        )


def _changes(
    ticket: Ticket, transition: Transition, details: TransitionDetails, by: Actor, at: datetime
) -> dict[str, Any]:
    """Return the fields of the ticket that this transition sets."""
    changes: dict[str, Any] = {"state": transition.target, "stay_mark": ""}
    if transition.ends_unsolved:
        changes["end_cause"] = details.cause
    staff_acts = transition.who & {Who.DESK, Who.HOLDER} and by.person_id is not None
    if staff_acts and ticket.owner_id is None and Effect.KEEPS_OWNER not in transition.effects:
        changes["owner_id"] = by.person_id
    if Effect.ASSIGNS_ACTOR in transition.effects and ticket.assignee_id is None:
        changes["assignee_id"] = by.person_id
    if "team" in transition.needs and details.team is not None:
        changes |= {"team": details.team, "assignee_id": None}
    if Effect.ASSIGNS_OWNER in transition.effects:
        # an absent owner is not assigned (SPEC 3.12)
        is_away = ticket.owner_id is not None and absence_of(ticket.owner_id, at) is not None
        changes |= {"team": None, "assignee_id": None if is_away else ticket.owner_id}
    if transition.target == State.SOLVED:
        changes |= {"solved_at": at, "solution_type": details.solution_type}
    if transition.target == State.CLOSED:
        changes |= {"closed_at": at, "closure_code": transition.closure_code or ""}
    if details.survivor is not None:
        changes["merged_into"] = details.survivor
    if ticket.state == State.PENDING_USER:
        changes |= {"answer_due_at": None, "reminders_sent": 0, "is_closing_announced": False}
    if ticket.state in {State.SOLVED, State.CLOSED}:
        changes |= {"validation_due_at": None, "validation_reminder_at": None}
        if transition.target in OPEN_STATES:
            changes |= {
                "solved_at": None,
                "closed_at": None,
                "closure_code": "",
                "end_cause": "",
                "solution_type": "",
                "reopen_ends_at": None,
            }
    return changes


def _facts_of_the_cause(interval: StateInterval) -> dict[str, Any]:
    """Return why the ticket ended without a solution, as the record keeps it."""
    if not interval.cause:
        return {}
    known = {
        "cause": interval.cause,
        "duplicate_of": interval.duplicate_of_id,
        "asked_by": interval.asked_by_id,
        "asked_channel": interval.asked_channel,
    }
    return {name: value for name, value in known.items() if value}


def _move_interval(
    ticket: Ticket, transition: Transition, details: TransitionDetails, at: datetime
) -> StateInterval:
    cause = details.cause if transition.ends_unsolved else ""
    is_asked = cause == EndCause.REQUESTED
    interval = begin_stay(
        ticket,
        at,
        reason=without_secrets(details.reason.strip()),  # a message has what was written
        tried=details.tried.strip(),
        supplier=details.supplier.strip(),
        supplier_case=details.supplier_case.strip(),
        promised_on=details.promised_on,
        cause=cause,
        duplicate_of=details.duplicate_of if cause == EndCause.DUPLICATE else None,
        asked_by=details.asked_by if is_asked else None,
        asked_channel=details.asked_channel if is_asked else "",
    )
    index_supplier(interval)
    return interval


def _writes_message(transition: Transition, details: TransitionDetails) -> bool:
    """Tell whether the step writes a message. A reason that goes with a letter is none."""
    is_reason = Effect.REASON_IS_MESSAGE in transition.effects
    return not is_blank(details.reason if is_reason else details.message)


def _message(
    ticket: Ticket, transition: Transition, details: TransitionDetails, by: Actor, at: datetime
) -> Message | None:
    """Write the text of the step as a message: the solution, the question, or the reason of a
    decline or reopening. Return None without text.
    """
    is_customer = Effect.REASON_IS_MESSAGE in transition.effects
    text = details.reason if is_customer else details.message
    if is_blank(text):
        return None
    kind = MessageKind.SOLUTION if transition.target == State.SOLVED else MessageKind.REPLY
    from_staff = not is_customer or acting_person(by).is_staff
    return write_message(
        ticket=ticket,
        kind=kind,
        body=text,
        is_from_staff=from_staff,
        by=by,
        at=at,
        files=details.files,
        copies=details.copies,
    )
