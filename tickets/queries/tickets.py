"""The tickets that a person may see, and lookup by number."""

import re

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Membership, User
from foundation.accounts.roles import READS_ORGANIZATION, Capability, CustomerRole
from foundation.accounts.tenancy import valid_memberships
from foundation.core.errors import Invalid, NotFound
from tickets.models import Ticket, Watcher
from tickets.states import FINAL

_NUMBER = re.compile(r"(?:[A-Za-z]+-)?0*(\d{1,15})")


_RELATED = ("organization", "requester", "assignee", "owner", "team", "service")


class TicketNotFound(NotFound):
    """The ticket or file does not exist, or this person may not see it."""


def visible_to(user: User) -> QuerySet[Ticket]:
    """Return the tickets this person may see (SPEC 1.3); of a customer also those they follow.
    Newest first, with the relations that lists show joined. Staff without ``SEE_TICKETS`` see none.
    """
    tickets: QuerySet[Ticket] = Ticket.objects.select_related(*_RELATED).order_by("-pk")
    if user.is_staff:
        return tickets if user.can(Capability.SEE_TICKETS) else tickets.none()
    sight = Q(pk__in=())
    for membership in valid_memberships(user.pk):
        sight |= Q(organization_id=membership.organization_id) & _seen_by(membership)
    return tickets.filter(sight)


def _seen_by(membership: Membership) -> Q:
    if membership.has_role(*READS_ORGANIZATION):
        return Q()
    # ids, not a subquery: with one the database would read every ticket of the organization
    watched = Watcher.objects.filter(
        organization_id=membership.organization_id, person_id=membership.user_id
    )
    seen = Q(requester_id=membership.user_id)
    if ids := list(watched.order_by().values_list("ticket_id", flat=True)):
        seen |= Q(pk__in=ids)
    if membership.has_role(CustomerRole.SITE_SUPERVISOR):
        if membership.site_id is not None:
            seen |= Q(site_id=membership.site_id)
        if membership.department_id is not None:
            seen |= Q(department_id=membership.department_id)
    return seen


def last_tickets_of(requester_id: int, *, besides: Ticket, reader: User) -> list[Ticket]:
    """Return the newest five tickets of a requester that the reader may see, without one."""
    theirs = visible_to(reader).filter(requester_id=requester_id).exclude(pk=besides.pk)
    return list(theirs[:5])


def get_ticket(user: User, number: str) -> Ticket:
    """Return the ticket with this number (``TK-000123`` or ``123``). Raise ``TicketNotFound`` if it
    does not exist or this person may not see it.
    """
    ticket = find_by_number(visible_to(user), number).select_related(*_RELATED, "contract").first()
    if ticket is None:
        raise TicketNotFound(_("There is no such ticket, or you have no access to it."))
    return ticket


def get_named_ticket(user: User, number: str, *, field: str) -> Ticket:
    """Return the ticket that a person names in a field. Raise ``Invalid`` with that field when it
    does not exist or they may not see it.
    """
    try:
        return get_ticket(user, number)
    except TicketNotFound as error:
        words = str(error.message)
        raise Invalid(words, fields={field: words}) from error


def find_by_number(tickets: QuerySet[Ticket], number: str) -> QuerySet[Ticket]:
    """Filter by number: ``TK-000123``, any other prefix, or ``123``. Return an empty queryset for
    other text.
    """
    digits = _NUMBER.fullmatch(number.strip())
    return tickets.filter(pk=int(digits[1])) if digits else tickets.none()


def followers_of(user: User, ticket: Ticket) -> list[Ticket]:
    """Return the follow-ups of a ticket that this person may see; [] while the ticket has not
    ended.
    """
    if ticket.state not in FINAL:
        return []
    return list(visible_to(user).filter(continues=ticket).order_by("pk"))
