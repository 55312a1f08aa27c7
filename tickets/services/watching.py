"""People who follow a ticket (SPEC 3.13)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, members_with_role
from foundation.accounts.roles import CustomerRole
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from tickets import verbs
from tickets.models import Ticket, Watcher
from tickets.permissions import can_work, may_follow
from tickets.queries import absorbed_by, visible_to, watchers_of
from tickets.services.base import hold_ticket, record_ticket
from tickets.services.conversation import readers_of
from tickets.services.errors import ActionNotAllowed


@transaction.atomic
def watch_ticket(*, ticket: Ticket, person: User, by: Actor, at: datetime) -> bool:
    """Let a person follow the ticket: they are told what happens on it. One of the customer may
    read and answer it from now on. Return False if they followed it already.

    Raises ``ActionNotAllowed`` when somebody adds another person and may not work on the ticket, or
    does not see it themselves; ``Invalid`` for a person who is neither of the desk that serves the
    customer nor a valid user of the customer.
    """
    author = acting_person(by)
    may_choose = can_work(author, ticket) or author.pk == person.pk
    if not may_choose or not visible_to(author).filter(pk=ticket.pk).exists():
        raise ActionNotAllowed(_("You may not choose who follows this ticket."))
    if not may_follow(person, ticket):
        words = _("%(person)s is no valid user of %(organization)s.") % {
            "person": person,
            "organization": ticket.organization,
        }
        raise Invalid(words, fields={"person": words})
    chosen = Watcher.objects.filter(ticket=ticket, person=person, comes_by_merge=True)
    return bool(chosen.update(comes_by_merge=False)) or follow(ticket, person, False, by, at)


def followable(ticket: Ticket, at: datetime) -> list[User]:
    """Return who may follow a ticket: the people of the desk who see it, then those of the
    customer, by name.
    """
    return [*readers_of(ticket, at), *members_with_role(ticket.organization_id, *CustomerRole)]


def get_followable(ticket: Ticket, address: str, *, at: datetime, field: str) -> User:
    """Return the person with this address. Raise ``Invalid`` with the ``field`` for one who may not
    follow the ticket, and for an address that nobody has.
    """
    for each in followable(ticket, at):
        if each.email.lower() == address.strip().lower():
            return each
    words = _("Nobody with this address may follow the ticket.")
    raise Invalid(words, fields={field: words})


def settle_followers(ticket: Ticket, by: Actor, at: datetime) -> None:
    """Let those follow the ticket, and each one in which it goes on, who raised or follow a ticket
    that is merged into it; end it for those who came by a merge that is undone.
    """
    while True:
        wanted = {person.pk: person for person in _brought_by_merges(ticket)}
        for each in watchers_of(ticket):
            if each.comes_by_merge and each.person_id not in wanted:
                Watcher.objects.filter(pk=each.pk).delete()
                record_ticket(ticket, verbs.UNWATCHED, by=by, at=at, person=each.person_id)
        for person in wanted.values():
            follow(ticket, person, True, by, at)
        if ticket.merged_into_id is None:
            return
        ticket = Ticket.objects.select_related("organization", "requester").get(
            pk=ticket.merged_into_id
        )


def is_brought_by_merge(person: User, ticket: Ticket) -> bool:
    """Tell whether a person raised, or was chosen to follow, a ticket that was merged into this
    one: then they follow it unless they are its requester.
    """
    absorbed = absorbed_by(ticket)
    chosen = Watcher.objects.filter(ticket__in=absorbed, person=person, comes_by_merge=False)
    return any(each.requester_id == person.pk for each in absorbed) or chosen.exists()


def _brought_by_merges(ticket: Ticket) -> list[User]:
    """Return who raised or was chosen to follow the tickets that were merged into this one."""
    absorbed = absorbed_by(ticket)
    chosen = Watcher.objects.filter(ticket__in=absorbed, comes_by_merge=False)
    people = [each.person for each in chosen.select_related("person").order_by("pk")]
    return [
        person
        for person in (*(each.requester for each in absorbed), *people)
        if person.pk != ticket.requester_id
    ]


def follow(ticket: Ticket, person: User, comes_by_merge: bool, by: Actor, at: datetime) -> bool:
    """Write that a person follows the ticket; the callers check that they may. Return False if they
    did already.
    """
    hold_ticket(ticket.pk)
    _row, is_new = Watcher.objects.get_or_create(
        ticket=ticket,
        person=person,
        defaults={
            "organization_id": ticket.organization_id,
            "comes_by_merge": comes_by_merge,
            "added_at": at,
        },
    )
    if is_new:
        record_ticket(ticket, verbs.WATCHED, by=by, at=at, person=person.pk)
    return is_new


@transaction.atomic
def unwatch_ticket(*, ticket: Ticket, person: User, by: Actor, at: datetime) -> bool:
    """End that a person follows the ticket. Return False if they did not.

    Raises ``ActionNotAllowed`` when somebody removes another person and may not work on the ticket.
    """
    author = acting_person(by)
    if author.pk != person.pk and not can_work(author, ticket):
        raise ActionNotAllowed(_("You may not choose who follows this ticket."))
    hold_ticket(ticket.pk)
    gone = Watcher.objects.filter(ticket=ticket, person=person).delete()[0]
    if gone:
        record_ticket(ticket, verbs.UNWATCHED, by=by, at=at, person=person.pk)
    return bool(gone)
