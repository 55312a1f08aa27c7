"""Messages and files of a ticket."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.documents.models import Blob
from tickets.models import Attachment, Message, MessageKind, Ticket
from tickets.queries.tickets import TicketNotFound, visible_to

PAGE_OF_MESSAGES = 100


@dataclass(frozen=True)
class ConversationItem:
    message: Message
    attachments: list[Attachment]

    @property
    def side(self) -> str:
        """Return whose entry it is: ``note``, ``staff`` or ``customer``."""
        if self.message.kind == MessageKind.NOTE:
            return "note"
        return "staff" if self.message.is_from_staff else "customer"


@dataclass(frozen=True)
class ConversationPage:
    """Up to ``PAGE_OF_MESSAGES`` messages, oldest first. ``earlier`` counts those before them;
    ``is_last`` is false when later ones follow.
    """

    items: list[ConversationItem]
    earlier: int = 0
    is_last: bool = True

    def __iter__(self) -> Iterator[ConversationItem]:
        return iter(self.items)

    @property
    def first_id(self) -> int:
        """The id of the first message, 0 without one; ``before`` of the page before."""
        return self.items[0].message.pk if self.items else 0


def conversation(
    ticket: Ticket,
    *,
    with_notes: bool,
    absorbed: Sequence[Ticket] = (),
    before: int | None = None,
) -> ConversationPage:
    """Return the newest messages, each with its attachments, or those before the message with the
    id ``before``. ``with_notes`` includes internal notes. ``absorbed`` are tickets that were merged
    into this one, whose messages are read with it.
    """
    messages = _readable(ticket, with_notes=with_notes, absorbed=absorbed)
    limit = messages.filter(pk=before).order_by().first() if before is not None else None
    if limit is not None:
        messages = messages.filter(
            Q(created_at__lt=limit.created_at) | Q(created_at=limit.created_at, pk__lt=limit.pk)
        )
    newest = list(
        messages.select_related("author").order_by("-created_at", "-pk")[: PAGE_OF_MESSAGES + 1]
    )
    earlier = messages.count() - PAGE_OF_MESSAGES if len(newest) > PAGE_OF_MESSAGES else 0
    shown = newest[:PAGE_OF_MESSAGES][::-1]
    files: dict[int | None, list[Attachment]] = {}
    for attachment in (
        Attachment.objects.filter(message__in=shown).select_related("blob").order_by("pk")
    ):
        files.setdefault(attachment.message_id, []).append(attachment)
    items = [ConversationItem(message, files.get(message.pk, [])) for message in shown]
    return ConversationPage(items, earlier, is_last=limit is None)


def files_of(ticket: Ticket, message: Message | None) -> list[Attachment]:
    """Return the files of a message of the ticket or, without one, of its description."""
    files = Attachment.objects.filter(ticket=ticket, message=message)
    return list(files.select_related("blob").order_by("pk"))


def message_of(ticket: Ticket, message_id: int) -> Message | None:
    """Return a message of the ticket; None when it has none with this id."""
    messages = Message.objects.filter(ticket=ticket, pk=message_id).select_related("author")
    return messages.order_by("pk").first()


def last_message_id(ticket: Ticket) -> int:
    """Return the id of the newest message, notes included; 0 without one."""
    newest = Message.objects.filter(ticket=ticket).order_by("-created_at", "-pk")
    return newest.values_list("pk", flat=True).first() or 0


def last_message(ticket: Ticket) -> Message | None:
    """Return the newest message with its author, notes included."""
    messages = Message.objects.filter(ticket=ticket).select_related("author")
    return messages.order_by("-created_at", "-pk").first()


def last_question(ticket: Ticket) -> Message | None:
    """Return the newest message of the desk that the customer reads."""
    asked = Message.objects.filter(ticket=ticket, is_from_staff=True)
    return asked.exclude(kind=MessageKind.NOTE).order_by("-created_at", "-pk").first()


def messages_after(ticket: Ticket, message_id: int) -> list[Message]:
    """Return the messages with a higher id, oldest first, notes included, with their authors."""
    return list(
        Message.objects.filter(ticket=ticket, pk__gt=message_id)
        .select_related("author")
        .order_by("pk")
    )


def _readable(ticket: Ticket, *, with_notes: bool, absorbed: Sequence[Ticket]) -> QuerySet[Message]:
    ids = [ticket.pk, *(each.pk for each in absorbed)]
    messages = Message.objects.filter(Q(ticket__in=ids) | Q(through__in=ids))
    return messages if with_notes else messages.exclude(kind=MessageKind.NOTE)


def attachments_of_description(ticket: Ticket) -> list[Attachment]:
    return list(
        Attachment.objects.filter(ticket=ticket, message=None).select_related("blob").order_by("pk")
    )


def with_own_files(tickets: Sequence[Ticket]) -> list[tuple[Ticket, list[Attachment]]]:
    """Return each ticket with the files of its description, in one query for all; in none without
    a ticket.
    """
    files: dict[int, list[Attachment]] = {ticket.pk: [] for ticket in tickets}
    if files:
        found = Attachment.objects.filter(ticket__in=list(files), message=None)
        for each in found.select_related("blob").order_by("pk"):
            files[each.ticket_id].append(each)
    return [(ticket, files[ticket.pk]) for ticket in tickets]


def attachments_of(ticket: Ticket) -> list[Attachment]:
    """Return every file of the ticket, those of internal notes too, oldest first."""
    files = Attachment.objects.filter(ticket=ticket).select_related("blob", "message__author")
    return list(files.order_by("pk"))


def reads_text(user: User, ticket_id: int, message: Message | None) -> bool:
    """Tell whether the person may read a message of the ticket or, without one, the ticket itself:
    of a ticket that they see, or one on which it was sent, and no internal note for a customer.
    """
    ids = {ticket_id}
    if message is not None:
        if not message.is_public and not user.is_staff:
            return False
        if message.through_id is not None:
            ids.add(message.through_id)
    return visible_to(user).filter(pk__in=ids).exists()


def get_message(user: User, message_id: int) -> Message:
    """Return a message that the person may read. Raise ``TicketNotFound`` otherwise."""
    message = Message.objects.filter(pk=message_id).select_related("ticket").order_by("pk").first()
    if message is None or not reads_text(user, message.ticket_id, message):
        raise TicketNotFound(_("There is no such message, or you have no access to it."))
    return message


def get_attachment(user: User, attachment_id: int) -> tuple[Attachment, Blob]:
    """Return an attachment and its blob if this person may see its ticket. Attachments of internal
    notes are for staff only. Raise ``TicketNotFound`` otherwise.
    """
    attachment = (
        Attachment.objects.filter(pk=attachment_id)
        .select_related("message", "blob")
        .order_by("pk")
        .first()
    )
    if attachment is None or not reads_text(user, attachment.ticket_id, attachment.message):
        raise TicketNotFound(_("There is no such file, or you have no access to it."))
    return attachment, attachment.blob
