"""Letters about a message to others than the requester, and the signature under it."""

from typing import Any

from foundation.accounts.models import User
from foundation.accounts.queries import user_by_email
from foundation.notifications.services import Letter
from tickets.letters import as_written, language_of, ticket_letter
from tickets.models import Message, Ticket
from tickets.permissions import may_follow
from tickets.queries import signature_under, visible_to, watchers_of


def copies_of(ticket: Ticket, message: Message, *, key: str = "") -> list[Letter]:
    """Return the copies of a message for the other addresses, masked whatever the contract says:
    who gets one could not see the original on a page. Who has no account gets no link to the
    ticket; each ``cc`` is named in all of them, no ``bcc`` in any. ``key`` is that of the letters
    about the same fact.
    """
    letters = []
    for address in [*message.cc, *message.bcc]:
        person = user_by_email(address)
        reader = person or User(email=address, language=language_of(ticket.requester, ticket))
        letters.append(
            ticket_letter(
                ticket,
                to=reader,
                template="ticket_copy",
                key=key or f"message:{message.pk}",
                for_staff=person is not None and person.is_staff,
                author=str(message.author or ""),
                requester=str(ticket.requester),
                body=message.body,
                estimated_at=message.estimated_at.isoformat() if message.estimated_at else "",
                signature=signature_under(message, language_of(reader, ticket)),
                may_open=person is not None and visible_to(person).filter(pk=ticket.pk).exists(),
                copies=[each for each in message.cc if each != address],
            )
        )
    return letters


def signature_for(ticket: Ticket, message: Message | None) -> str:
    """Return what stands under a message in the letter to the requester; "" under none."""
    if message is None:
        return ""
    return signature_under(message, language_of(ticket.requester, ticket))


def to_followers_of(ticket: Ticket, message: Message) -> list[Letter]:
    """Return the letters to who follows a ticket about a message of it. One to somebody who is told
    of the same fact for another reason comes later in the list, and replaces this one.
    """
    return to_watchers(
        ticket,
        key=f"message:{message.pk}",
        by_id=message.author_id,
        is_public=message.is_public,
        author=str(message.author or ""),
        body=as_written(ticket, message),
    )


def to_watchers(
    ticket: Ticket, *, key: str, by_id: int | None, is_public: bool, **context: Any
) -> list[Letter]:
    """Return a letter for each person who follows a ticket and may read about it, but for the one
    who acted; what is not public is for the staff alone.
    """
    return [
        ticket_letter(
            ticket,
            to=each.person,
            template="watched",
            key=key,
            for_staff=each.person.is_staff,
            **context,
        )
        for each in watchers_of(ticket)
        if each.person_id != by_id
        and (is_public or each.person.is_staff)
        and may_follow(each.person, ticket)
    ]
