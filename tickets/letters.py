"""Letters about a ticket: the data that all of them have, and which of its texts are masked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from foundation.accounts.models import User
from foundation.core.classification import Channel, Priority
from foundation.core.links import Link
from foundation.core.sensitive import MASK, masked
from foundation.notifications.services import Letter, queue_letters
from tickets.masking import leaves_masked
from tickets.models import Message, Ticket
from tickets.queries import original_of

# What people wrote, of the values from which letters are written.
_TEXTS = frozenset(
    {
        *("subject", "survivor_subject", "description", "body", "reason", "tried", "title"),
        "signature",
    }
)


def language_of(user: User, ticket: Ticket) -> str:
    return user.language or ticket.organization.language


def ticket_letter(
    ticket: Ticket,
    *,
    to: User,
    template: str,
    key: str,
    for_staff: bool = False,
    not_before: datetime | None = None,
    links: dict[str, Link] | None = None,
    copies: Sequence[str] = (),
    **context: Any,
) -> Letter:
    """Build a letter about a ticket. ``links`` adds addresses, or replaces ``url`` (the ticket);
    ``copies`` are the addresses that its header names.

    ``key`` identifies the fact. With the recipient it forms ``dedupe_key``, so that the same fact
    writes one outbox row per person. ``is_masked`` of the context says that something is hidden.
    """
    texts: dict[str, Any] = {"subject": ticket.subject, **context}
    if leaves_masked(Channel.EMAIL, ticket):
        texts |= {name: masked(texts[name]) for name in _TEXTS & texts.keys()}
    # the subject of a letter is never more than that of the ticket
    if any(MASK in texts[name] for name in _TEXTS & texts.keys()):
        texts["is_masked"] = True
    return Letter(
        template=template,
        to_email=to.email,
        to_name=to.full_name,
        recipient_id=to.pk,
        language=language_of(to, ticket),
        dedupe_key=f"{key}:{to.pk or to.email}",
        not_before=not_before,
        links={"url": Link("ticket", ticket.number, for_staff), **(links or {})},
        copies=tuple(copies),
        thread_id=f"<ticket-{ticket.pk}@{settings.MESA_MAIL_DOMAIN}>",
        context={
            "number": ticket.number,
            "organization": ticket.organization.name,
            "state": ticket.state,
            "priority": Priority(ticket.priority).code,
            "time_zone": ticket.organization.time_zone,
            **texts,
        },
    )


def subject_in_mail(ticket: Ticket) -> str:
    """Return the subject for a letter about several tickets."""
    return masked(ticket.subject) if leaves_masked(Channel.EMAIL, ticket) else ticket.subject


def as_written(ticket: Ticket, message: Message | None) -> str:
    """Return the text of a message or, without one, of the description as it was written, for
    ``ticket_letter``, which masks it where the contract says so. It is masked here when the message
    was written on an absorbed ticket whose contract says so.
    """
    text = message or ticket
    written_on = message.through if message is not None else None
    if message and written_on and leaves_masked(Channel.EMAIL, written_on):
        return masked(message.body)
    original = original_of(ticket, message) if text.is_masked else None
    if original is not None:
        return original.text
    return message.body if message is not None else ticket.description


def send(ticket: Ticket, letters: Iterable[Letter], at: datetime) -> None:
    queue_letters(organization_id=ticket.organization_id, letters=list(letters), at=at)
