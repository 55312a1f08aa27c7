"""Tags of tickets. For the desk alone: no customer reads them."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Exists, OuterRef, QuerySet

from tickets.models import Tag, Ticket, TicketTag, tag_key

OFFERED_TAGS = 200


def tags_of(ticket: Ticket) -> list[Tag]:
    """Return the tags of a ticket in alphabetical order."""
    return list(Tag.objects.filter(_is_on(TicketTag.objects.filter(ticket=ticket))))


def tags_of_tickets(ticket_ids: Iterable[int]) -> Mapping[int, Sequence[Tag]]:
    """Return ticket id -> its tags in alphabetical order, for every id. Runs one query."""
    found: dict[int, list[Tag]] = {pk: [] for pk in ticket_ids}
    rows = TicketTag.objects.filter(ticket__in=list(found)).select_related("tag")
    for row in rows.order_by("tag__key", "pk"):
        found[row.ticket_id].append(row.tag)
    return found


def tag_of(ticket: Ticket, tag_id: int) -> Tag | None:
    """Return a tag of the ticket; None when it has none with this id."""
    return next((tag for tag in tags_of(ticket) if tag.pk == tag_id), None)


def tags_in_use(organization_id: int | None = None) -> list[Tag]:
    """Return the tags that are on a ticket of one customer or, without one, of those in scope: the
    first ``OFFERED_TAGS`` of the alphabet, one of each spelling.
    """
    tags = Tag.objects.filter(_is_on(TicketTag.objects.all()))
    if organization_id is not None:
        tags = tags.filter(organization_id=organization_id)
    firsts: dict[str, Tag] = {}
    for tag in tags[: 4 * OFFERED_TAGS]:
        firsts.setdefault(tag.key, tag)
    return list(firsts.values())[:OFFERED_TAGS]


def tagged(tickets: QuerySet[Ticket], name: str) -> QuerySet[Ticket]:
    """Return the tickets that have a tag with this name, of whichever customer."""
    tags = Tag.objects.filter(key=tag_key(name)).order_by()
    return tickets.filter(pk__in=TicketTag.objects.filter(tag__in=tags).order_by().values("ticket"))


def _is_on(rows: QuerySet[TicketTag]) -> Exists:
    return Exists(rows.filter(tag=OuterRef("pk")).order_by())
