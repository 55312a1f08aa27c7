"""What a person of the desk sees of a ticket, and writes without sending it yet."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from tickets.models import HeldMessage, Message, MessageKind, Ticket, Visit
from tickets.services.errors import ActionNotAllowed

LONGEST_DRAFT = 100_000  # characters


def note_visit(*, ticket: Ticket, is_writing: bool, by: Actor, at: datetime) -> None:
    """Renew the visit of the person behind ``by``. Changes nothing of the ticket and is no fact of
    the record. Raises ``ActionNotAllowed`` for a customer.
    """
    writes = {"writes_at": at} if is_writing else {}
    _keep(ticket, _desk_person(by), at, writes)


def save_draft(*, ticket: Ticket, kind: str, body: str, by: Actor, at: datetime) -> None:
    """Keep what a person typed and did not send, for whatever device they go on with; an empty
    ``body`` drops it, and so does the text of the message that they wrote last: its draft came
    late. Raises ``ActionNotAllowed`` for a customer, or ``Invalid`` for a text that is too long to
    be sent.
    """
    if len(body) > LONGEST_DRAFT:
        raise Invalid(_("The text is too long to be kept."))
    person = _desk_person(by)
    text = _plain(body)
    sent = {""}
    held = HeldMessage.objects.filter(send_at__isnull=False)
    for written in (Message.objects.all(), held):
        own = written.filter(ticket=ticket, author=person).order_by("-pk")
        sent.add(_plain(own.values_list("body", flat=True).first() or "").strip())
    writes = text.strip() not in sent
    kept = {
        "draft_kind": kind if writes else "",
        "draft": text if writes else "",
        "writes_at": at if writes else None,
    }
    _keep(ticket, person, at, kept)


def draft_of(*, ticket: Ticket, person: User) -> str:
    """Return what the person typed and did not send."""
    visits = Visit.objects.filter(ticket=ticket, person=person).order_by("pk")
    return visits.values_list("draft", flat=True).first() or ""


def restore_draft(*, ticket: Ticket, person: User, kind: str, body: str, at: datetime) -> None:
    """Give the person a text back that was not sent: it is their draft, before what they are
    writing meanwhile. With an internal note, both are a note, which reaches no customer by mistake.
    """
    text = _plain(body)
    visits = Visit.objects.filter(ticket=ticket, person=person).order_by("pk")
    other, other_kind = visits.values_list("draft", "draft_kind").first() or ("", "")
    if other.strip() and other.strip() != text.strip():
        text = f"{text}\n\n{other}"
        kind = other_kind if other_kind == MessageKind.NOTE else kind
    _keep(ticket, person, at, {"draft_kind": kind, "draft": text, "writes_at": at})


def drop_draft(*, ticket: Ticket, body: str, by: Actor, kept: str = "") -> None:
    """Drop the person's draft, if it is the text that was sent, its beginning, or what was ``kept``
    of it last: they may be writing another one elsewhere.
    """
    sent = _plain(body).strip()
    drafts = Visit.objects.filter(ticket=ticket, person_id=by.person_id).exclude(draft="")
    for visit in drafts.order_by("pk"):
        draft = visit.draft.strip()
        if sent.startswith(draft) or draft == _plain(kept).strip():
            drafts.filter(pk=visit.pk).update(draft="", draft_kind="", writes_at=None)


def _plain(text: str) -> str:
    """Return a text with the line ends of a message, and without what no database keeps."""
    return text.replace("\r\n", "\n").replace("\0", "")


def _desk_person(by: Actor) -> User:
    person = acting_person(by)
    if not person.can(Capability.SEE_TICKETS):
        raise ActionNotAllowed(_("Only the desk says who has a ticket open."))
    return person


def _keep(ticket: Ticket, person: User, at: datetime, values: Mapping[str, object]) -> None:
    """Write the row of a ticket and a person, which two pages may do at once."""
    visit = Visit(
        organization_id=ticket.organization_id, ticket=ticket, person=person, seen_at=at, **values
    )
    Visit.objects.bulk_create(
        [visit],
        update_conflicts=True,
        unique_fields=["ticket", "person"],
        update_fields=["seen_at", *values],
    )
