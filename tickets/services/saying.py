"""What an agent writes in one act: a message, with a step of the life cycle if wanted. It is sent
at once, or held for a moment in which it can be taken back.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, may_read
from foundation.accounts.roles import Capability
from foundation.accounts.sending import allow_again
from foundation.core.actor import Actor, system_actor
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, Invalid
from foundation.core.zones import in_zone
from foundation.documents.checking import CheckedFile
from foundation.documents.services import store_file
from tickets import notices
from tickets.models import HeldFile, HeldMessage, MessageKind, Ticket
from tickets.queries import get_ticket
from tickets.services.attachments import require_few
from tickets.services.conversation import (
    add_note,
    reply_to_customer,
    send_attention_statement,
    write_message,
)
from tickets.services.errors import ActionNotAllowed, StaleTicket, TransitionNotAllowed
from tickets.services.lifecycle import TransitionDetails
from tickets.services.replying import reply_and_step
from tickets.services.visits import drop_draft, restore_draft
from tickets.states import FINAL, TRANSITIONS, SolutionType

# A clock that is due so soon after the delay is stopped at once.
MARGIN = timedelta(seconds=30)
MOST_ATTEMPTS = 5
RETRY = timedelta(minutes=1)
SENDING = system_actor("sending of held messages")


@dataclass(frozen=True)
class Saying:
    """A message as it is written. ``step`` is the name of a transition of ``WITH_REPLY`` that goes
    with a reply, ``details`` what it needs, ``version`` the one of the ticket that was seen.
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


def say(*, ticket: Ticket, saying: Saying, by: Actor, at: datetime) -> DomainError | None:
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
            by=by,
            at=at,
        )
        return None
    verb: Any = add_note if saying.kind == MessageKind.NOTE else reply_to_customer
    verb(ticket=ticket, body=saying.body, files=saying.files, by=by, at=at)
    return None


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
        fresh = get_ticket(acting_person(by), ticket.number)
        reply_to_customer(ticket=fresh, body=saying.body, files=saying.files, by=by, at=at)
        return error
    return None


def is_due_soon(ticket: Ticket, at: datetime, delay: timedelta) -> bool:
    """Tell whether a running clock is overdue, or due until just after the delay: another
    one may be due right after the first.
    """
    return ticket.next_due_at is not None and ticket.next_due_at <= at + delay + MARGIN


@transaction.atomic
def hold_message(
    *, ticket: Ticket, saying: Saying, by: Actor, at: datetime, delay: timedelta
) -> tuple[HeldMessage, DomainError | None]:
    """Hold the message until ``at + delay``. What would be refused is refused now: the act is
    rehearsed. A step that is not possible any more is left out, and why is returned. What the
    person still has on hold for this ticket is sent first.

    Raises what ``say`` raises.
    """
    require_few(saying.files)
    person = acting_person(by)
    send_what_is_held(ticket=ticket, by=by, at=at)
    not_taken = _rehearse(get_ticket(person, ticket.number), saying, by, at)
    details = saying.details
    held: HeldMessage = HeldMessage.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        author=person,
        kind=saying.kind,
        body=saying.body,
        estimated_at=saying.estimated_at,
        step="" if not_taken else saying.step,
        details={
            "supplier": details.supplier,
            "supplier_case": details.supplier_case,
            "promised_on": details.promised_on.isoformat() if details.promised_on else "",
            "solution_type": details.solution_type,
            "form": saying.form,
            "had_ended": ticket.state in FINAL,
        },
        version=None if not_taken else saying.version,
        send_at=at + delay,
    )
    for file in saying.files:
        blob = store_file(organization_id=ticket.organization_id, upload=file, at=at)
        HeldFile.objects.create(
            organization_id=ticket.organization_id, message=held, blob=blob, name=file.name
        )
    drop_draft(ticket=ticket, body=saying.body, by=by, kept=saying.kept)
    return held, not_taken


def _rehearse(ticket: Ticket, saying: Saying, by: Actor, at: datetime) -> DomainError | None:
    """Return what ``say`` would return, and keep nothing of it."""
    with transaction.atomic():
        not_taken = say(ticket=ticket, saying=replace(saying, files=()), by=by, at=at)
        transaction.set_rollback(True)
    return not_taken


@transaction.atomic
def take_back(*, ticket: Ticket, held_id: int, by: Actor, at: datetime) -> list[str]:
    """Take a message back that was not sent yet: its text is the author's draft again. Return what
    is not kept with it, in words: its step, what the step needs, its files. Raises
    ``ActionNotAllowed`` when it was sent, or is another person's.
    """
    rows = HeldMessage.objects.select_for_update(of=("self",)).select_related("ticket", "author")
    mine = rows.filter(pk=held_id, ticket=ticket, author_id=by.person_id)
    held = mine.order_by("pk").first()
    if held is None:
        raise ActionNotAllowed(_("It was sent already: it cannot be taken back any more."))
    restore_draft(ticket=held.ticket, person=held.author, kind=held.kind, body=held.body, at=at)
    allow_again(person_id=held.author_id, token=held.details["form"])
    lost = [held.details[name] for name in ("supplier", "supplier_case", "promised_on")]
    if held.step:
        lost.insert(0, str(TRANSITIONS[held.step].label))
    if held.step == "solve":
        lost.append(str(SolutionType(held.details["solution_type"]).label))
    if held.estimated_at is not None:
        lost.append(f"{in_zone(held.estimated_at, ticket.organization.time_zone):%Y-%m-%d %H:%M}")
    lost += held.files.order_by("pk").values_list("name", flat=True)
    rows.filter(pk=held.pk).delete()
    return [each for each in lost if each]


def send_what_is_held(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Send what the person has on hold for the ticket, before another act of theirs on it."""
    held = HeldMessage.objects.filter(ticket=ticket, author_id=by.person_id)
    for pk in list(held.order_by("pk").values_list("pk", flat=True)):
        send_held(held_id=pk, at=at)


@transaction.atomic
def send_held(*, held_id: int, at: datetime) -> None:
    """Send a held message, once. What its author should know is written to them: that a step was
    not taken, or that the message could not be sent; its text is their draft then. Of an author who
    does not see the ticket any more, it is kept as an internal note.
    """
    rows = HeldMessage.objects.select_for_update(of=("self",), skip_locked=True)
    held = rows.select_related("author").filter(pk=held_id).order_by("pk").first()
    if held is None:
        return
    by = Actor(person_id=held.author_id, channel=Channel.DESK)
    ticket = Ticket.objects.select_related("organization", "requester", "contract").get(
        pk=held.ticket_id
    )
    if not may_read(held.author_id, held.organization_id) or not held.author.can(
        Capability.SEE_TICKETS
    ):
        _keep_as_note(held, ticket, at)
        return
    reason: DomainError | None
    try:
        if ticket.state in FINAL and not held.details["had_ended"]:
            raise ActionNotAllowed(_("%(number)s has ended.") % {"number": ticket.number})
        with ExitStack() as streams, transaction.atomic():
            reason = say(ticket=ticket, saying=_saying_of(held, streams), by=by, at=at)
    except DomainError as error:
        _give_up(held, ticket, str(error.message), at)
        return
    if reason is not None:
        notices.notify_without_step(ticket=ticket, held=held, reason=str(reason.message), at=at)
    HeldMessage.objects.filter(pk=held.pk).delete()


@transaction.atomic
def try_held_later(*, held_id: int, at: datetime) -> None:
    """Put off a message whose sending failed unexpectedly; after ``MOST_ATTEMPTS`` it is its
    author's draft again.
    """
    held = HeldMessage.objects.select_related("author").filter(pk=held_id).order_by("pk").first()
    if held is None:
        return
    held.attempts += 1
    if held.attempts < MOST_ATTEMPTS:
        held.send_at = at + held.attempts * RETRY
        held.save(update_fields=["attempts", "send_at"])
        return
    ticket = Ticket.objects.select_related("organization", "requester").get(pk=held.ticket_id)
    _give_up(held, ticket, _("It failed several times."), at)


def _give_up(held: HeldMessage, ticket: Ticket, reason: str, at: datetime) -> None:
    restore_draft(ticket=ticket, person=held.author, kind=held.kind, body=held.body, at=at)
    notices.notify_not_sent(ticket=ticket, held=held, reason=reason, at=at)
    HeldMessage.objects.filter(pk=held.pk).delete()


def _keep_as_note(held: HeldMessage, ticket: Ticket, at: datetime) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        words = _("%(person)s does not attend this customer any more: this was not sent.")
        write_message(
            ticket=ticket,
            kind=MessageKind.NOTE,
            body=f"{words % {'person': held.author}}\n\n{held.body}",
            is_from_staff=True,
            by=SENDING,
            at=at,
        )
    HeldMessage.objects.filter(pk=held.pk).delete()


def _saying_of(held: HeldMessage, streams: ExitStack) -> Saying:
    """Return what is held; ``streams`` closes the files."""
    given = held.details
    promised_on = given["promised_on"]
    return Saying(
        kind=MessageKind(held.kind),
        body=held.body,
        estimated_at=held.estimated_at,
        step=held.step,
        details=TransitionDetails(
            supplier=given["supplier"],
            supplier_case=given["supplier_case"],
            promised_on=date.fromisoformat(promised_on) if promised_on else None,
            solution_type=given["solution_type"],
        ),
        version=held.version,
        files=[
            CheckedFile(
                file.name,
                file.blob.content_type,
                file.blob.size_bytes,
                streams.enter_context(file.blob.open()),
            )
            for file in held.files.select_related("blob").order_by("pk")
        ],
    )


def held_by(person: User, ticket: Ticket) -> HeldMessage | None:
    """Return what the person has on hold for the ticket."""
    rows = HeldMessage.objects.filter(ticket=ticket, author=person)
    return rows.order_by("-pk").first()
