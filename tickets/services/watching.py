"""People who follow a ticket (SPEC 3.13)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, may_read
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from tickets import verbs
from tickets.models import Merge, Ticket, Watcher
from tickets.permissions import can_work
from tickets.queries import visible_to
from tickets.services.base import record_ticket
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
    if not _may_follow(person, ticket):
        words = _("%(person)s is no valid user of %(organization)s.") % {
            "person": person,
            "organization": ticket.organization,
        }
        raise Invalid(words, fields={"person": words})
    return follow(ticket, person, None, by, at)


def follow(ticket: Ticket, person: User, merge: Merge | None, by: Actor, at: datetime) -> bool:
    """Make the person a watcher, on behalf of a service that has checked them."""
    _row, is_new = Watcher.objects.get_or_create(
        ticket=ticket,
        person=person,
        defaults={
            "organization_id": ticket.organization_id,
            "merge": merge,
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
    gone = Watcher.objects.filter(ticket=ticket, person=person).delete()[0]
    if gone:
        record_ticket(ticket, verbs.UNWATCHED, by=by, at=at, person=person.pk)
    return bool(gone)


def _may_follow(person: User, ticket: Ticket) -> bool:
    if person.is_staff and not person.can(Capability.SEE_TICKETS):
        return False
    return may_read(person.pk, ticket.organization_id)
