"""Links between tickets of one customer (SPEC 3.13)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from tickets import verbs
from tickets.models import LinkKind, Ticket, TicketLink
from tickets.services.base import locked_tickets, record_ticket, require_worker
from tickets.services.errors import ActionNotAllowed


@transaction.atomic
def link_tickets(
    *, ticket: Ticket, other: Ticket, kind: LinkKind, by: Actor, at: datetime
) -> TicketLink:
    """Say what ``ticket`` is to ``other``, which the person sees; the record of both has it. Locks
    both rows.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid``: for
    itself, for a ticket of another customer, for a link that exists, or that the other way round
    would say the opposite.
    """
    require_worker(ticket, by)
    _require_pair(ticket, other)
    locked_tickets((ticket.pk, other.pk))
    is_turned = kind is LinkKind.RELATED and ticket.pk > other.pk
    source = other if is_turned else ticket
    target = ticket if is_turned else other
    _require_new(source, target, kind)
    link: TicketLink = TicketLink.objects.create(
        organization_id=ticket.organization_id,
        source=source,
        target=target,
        kind=kind,
        created_by_id=by.person_id,
        created_at=at,
    )
    _record(link, verbs.LINKED, by, at)
    return link


def link_duplicate(*, ticket: Ticket, other: Ticket, by: Actor, at: datetime) -> None:
    """Link a ticket that ends as the duplicate of another one; a link that exists stays. Raises as
    ``link_tickets``, of the field ``duplicate_of``.
    """
    exists = TicketLink.objects.filter(source=ticket, target=other, kind=LinkKind.DUPLICATE)
    if exists.exists():
        return
    try:
        link_tickets(ticket=ticket, other=other, kind=LinkKind.DUPLICATE, by=by, at=at)
    except Invalid as error:
        words = str(error.message)
        raise Invalid(words, fields={"duplicate_of": words}) from error


@transaction.atomic
def unlink_tickets(*, link: TicketLink, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Remove a link of ``ticket``; the record of both keeps it. Raises ``ActionNotAllowed`` as
    ``link_tickets``, and for a link of other tickets; a link that is gone is left.
    """
    require_worker(ticket, by)
    if ticket.pk not in {link.source_id, link.target_id}:
        raise ActionNotAllowed(_("This link is not one of %(number)s.") % {"number": ticket.number})
    if TicketLink.objects.filter(pk=link.pk).delete()[0]:
        _record(link, verbs.UNLINKED, by, at)


def _require_pair(ticket: Ticket, other: Ticket) -> None:
    if ticket.pk == other.pk:
        words = _("A ticket cannot be linked to itself.")
        raise Invalid(words, fields={"other": words})
    if ticket.organization_id != other.organization_id:
        words = _("%(number)s belongs to another customer: only tickets of one are linked.")
        words %= {"number": other.number}
        raise Invalid(words, fields={"other": words})


def _require_new(source: Ticket, target: Ticket, kind: LinkKind) -> None:
    """Raise ``Invalid`` for a link that exists, that would close a circle, or that would make the
    ticket part of a second one.
    """
    links = TicketLink.objects.filter(kind=kind)
    names = {"number": source.number, "other": target.number}
    words = ""
    if links.filter(source=source, target=target).exists():
        words = _("%(number)s and %(other)s are linked like this already.") % names
    elif kind is not LinkKind.RELATED and _leads(target.pk, source.pk, kind):
        words = _("%(other)s is linked to %(number)s the other way round: remove that link first.")
        words %= names
    elif kind is LinkKind.PART_OF and links.filter(source=source).exists():
        words = _("%(number)s is part of another ticket: remove that link first.") % names
    if words:
        raise Invalid(words, fields={"other": words})


def _leads(start: int, end: int, kind: LinkKind) -> bool:
    """Tell whether links of this kind lead from one ticket to another, over any number of them."""
    seen: set[int] = set()
    ids = {start}
    while ids and end not in ids:
        seen |= ids
        rows = TicketLink.objects.filter(kind=kind, source__in=ids).order_by()
        ids = set(rows.values_list("target", flat=True)) - seen
    return end in ids


def _record(link: TicketLink, verb: str, by: Actor, at: datetime) -> None:
    for ticket, other, is_source in (
        (link.source, link.target, True),
        (link.target, link.source, False),
    ):
        record_ticket(
            ticket, verb, by=by, at=at, kind=str(link.kind), other=other.pk, is_source=is_source
        )
