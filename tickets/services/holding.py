"""Messages that wait a moment before they are sent, in which their author can take them back."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

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
from foundation.core.durations import short_duration
from foundation.core.errors import DomainError, Invalid
from foundation.documents.checking import CheckedFile
from foundation.documents.services import store_file
from tickets import notices
from tickets.models import Activity, HeldFile, HeldMessage, MessageKind, Ticket
from tickets.queries import get_ticket
from tickets.services.attachments import require_few
from tickets.services.conversation import write_message
from tickets.services.copies import typed_copies
from tickets.services.details import TransitionDetails
from tickets.services.errors import ActionNotAllowed
from tickets.services.saying import Saying, write_now
from tickets.services.times import Spent
from tickets.services.visits import draft_of, drop_draft, restore_draft
from tickets.states import FINAL

# A clock that is due so soon after the delay is stopped at once.
MARGIN = timedelta(seconds=30)
MOST_ATTEMPTS = 5
RETRY = timedelta(minutes=1)
SENDING = system_actor("sending of held messages")


def is_due_soon(ticket: Ticket, at: datetime, delay: timedelta) -> bool:
    """Tell whether a running clock is overdue, or due until just after the delay: another
    one may be due right after the first.
    """
    return ticket.next_due_at is not None and ticket.next_due_at <= at + delay + MARGIN


@dataclass(frozen=True)
class Said:
    """What became of a message: the ticket afterwards, the message while it is on hold, why its
    step was not taken, and whether one that was on hold went before it.
    """

    ticket: Ticket
    held: HeldMessage | None
    not_taken: DomainError | None
    went_before: bool


@transaction.atomic
def say(*, ticket: Ticket, saying: Saying, by: Actor, at: datetime, delay: timedelta) -> Said:
    """Send a message. What the customer gets waits until ``at + delay``, and nothing of the ticket
    changes before; a note, and a message on a ticket with a clock that is overdue or about to be
    due, does not wait. What the person still has on hold for this ticket is sent first.

    Raises what ``write_now`` raises, and ``Invalid`` for files that are not there any more.
    """
    person = acting_person(by)
    again = _given_back_files(ticket, saying, person)
    require_few([*saying.files, *again])
    went_before = send_held_of(ticket_ids=[ticket.pk], by=by, at=at) > 0
    fresh = get_ticket(person, ticket.number)
    waits = delay and saying.kind != MessageKind.NOTE and not is_due_soon(fresh, at, delay)
    held = None
    if waits:
        held, not_taken = _hold(fresh, saying, by, at, delay)
        HeldFile.objects.filter(pk__in=[file.pk for file in again]).update(message=held)
    else:
        with ExitStack() as streams:
            files = [*saying.files, *_opened(again, streams)]
            not_taken = write_now(ticket=fresh, saying=replace(saying, files=files), by=by, at=at)
    given_back = HeldMessage.objects.filter(ticket=ticket, author=person, send_at=None)
    given_back.filter(pk=saying.again).delete()
    drop_draft(ticket=ticket, body=saying.body, by=by, kept=saying.kept)
    if not draft_of(ticket=ticket, person=person):
        given_back.delete()
    return Said(get_ticket(person, ticket.number), held, not_taken, went_before)


def _hold(
    ticket: Ticket, saying: Saying, by: Actor, at: datetime, delay: timedelta
) -> tuple[HeldMessage, DomainError | None]:
    """Hold the message. What would be refused is refused now: the act is rehearsed. A step that is
    not possible any more is left out, and why is returned.
    """
    person = acting_person(by)
    not_taken = _rehearse(ticket, saying, by, at)
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
            "minutes": details.spent.minutes if details.spent else 0,
            "activity": str(details.spent.activity) if details.spent else "",
            "cc": ", ".join(details.copies.cc),
            "bcc": ", ".join(details.copies.bcc),
        },
        version=None if not_taken else saying.version,
        form=saying.form,
        had_ended=ticket.state in FINAL,
        send_at=at + delay,
    )
    for file in saying.files:
        blob = store_file(organization_id=ticket.organization_id, upload=file, at=at)
        HeldFile.objects.create(
            organization_id=ticket.organization_id, message=held, blob=blob, name=file.name
        )
    return held, not_taken


def _given_back_files(ticket: Ticket, saying: Saying, person: User) -> list[HeldFile]:
    """Return the files that were given back and go again. Raises ``Invalid`` when one is not there:
    it was sent meanwhile, from another page. Locks the files, which another page may send now.
    """
    if not saying.again_files:
        return []
    mine = HeldFile.objects.select_for_update(of=("self",)).filter(
        message_id=saying.again,
        message__ticket=ticket,
        message__author=person,
        message__send_at=None,
        pk__in=saying.again_files,
    )
    found = list(mine.select_related("blob").order_by("pk"))
    if len(found) < len(set(saying.again_files)):
        words = _("The files were sent with another message meanwhile. Attach them again.")
        raise Invalid(words, fields={"attachments": words})
    return found


def _rehearse(ticket: Ticket, saying: Saying, by: Actor, at: datetime) -> DomainError | None:
    """Return what ``write_now`` would return, and keep nothing of it."""
    with transaction.atomic():
        not_taken = write_now(ticket=ticket, saying=replace(saying, files=()), by=by, at=at)
        transaction.set_rollback(True)
    return not_taken


@transaction.atomic
def take_back(*, ticket: Ticket, held_id: int, by: Actor, at: datetime) -> None:
    """Take a message back that was not sent yet: its author has it in the composer again, with its
    step and its files; one that was taken back already stays so. Raises ``ActionNotAllowed`` when
    it was sent, or is another person's.
    """
    rows = HeldMessage.objects.select_for_update(of=("self",)).select_related("author")
    mine = rows.filter(pk=held_id, ticket=ticket, author_id=by.person_id)
    held = mine.order_by("pk").first()
    if held is None:
        raise ActionNotAllowed(_("It was sent already: it cannot be taken back any more."))
    if held.send_at is None:
        return  # from another page
    _give_back(held, ticket, at)
    allow_again(person_id=held.author_id, token=held.form)


def _give_back(held: HeldMessage, ticket: Ticket, at: datetime) -> None:
    """Make the message its author's draft. Files of a draft that was given back before go along;
    its step gives way.
    """
    before = HeldMessage.objects.filter(ticket=ticket, author_id=held.author_id, send_at=None)
    if draft_of(ticket=ticket, person=held.author):
        HeldFile.objects.filter(message__in=before).update(message=held)
    before.delete()
    restore_draft(ticket=ticket, person=held.author, kind=held.kind, body=held.body, at=at)
    held.send_at = None
    held.save(update_fields=["send_at"])


def send_what_is_held(*, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """Send what the person has on hold for the ticket, before another act of theirs on it; return
    the ticket as it is then.
    """
    if not send_held_of(ticket_ids=[ticket.pk], by=by, at=at):
        return ticket
    return get_ticket(acting_person(by), ticket.number)


def send_held_of(*, ticket_ids: Iterable[int], by: Actor, at: datetime) -> int:
    """Send what the person has on hold for the tickets; return how many messages that were."""
    mine = HeldMessage.objects.filter(
        ticket_id__in=list(ticket_ids), author_id=by.person_id, send_at__isnull=False
    )
    found = list(mine.order_by("pk").values_list("pk", flat=True))
    for pk in found:
        send_held(held_id=pk, at=at)
    return len(found)


@transaction.atomic
def send_held(*, held_id: int, at: datetime) -> None:
    """Send a held message, once. What its author should know is written to them: that a step was
    not taken, or that the message could not be sent; it is in their composer then. Of an author who
    does not see the ticket any more, it is kept as an internal note.
    """
    rows = HeldMessage.objects.select_for_update(of=("self",), skip_locked=True)
    waiting = rows.select_related("author").filter(pk=held_id, send_at__isnull=False)
    held = waiting.order_by("pk").first()
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
        if ticket.state in FINAL and not held.had_ended:
            raise ActionNotAllowed(_("%(number)s has ended.") % {"number": ticket.number})
        with ExitStack() as streams, transaction.atomic():
            reason = write_now(ticket=ticket, saying=_saying_of(held, streams), by=by, at=at)
    except DomainError as error:
        _give_up(held, ticket, str(error.message), at)
        return
    if reason is not None:
        notices.notify_without_step(ticket=ticket, held=held, reason=str(reason.message), at=at)
    HeldMessage.objects.filter(pk=held.pk).delete()


@transaction.atomic
def try_held_later(*, held_id: int, at: datetime) -> None:
    """Put off a message whose sending failed unexpectedly; after ``MOST_ATTEMPTS`` its author has
    it in the composer again.
    """
    waiting = HeldMessage.objects.filter(pk=held_id, send_at__isnull=False)
    held = waiting.select_related("author").order_by("pk").first()
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
    _give_back(held, ticket, at)
    notices.notify_not_sent(ticket=ticket, held=held, reason=reason, at=at)


def _keep_as_note(held: HeldMessage, ticket: Ticket, at: datetime) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        words = _("%(person)s does not attend this customer any more: this was not sent.")
        text = words % {"person": held.author}
        if minutes := held.details["minutes"]:
            worked = short_duration(timedelta(minutes=minutes))
            text += " " + _("Time worked: %(time)s") % {"time": worked}
        write_message(
            ticket=ticket,
            kind=MessageKind.NOTE,
            body=f"{text}\n\n{held.body}",
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
            spent=Spent(given["minutes"], Activity(given["activity"]))
            if given["minutes"]
            else None,
            copies=typed_copies(given["cc"], given["bcc"]),
        ),
        version=held.version,
        files=_opened(held.files.select_related("blob").order_by("pk"), streams),
    )


def _opened(files: Iterable[HeldFile], streams: ExitStack) -> list[CheckedFile]:
    return [
        CheckedFile(
            file.name,
            file.blob.content_type,
            file.blob.size_bytes,
            streams.enter_context(file.blob.open()),
        )
        for file in files
    ]


@dataclass(frozen=True)
class Unsent:
    """What a person has not sent of a ticket: the message on hold, and the one that was given back
    to them, with its files.
    """

    held: HeldMessage | None = None
    given_back: HeldMessage | None = None
    files: Sequence[HeldFile] = ()


def unsent_of(person: User, ticket: Ticket) -> Unsent:
    """Return what the person has not sent of the ticket, in one statement or two."""
    rows = HeldMessage.objects.filter(ticket=ticket, author=person).order_by("pk")
    found = {row.send_at is None: row for row in rows}
    back = found.get(True)
    files = list(back.files.order_by("pk")) if back is not None else []
    return Unsent(found.get(False), back, files)
