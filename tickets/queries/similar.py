"""Tickets that are like another one: probably the same matter, or solved before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Substr

from foundation.accounts.models import User
from foundation.search.similar import alike, telling_words
from tickets.models import Message, MessageKind, Ticket
from tickets.queries.tickets import visible_to
from tickets.states import OPEN_STATES, State

SHOWN = 3
SOLUTION_LETTERS = 200
_SOLVED = frozenset({State.SOLVED, State.CLOSED})


@dataclass(frozen=True)
class SimilarTicket:
    """A ticket with the words that it shares; ``solution`` is the beginning of the desk's last
    message, of an ended or solved ticket.
    """

    ticket: Ticket
    words: Sequence[str]
    solution: str = ""


@dataclass(frozen=True)
class SimilarTickets:
    duplicates: Sequence[SimilarTicket]
    solved: Sequence[SimilarTicket]


def similar_tickets(ticket: Ticket, *, reader: User) -> SimilarTickets:
    """Return the tickets that share telling words of the subject, or codes of the description: of
    the same customer those that are open, of every customer whom the reader sees those that are
    solved or closed; at most ``SHOWN`` of each, the most alike first. Runs up to four queries.
    """
    found = alike(
        "ticket",
        telling_words(ticket.subject, ticket.description),
        reads_internal=reader.is_staff,
        organization_id=ticket.organization_id,
    )
    words = {each.object_id: each.words for each in found if each.object_id != ticket.pk}
    seen = visible_to(reader).filter(pk__in=words, merged_into=None)
    states = {
        pk: (state, organization_id)
        for pk, state, organization_id in seen.select_related(None)
        .order_by()
        .values_list("pk", "state", "organization_id")
    }
    known = [(pk, *states[pk]) for pk in words if pk in states]
    own = ticket.organization_id
    duplicates = [pk for pk, state, other in known if state in OPEN_STATES and other == own][:SHOWN]
    solved = [pk for pk, state, _other in known if state in _SOLVED][:SHOWN]
    rows = {row.pk: row for row in _with_solution(seen.filter(pk__in=[*duplicates, *solved]))}
    return SimilarTickets(
        [SimilarTicket(rows[pk], words[pk]) for pk in duplicates],
        [SimilarTicket(rows[pk], words[pk], rows[pk].solution or "") for pk in solved],
    )


def _with_solution(tickets: QuerySet[Ticket]) -> QuerySet[Any]:
    """Add ``solution``, the beginning of the desk's last message to the customer."""
    last = (
        Message.objects.filter(ticket=OuterRef("pk"), is_from_staff=True)
        .exclude(kind=MessageKind.NOTE)
        .order_by("-pk")
        .values(start=Substr("body", 1, SOLUTION_LETTERS))
    )
    return tickets.annotate(solution=Subquery(last[:1]))
