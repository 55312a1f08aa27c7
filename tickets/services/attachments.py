from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from foundation.core.errors import Invalid
from foundation.documents.checking import CheckedFile
from foundation.documents.services import store_file
from tickets.models import Attachment, HeldFile, Message, Ticket

MAX_FILES_AT_ONCE = 10


def require_few(files: Sequence[CheckedFile | HeldFile]) -> None:
    """Raise ``Invalid`` above ``MAX_FILES_AT_ONCE``."""
    if len(files) > MAX_FILES_AT_ONCE:
        raise Invalid(
            _("Attach up to %(limit)d files at once; send the others in another message.")
            % {"limit": MAX_FILES_AT_ONCE}
        )


def attach_files(
    *, ticket: Ticket, message: Message | None, files: Sequence[CheckedFile], at: datetime
) -> list[Attachment]:
    """Store the checked files and attach them to ``message``, or to the ticket itself if it is
    None. Store identical content once per organization. Raise ``Invalid`` above
    ``MAX_FILES_AT_ONCE``.
    """
    if not files:
        return []
    require_few(files)
    return Attachment.objects.bulk_create(
        Attachment(
            organization_id=ticket.organization_id,
            ticket=ticket,
            message=message,
            blob=store_file(organization_id=ticket.organization_id, upload=file, at=at),
            name=file.name,
            created_at=at,
        )
        for file in files
    )
