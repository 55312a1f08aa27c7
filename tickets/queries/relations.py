"""Links, merges and watchers of a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from foundation.accounts.models import User
from foundation.accounts.queries import valid_members
from foundation.accounts.roles import Capability
from tickets.models import LinkKind, Merge, Ticket, TicketLink, Watcher, link_label
from tickets.queries.tickets import visible_to
from tickets.states import ACTIVE

OFFERED = 30


@dataclass(frozen=True)
class Relation:
    """A link as one of its tickets reads it: what that ticket is to ``other``."""

    link: TicketLink
    other: Ticket
    is_source: bool

    @property
    def label(self) -> str:
        return link_label(LinkKind(self.link.kind), is_source=self.is_source)


def relations_of(ticket: Ticket, reader: User) -> list[Relation]:
    """Return the links of a ticket whose other ticket the reader may see: by kind, the older ones
    first.
    """
    links = TicketLink.objects.filter(Q(source=ticket) | Q(target=ticket)).order_by("pk")
    sides = [(link, link.source_id == ticket.pk) for link in links]
    ids = [link.target_id if is_source else link.source_id for link, is_source in sides]
    others = {each.pk: each for each in visible_to(reader).filter(pk__in=ids)} if ids else {}
    found = [
        Relation(link, others[pk], is_source)
        for (link, is_source), pk in zip(sides, ids, strict=True)
        if pk in others
    ]
    order = list(LinkKind)
    return sorted(found, key=lambda each: (order.index(LinkKind(each.link.kind)), each.is_source))


def link_of(ticket: Ticket, link_id: int) -> TicketLink | None:
    """Return a link of the ticket; None when it has none with this id."""
    links = TicketLink.objects.filter(Q(source=ticket) | Q(target=ticket), pk=link_id)
    return links.order_by("pk").first()


def other_active_tickets(ticket: Ticket, *, reader: User) -> list[Ticket]:
    """Return the newest active tickets of the same customer that the reader may see, thirty at
    most: those of the same requester first.
    """
    others = visible_to(reader).filter(
        organization_id=ticket.organization_id, state__in=sorted(ACTIVE)
    )
    newest = list(others.exclude(pk=ticket.pk).select_related(None)[:OFFERED])
    return sorted(newest, key=lambda each: each.requester_id != ticket.requester_id)


def absorbed_by(ticket: Ticket) -> list[Ticket]:
    """Return the tickets that were merged into this one, those of merged tickets too, the oldest
    first.
    """
    found: dict[int, Ticket] = {}
    ids: Sequence[int] = [ticket.pk]
    while ids:
        absorbed = Ticket.objects.filter(merged_into__in=ids).select_related("requester")
        fresh = {each.pk: each for each in absorbed.order_by("pk") if each.pk not in found}
        found |= fresh
        ids = list(fresh)
    return [found[pk] for pk in sorted(found)]


def survivor_of(ticket: Ticket) -> Ticket:
    """Return the ticket in which the matter of this one goes on: itself when it was not merged."""
    found = ticket
    while found.merged_into_id is not None:
        found = Ticket.objects.select_related("organization", "requester").get(
            pk=found.merged_into_id
        )
    return found


def standing_merge(ticket: Ticket) -> Merge | None:
    """Return the merge that ended a ticket; None when it was not merged, or the merge is undone."""
    merges = Merge.objects.filter(absorbed=ticket, undone_at=None).select_related("merged_by")
    return merges.order_by("pk").first()


def watchers_of(ticket: Ticket) -> list[Watcher]:
    """Return who follows a ticket, by name."""
    watchers = Watcher.objects.filter(ticket=ticket).select_related("person")
    return list(watchers.order_by("person__full_name", "pk"))


def watcher_of(ticket: Ticket, person_id: int) -> User | None:
    """Return the person with this id who follows the ticket; None when they do not."""
    watchers = Watcher.objects.filter(ticket=ticket, person=person_id).select_related("person")
    watcher = watchers.order_by("pk").first()
    return watcher.person if watcher is not None else None


def is_watched_by(ticket: Ticket, person: User) -> bool:
    return Watcher.objects.filter(ticket=ticket, person=person).exists()


def told_of_steps(tickets: Sequence[Ticket]) -> dict[int, list[User]]:
    """Return ticket id -> who is told when its state changes: the requester and who follows it, as
    far as they may read about the customer. Runs two queries; the tickets have their requester.
    """
    people = {ticket.pk: [ticket.requester] for ticket in tickets}
    watchers = Watcher.objects.filter(ticket__in=list(people)).select_related("person")
    for each in watchers.order_by("pk"):
        people[each.ticket_id].append(each.person)
    members = valid_members({person.pk for told in people.values() for person in told})
    organizations = {ticket.pk: ticket.organization_id for ticket in tickets}
    return {
        pk: [
            person
            for person in told
            if (person.pk, organizations[pk]) in members
            or (person.is_staff and person.is_active and person.can(Capability.SEE_TICKETS))
        ]
        for pk, told in people.items()
    }
