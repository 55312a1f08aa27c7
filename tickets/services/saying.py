"""What an agent writes in one act: a message, with a step of the life cycle if wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import DomainError, Invalid
from foundation.documents.checking import CheckedFile
from tickets.models import MessageKind, Ticket
from tickets.queries import get_ticket
from tickets.services.conversation import (
    add_note,
    reply_to_customer,
    send_attention_statement,
)
from tickets.services.copies import Copies
from tickets.services.details import TransitionDetails
from tickets.services.errors import StaleTicket, TransitionNotAllowed
from tickets.services.replying import reply_and_step


@dataclass(frozen=True)
class Saying:
    """A message as it is written. ``step`` is the name of a transition of ``WITH_REPLY`` that goes
    with a reply, ``details`` what it needs, the time spent and the copies, ``version`` the one of
    the ticket that was seen. ``again`` is the id of the held message that was given back and is
    sent anew with this one, ``again_files`` the ids of those of its files that go too.
    """

    kind: MessageKind
    body: str
    estimated_at: datetime | None = None
    step: str = ""
    details: TransitionDetails = field(default_factory=TransitionDetails)
    version: int | None = None
    files: Sequence[CheckedFile] = ()
    form: str = ""  # the token of the form in which it was written
    kept: str = ""  # what was kept of it last as a draft
    again: int | None = None
    again_files: Sequence[int] = ()

    @property
    def copies(self) -> Copies:
        return self.details.copies


def write_now(*, ticket: Ticket, saying: Saying, by: Actor, at: datetime) -> DomainError | None:
    """Write the message now. A reply whose step is not possible any more is sent without it
    (DECISIONS 31): return why. Raises what the services of the messages raise.
    """
    if saying.step:
        return _reply_with_step(ticket, saying, by, at)
    if saying.kind == MessageKind.STATEMENT:
        if saying.estimated_at is None:
            raise Invalid(_("An attention statement says when: choose a date and a time."))
        send_attention_statement(
            ticket=ticket,
            body=saying.body,
            estimated_at=saying.estimated_at,
            files=saying.files,
            spent=saying.details.spent,
            copies=saying.copies,
            by=by,
            at=at,
        )
        return None
    if saying.kind == MessageKind.NOTE:
        add_note(
            ticket=ticket,
            body=saying.body,
            files=saying.files,
            spent=saying.details.spent,
            by=by,
            at=at,
        )
        return None
    _reply(ticket, saying, by, at)
    return None


def _reply(ticket: Ticket, saying: Saying, by: Actor, at: datetime) -> None:
    reply_to_customer(
        ticket=ticket,
        body=saying.body,
        files=saying.files,
        spent=saying.details.spent,
        copies=saying.copies,
        by=by,
        at=at,
    )


def _reply_with_step(ticket: Ticket, saying: Saying, by: Actor, at: datetime) -> DomainError | None:
    details = replace(saying.details, message=saying.body, files=saying.files)
    try:
        with transaction.atomic():
            reply_and_step(
                ticket=ticket,
                name=saying.step,
                details=details,
                by=by,
                at=at,
                expected_version=saying.version,
            )
    except (StaleTicket, TransitionNotAllowed) as error:
        _reply(get_ticket(acting_person(by), ticket.number), saying, by, at)
        return error
    return None
