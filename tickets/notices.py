"""Notifications about a ticket. Each act queues at most one letter per person.

The actor gets none, except the requester's own copy of a new ticket.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from foundation.accounts.models import User
from foundation.accounts.queries import is_staff, may_read, supervisors_of
from foundation.core.actor import Actor
from tickets.letters import as_written, send, subject_in_mail, ticket_letter
from tickets.message_letters import copies_of, signature_for, to_followers_of, to_watchers
from tickets.models import HeldMessage, Merge, Message, StateInterval, Ticket, format_number
from tickets.queries import last_question, visible_to
from tickets.states import Effect, State, Transition


def notify_received(*, ticket: Ticket, promises: list[dict[str, str]], at: datetime) -> None:
    """Queue the requester's copy of a new ticket (SPEC 3.3). ``promises`` holds the metric code and
    the ISO due instant of each dated clock.
    """
    letter = ticket_letter(
        ticket,
        to=ticket.requester,
        template="ticket_received",
        key=f"raised:{ticket.pk}",
        description=as_written(ticket, None),
        promises=promises,
        out_of_contract=ticket.is_out_of_contract,
    )
    send(ticket, [letter], at)


def has_reader(ticket: Ticket) -> bool:
    """Tell whether the requester may still read the ticket. Without an active account and a valid
    membership they get no mail about it.
    """
    return may_read(ticket.requester_id, ticket.organization_id)


def notify_reply(*, ticket: Ticket, message: Message, at: datetime) -> None:
    letters = [*to_followers_of(ticket, message), *copies_of(ticket, message)]
    if has_reader(ticket):
        letters.append(
            ticket_letter(
                ticket,
                to=ticket.requester,
                template="ticket_reply",
                key=f"message:{message.pk}",
                body=as_written(ticket, message),
                signature=signature_for(ticket, message),
                copies=message.cc,
            )
        )
    send(ticket, letters, at)


def notify_statement(*, ticket: Ticket, message: Message, at: datetime) -> None:
    letters = [*to_followers_of(ticket, message), *copies_of(ticket, message)]
    if has_reader(ticket):
        estimated = message.estimated_at.isoformat() if message.estimated_at else ""
        letters.append(
            ticket_letter(
                ticket,
                to=ticket.requester,
                template="ticket_statement",
                key=f"message:{message.pk}",
                body=as_written(ticket, message),
                signature=signature_for(ticket, message),
                estimated_at=estimated,
                copies=message.cc,
            )
        )
    send(ticket, letters, at)


def desk_readers(ticket: Ticket) -> list[User]:
    """Return the assignee, otherwise the desk owner; the desk's supervisors of the customer when
    they have left or no longer serve it; nobody for a ticket that nobody had.
    """
    holders = [person for person in (ticket.assignee, ticket.owner) if person is not None]
    for person in holders:
        if may_read(person.pk, ticket.organization_id):
            return [person]
    return supervisors_of(ticket.organization_id) if holders else []


def notify_customer_replied(*, ticket: Ticket, message: Message, at: datetime) -> None:
    """Notify whoever of the desk has the ticket, and who follows it."""
    letters = to_followers_of(ticket, message) + [
        ticket_letter(
            ticket,
            to=reader,
            template="customer_replied",
            key=f"message:{message.pk}",
            for_staff=True,
            body=as_written(ticket, message),
        )
        for reader in desk_readers(ticket)
    ]
    send(ticket, letters, at)


_STATE_LETTERS = {State.SOLVED: "ticket_solved", State.CLOSED: "ticket_closed"}


def notify_state(
    *,
    ticket: Ticket,
    transition: Transition,
    interval: StateInterval,
    message: Message | None,
    accepted_by: str,
    accepted_channel: str,
    by: Actor,
    at: datetime,
) -> None:
    """Notify the requester of the state, also of one that they set (DECISIONS 25), with the public
    message of the step and who accepted the solution for them.

    If the customer took the step, notify whoever of the desk has the ticket. Skip that after a
    reply (``FOLLOWS_A_REPLY``), which has notified them. A merge has a letter of its own.
    """
    if Effect.MERGES in transition.effects:
        return
    key = f"state:{interval.pk}"
    body = as_written(ticket, message) if message and message.is_public else ""
    is_told_by_reply = Effect.FOLLOWS_A_REPLY in transition.effects
    letters = []
    if not is_told_by_reply:
        letters = to_watchers(
            ticket, key=key, by_id=by.person_id, is_public=True, body=body, is_step=True
        )
    if message and message.is_public:
        letters += copies_of(ticket, message, key=key)
    if has_reader(ticket):
        letters.append(
            ticket_letter(
                ticket,
                to=ticket.requester,
                template=_STATE_LETTERS.get(State(ticket.state), "ticket_state"),
                key=key,
                body=body,
                signature=signature_for(ticket, message) if body else "",
                copies=message.cc if message else [],
                closure_code=ticket.closure_code,
                solution_type=ticket.solution_type,
                accepted_by=accepted_by,
                accepted_channel=accepted_channel,
                **_why(ticket, transition, interval),
            )
        )
    if not is_told_by_reply and _is_customer(by, ticket):
        letters += [
            ticket_letter(
                ticket,
                to=reader,
                template="customer_step",
                key=key,
                for_staff=True,
                transition=transition.name,
                body=as_written(ticket, message) if message else interval.reason,
            )
            for reader in desk_readers(ticket)
        ]
    send(ticket, letters, at)


def _why(ticket: Ticket, transition: Transition, interval: StateInterval) -> dict[str, Any]:
    """Return what a letter to the requester says of the reason of a state."""
    return {
        "reason": interval.reason if Effect.SENDS_REASON in transition.effects else "",
        "cause": interval.cause,
        "duplicate_of": _number_for_requester(ticket, interval),
    }


def _number_for_requester(ticket: Ticket, interval: StateInterval) -> str:
    """Return the number of the ticket that this one repeats, if its requester may see that one."""
    other_id = interval.duplicate_of_id
    if other_id is None or not visible_to(ticket.requester).filter(pk=other_id).exists():
        return ""
    return format_number(other_id)


def notify_marked(*, ticket: Ticket, interval: StateInterval, by: Actor, at: datetime) -> None:
    """Tell the requester, and who follows the ticket, what the work on it waits for."""
    key = f"mark:{interval.pk}"
    letters = to_watchers(ticket, key=key, by_id=by.person_id, is_public=True, body=interval.reason)
    if has_reader(ticket):
        expected = interval.expected_on.isoformat() if interval.expected_on else ""
        letters.append(
            ticket_letter(
                ticket,
                to=ticket.requester,
                template="ticket_marked",
                key=key,
                body=interval.reason,
                mark=interval.mark,
                expected_on=expected,
            )
        )
    send(ticket, letters, at)


def _is_customer(by: Actor, ticket: Ticket) -> bool:
    """Tell whether the requester, or a coordinator in their place, acts."""
    if by.person_id is None:
        return False
    return by.person_id == ticket.requester_id or not is_staff(by.person_id)


def notify_mentioned(
    *, ticket: Ticket, message: Message, people: Sequence[User], at: datetime
) -> None:
    """Notify the people who are mentioned in an internal note, and the staff who follow the
    ticket.
    """
    letters = to_followers_of(ticket, message) + [
        ticket_letter(
            ticket,
            to=person,
            template="mentioned",
            key=f"message:{message.pk}",
            for_staff=True,
            author=str(message.author or ""),
            body=as_written(ticket, message),
        )
        for person in people
    ]
    send(ticket, letters, at)


def notify_not_sent(*, ticket: Ticket, held: HeldMessage, reason: str, at: datetime) -> None:
    """Tell the author of a held message that it was not sent, and that its text is their draft."""
    _tell_author("not_sent", ticket, held, reason, at)


def notify_without_step(*, ticket: Ticket, held: HeldMessage, reason: str, at: datetime) -> None:
    """Tell the author of a held message that its step was not taken."""
    _tell_author("sent_without_step", ticket, held, reason, at)


def _tell_author(
    template: str, ticket: Ticket, held: HeldMessage, reason: str, at: datetime
) -> None:
    letter = ticket_letter(
        ticket,
        to=held.author,
        template=template,
        key=f"held:{held.pk}",
        for_staff=True,
        reason=reason,
        body=held.body,
    )
    send(ticket, [letter], at)


def notify_merged(*, ticket: Ticket, merge: Merge, by: Actor, at: datetime) -> None:
    """Tell the requester of an absorbed ticket in which one their matter goes on."""
    _tell_of_merge("ticket_merged", ticket, merge, by, at)


def notify_unmerged(*, ticket: Ticket, merge: Merge, by: Actor, at: datetime) -> None:
    """Tell the requester of a ticket that it goes on by itself again."""
    _tell_of_merge("ticket_unmerged", ticket, merge, by, at)


def _tell_of_merge(template: str, ticket: Ticket, merge: Merge, by: Actor, at: datetime) -> None:
    if not has_reader(ticket) or ticket.requester_id == by.person_id:
        return
    letter = ticket_letter(
        ticket,
        to=ticket.requester,
        template=template,
        key=f"{template}:{merge.pk}",
        survivor=merge.survivor.number,
        survivor_subject=subject_in_mail(merge.survivor),
    )
    send(ticket, [letter], at)


def notify_requester_changed(
    *, ticket: Ticket, old: User, follows: bool, by: Actor, at: datetime
) -> None:
    """Tell the new requester that the ticket is theirs, and the old one whose it is now and whether
    they still follow it. Neither is told who may not read it, nor of what they did themselves.
    """
    told = [person for person in (ticket.requester, old) if person.pk != by.person_id]
    letters = [
        ticket_letter(
            ticket,
            to=person,
            template="requester_changed",
            key=f"requester:{ticket.pk}:{ticket.version}",
            is_new=person.pk == ticket.requester_id,
            requester=ticket.requester.full_name,
            old=old.full_name,
            follows=follows,
            reads=visible_to(person).filter(pk=ticket.pk).exists(),
        )
        for person in told
        if may_read(person.pk, ticket.organization_id)
    ]
    send(ticket, letters, at)


def notify_reminder(*, ticket: Ticket, at: datetime) -> None:
    """Remind the requester of the desk's last question, and say when the ticket closes if it does
    without an answer.
    """
    question = last_question(ticket)
    closes_at = ticket.closes_without_answer_at
    contract = ticket.binding_contract
    letter = ticket_letter(
        ticket,
        to=ticket.requester,
        template="answer_reminder",
        key=f"reminder:{ticket.pk}:{at.isoformat()}",
        body=as_written(ticket, question) if question is not None else "",
        closes_at=closes_at.isoformat() if closes_at else "",
        closure_code=contract.no_answer_end if contract else "",
    )
    send(ticket, [letter], at)


def notify_validation_reminder(*, ticket: Ticket, at: datetime) -> None:
    if not has_reader(ticket):
        return
    due = ticket.validation_due_at.isoformat() if ticket.validation_due_at else ""
    letter = ticket_letter(
        ticket,
        to=ticket.requester,
        template="validation_reminder",
        key=f"validation:{ticket.pk}:{due}",
        validation_due_at=due,
    )
    send(ticket, [letter], at)
