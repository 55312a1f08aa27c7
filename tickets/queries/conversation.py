"""Messages and files of a ticket."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.documents.models import Blob
from tickets.models import Attachment, Message, MessageKind, Ticket
from tickets.queries.tickets import TicketNotFound, visible_to


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


def conversation(ticket: Ticket, *, with_notes: bool) -> list[ConversationItem]:
    """Return the messages, oldest first, each with its attachments. ``with_notes`` includes
    internal notes.
    """
    messages = (
        Message.objects.filter(ticket=ticket).select_related("author").order_by("created_at", "pk")
    )
    if not with_notes:
        messages = messages.exclude(kind=MessageKind.NOTE)
    files: dict[int | None, list[Attachment]] = {}
    for attachment in (
        Attachment.objects.filter(ticket=ticket).select_related("blob").order_by("pk")
    ):
        files.setdefault(attachment.message_id, []).append(attachment)
    return [ConversationItem(message, files.get(message.pk, [])) for message in messages]


def attachments_of_description(ticket: Ticket) -> list[Attachment]:
    return list(
        Attachment.objects.filter(ticket=ticket, message=None).select_related("blob").order_by("pk")
    )


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
    hidden = attachment is None or (
        attachment.message is not None and not attachment.message.is_public and not user.is_staff
    )
    if (
        attachment is None
        or hidden
        or not visible_to(user).filter(pk=attachment.ticket_id).exists()
    ):
        raise TicketNotFound(_("There is no such file, or you have no access to it."))
    return attachment, attachment.blob
