"""Messages of a ticket. A reply is never refused for being stale (DECISIONS 14): the door warns
instead.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.limits import Limited, count_act
from foundation.accounts.models import User
from foundation.accounts.queries import staff
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.core.texts import is_blank, without_blank_ends
from foundation.documents.checking import CheckedFile
from foundation.duty.roster import roster_on
from tickets import notices, verbs
from tickets.events import CustomerInformed, CustomerReplied
from tickets.masking import kinds_of, without_secrets
from tickets.mentions import mentioned_in
from tickets.models import Message, MessageKind, Ticket
from tickets.services.attachments import attach_files
from tickets.services.base import record_ticket, require_worker, touch_ticket
from tickets.services.copies import NO_COPIES, Copies, checked_copies
from tickets.services.indexing import index_message
from tickets.services.originals import keep_original
from tickets.services.raising import MAX_TEXT
from tickets.services.times import Spent, enter_time, require_time

FARTHEST = timedelta(days=366)


@transaction.atomic
def reply_to_customer(
    *,
    ticket: Ticket,
    body: str,
    by: Actor,
    at: datetime,
    files: Sequence[CheckedFile] = (),
    spent: Spent | None = None,
    copies: Copies = NO_COPIES,
) -> Message:
    """Send a public reply: notify the requester by mail and stop the reaction clock. When they may
    no longer read the ticket, the message is kept, and they are not told: the clock runs on. The
    time ``spent`` on it is entered. ``copies`` go to others by e-mail.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid`` without
    the time when the contract asks for it, and as ``checked_copies``.
    """
    require_worker(ticket, by)
    _require_unmerged(ticket)
    require_time(ticket, spent, by=by, is_message=True)
    message = write_message(
        ticket=ticket,
        kind=MessageKind.REPLY,
        body=body,
        is_from_staff=True,
        by=by,
        at=at,
        files=files,
        copies=copies,
    )
    publish_customer_informed(ticket=ticket, message=message, by=by, at=at)
    notices.notify_reply(ticket=ticket, message=message, at=at)
    if spent is not None:
        enter_time(ticket=ticket, spent=spent, by=by, at=at, message=message)
    return message


@transaction.atomic
def send_attention_statement(
    *,
    ticket: Ticket,
    body: str,
    estimated_at: datetime,
    by: Actor,
    at: datetime,
    files: Sequence[CheckedFile] = (),
    spent: Spent | None = None,
    copies: Copies = NO_COPIES,
) -> Message:
    """Send the customer the expected time and the plan (SPEC 4.2). Stop the attention clock, and
    the reaction clock if it still runs. The time ``spent`` on it is entered. ``copies`` go to
    others by e-mail.

    Raises ``ActionNotAllowed``, or ``Invalid`` if ``estimated_at`` is not within the next 366 days,
    without the time when the contract asks for it, and as ``checked_copies``.
    """
    require_worker(ticket, by)
    _require_unmerged(ticket)
    require_time(ticket, spent, by=by, is_message=True)
    if not at < estimated_at < at + FARTHEST:
        raise Invalid(
            _("The estimated time has passed or is more than a year away."),
            fields={"estimated_at": _("Choose a time within a year from now.")},
        )
    message = write_message(
        ticket=ticket,
        kind=MessageKind.STATEMENT,
        body=body,
        is_from_staff=True,
        by=by,
        at=at,
        files=files,
        estimated_at=estimated_at,
        copies=copies,
    )
    publish_customer_informed(ticket=ticket, message=message, by=by, at=at)
    notices.notify_statement(ticket=ticket, message=message, at=at)
    if spent is not None:
        enter_time(ticket=ticket, spent=spent, by=by, at=at, message=message)
    return message


@transaction.atomic
def add_note(
    *,
    ticket: Ticket,
    body: str,
    by: Actor,
    at: datetime,
    files: Sequence[CheckedFile] = (),
    spent: Spent | None = None,
) -> Message:
    """Write an internal note. It is never sent to the customer and changes no clock. Who is
    mentioned in it is told. The time ``spent`` on it is entered; no contract asks for it.
    """
    require_worker(ticket, by)
    message = write_message(
        ticket=ticket,
        kind=MessageKind.NOTE,
        body=body,
        is_from_staff=True,
        by=by,
        at=at,
        files=files,
    )
    people = told_by_note(ticket, body, by, at)
    notices.notify_mentioned(ticket=ticket, message=message, people=people, at=at)
    if spent is not None:
        enter_time(ticket=ticket, spent=spent, by=by, at=at, message=message)
    return message


@transaction.atomic
def note_automatically(*, ticket: Ticket, body: str, by: Actor, at: datetime) -> Message:
    """Write an internal note on behalf of a rule; ``by`` is a system actor. It changes no clock."""
    return write_message(
        ticket=ticket, kind=MessageKind.NOTE, body=body, is_from_staff=True, by=by, at=at
    )


def told_by_note(ticket: Ticket, body: str, by: Actor, at: datetime) -> list[User]:
    """Return who is mentioned in a note and may read it, but for its author."""
    if "@" not in body:
        return []
    others = [person for person in readers_of(ticket, at) if person.pk != by.person_id]
    return mentioned_in(body, others)


def readers_of(ticket: Ticket, at: datetime) -> list[User]:
    """Return the people of the staff who see the ticket, by name."""
    roster = roster_on(at, ticket.organization_id)
    return [
        person for person in staff() if person.can(Capability.SEE_TICKETS) and roster.serves(person)
    ]


def _require_unmerged(ticket: Ticket) -> None:
    """Raise ``Invalid`` for a merged ticket: the customer is answered where it goes on."""
    if ticket.merged_into_id is not None:
        words = _("%(number)s goes on in %(survivor)s: write it there, or write an internal note.")
        words %= {"number": ticket.number, "survivor": ticket.survivor_number}
        raise Invalid(words, fields={"body": words})


def publish_customer_informed(*, ticket: Ticket, message: Message, by: Actor, at: datetime) -> None:
    """Publish ``CustomerInformed`` for a public message of the staff."""
    publish(
        CustomerInformed(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            message_id=message.pk,
            kind=message.kind,
            person_id=by.person_id,
            has_reader=notices.has_reader(ticket),
        )
    )


def publish_customer_replied(*, ticket: Ticket, message: Message, at: datetime) -> None:
    """Publish ``CustomerReplied`` for a message of the customer, also one that takes a step."""
    publish(
        CustomerReplied(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            ticket=ticket,
            message_id=message.pk,
            person_id=message.author_id,
        )
    )


def write_message(
    *,
    ticket: Ticket,
    kind: MessageKind,
    body: str,
    is_from_staff: bool,
    by: Actor,
    at: datetime,
    files: Sequence[CheckedFile] = (),
    estimated_at: datetime | None = None,
    through: Ticket | None = None,
    copies: Copies = NO_COPIES,
) -> Message:
    """Write one message with its attachments and record it. The caller has checked the permission.
    Its body is the copy without secrets. Raise ``Invalid`` if the text is empty or too long,
    ``TooMany`` above a customer's limits.
    """
    text = without_blank_ends(body)
    if is_blank(text):
        raise Invalid(_("The message is empty."), fields={"body": _("Write the message.")})
    if len(text) > MAX_TEXT:
        raise Invalid(
            _("The message is too long."),
            fields={"body": _("Attach the long part as a text file.")},
        )
    if not is_from_staff:
        count_act(Limited.REPLIES, by=by, at=at)
        count_act(Limited.FILES, by=by, at=at, amount=len(files))
    shown = without_secrets(text)
    copies = checked_copies(ticket, copies)
    message: Message = Message.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        kind=kind,
        author_id=by.person_id,
        is_from_staff=is_from_staff,
        body=shown,
        sensitive=kinds_of([text]),
        channel=by.channel,
        created_at=at,
        estimated_at=estimated_at,
        through=through,
        cc=list(copies.cc),
        bcc=list(copies.bcc),
    )
    if shown != text:
        keep_original(ticket=ticket, message=message, text=text)
    attach_files(ticket=ticket, message=message, files=files, at=at)
    touch_ticket(ticket, at=at)  # locks the row: the index is written by one message at a time
    index_message(message=message, files=[file.name for file in files])
    record_ticket(
        ticket, verbs.message_verb(kind), by=by, at=at, message=message.pk, files=len(files)
    )
    return message
