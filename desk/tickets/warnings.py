"""What an agent has to know after a message was written."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tickets.models import Ticket
from tickets.notices import has_reader


def warn_without_reader(request: HttpRequest, ticket: Ticket, is_for_customer: bool) -> None:
    """Say that nobody was told when the requester may not read the ticket any more."""
    if is_for_customer and not has_reader(ticket):
        messages.warning(
            request,
            _("Kept on the ticket, but nobody was told: %(person)s has no access any more.")
            % {"person": ticket.requester},
        )
