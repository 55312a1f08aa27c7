"""A person of the desk looks at a ticket as its customer does."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from tickets import verbs
from tickets.models import Ticket
from tickets.notices import has_reader
from tickets.services.base import record_ticket
from tickets.services.errors import ActionNotAllowed


@transaction.atomic
def see_as_customer(*, ticket: Ticket, by: Actor, at: datetime) -> User:
    """Return the requester, as whom the acting person looks at the ticket, and record it.

    Raises ``ActionNotAllowed`` for who is not of the desk, and when the requester may no longer
    read the ticket: they see nothing of it.
    """
    if not acting_person(by).can(Capability.SEE_TICKETS):
        raise ActionNotAllowed(_("Only the staff look at a ticket as its customer does."))
    if not has_reader(ticket):
        words = _("%(person)s has no access any more, and sees nothing of %(number)s.")
        raise ActionNotAllowed(words % {"person": ticket.requester, "number": ticket.number})
    record_ticket(ticket, verbs.SEEN_AS_CUSTOMER, by=by, at=at)
    return ticket.requester
