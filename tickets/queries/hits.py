"""The sentence in which a search found a ticket."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.search.excerpts import Piece, excerpt
from foundation.search.words import Phrase, phrases_of
from tickets.models import Attachment, Message, MessageKind, Ticket
from tickets.queries.searching import read_search

_READ_LETTERS = 10_000  # of a text
_READ_ROWS = 300  # messages, and files, of a page of tickets
_READ_IN_ALL = 600_000  # letters for a page of tickets


@dataclass(frozen=True)
class Hit:
    """Where a search found a ticket, and the sentence in pieces."""

    where: str
    pieces: Sequence[Piece]


def hits_of(tickets: Sequence[Ticket], typed: str, *, reader: User) -> dict[int, Hit]:
    """Return ticket id -> where the words of a search stand, for the tickets whose subject does not
    show them all: in the description, an answer, the newest message, the name of a file, of the
    requester or of the customer. A customer is shown no note. Runs two queries at most.
    """
    asked = phrases_of(read_search(typed, reader=reader).words)
    wanted = {
        ticket.pk: left
        for ticket in tickets
        if (left := [each for each in asked if not excerpt(ticket.subject, [each])])
    }
    hits: dict[int, Hit] = {}
    _add(hits, wanted, _own_texts(tickets))
    if left_over := [pk for pk in wanted if pk not in hits]:
        _add(hits, wanted, _messages(left_over, reads_internal=reader.is_staff))
    if left_over := [pk for pk in wanted if pk not in hits]:
        _add(hits, wanted, _files(left_over, reads_internal=reader.is_staff))
    _add(hits, wanted, _people(tickets))
    return hits


Texts = Iterator[tuple[int, str, str]]  # ticket id, where, text


def _add(hits: dict[int, Hit], wanted: dict[int, list[Phrase]], texts: Texts) -> None:
    """Look through texts, of each and of all together no more than a page should wait for."""
    left = _READ_IN_ALL
    for pk, where, text in texts:
        if pk not in wanted or pk in hits or left <= 0:
            continue
        read = text[:_READ_LETTERS]
        left -= len(read)
        if pieces := excerpt(read, wanted[pk]):
            hits[pk] = Hit(where, pieces)


def _own_texts(tickets: Sequence[Ticket]) -> Texts:
    for ticket in tickets:
        yield ticket.pk, _("Description"), ticket.description
        for answer in ticket.answers:
            yield ticket.pk, _("Answer"), str(answer.get("value", ""))


def _people(tickets: Sequence[Ticket]) -> Texts:
    for ticket in tickets:
        requester = f"{ticket.requester.full_name} <{ticket.requester.email}>"
        yield ticket.pk, _("Requester"), requester
        yield ticket.pk, _("Customer"), ticket.organization.name


def _messages(ids: Sequence[int], *, reads_internal: bool) -> Texts:
    messages = Message.objects.filter(ticket_id__in=ids)
    if not reads_internal:
        messages = messages.exclude(kind=MessageKind.NOTE)
    found = messages.order_by("-pk").annotate(read=Substr("body", 1, _READ_LETTERS))
    for ticket_id, kind, text in found.values_list("ticket_id", "kind", "read")[:_READ_ROWS]:
        yield ticket_id, str(MessageKind(kind).label), text


def _files(ids: Sequence[int], *, reads_internal: bool) -> Texts:
    files = Attachment.objects.filter(ticket_id__in=ids)
    if not reads_internal:
        files = files.exclude(message__kind=MessageKind.NOTE)
    for ticket_id, name in files.order_by("-pk").values_list("ticket_id", "name")[:_READ_ROWS]:
        yield ticket_id, _("File"), name
