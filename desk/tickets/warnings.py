"""What an agent has to know after a message was written."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.models import Ticket
from tickets.notices import has_reader
from tickets.queries import open_tasks_of
from tickets.states import OPEN_STATES, TRANSITIONS


def warn_without_reader(request: HttpRequest, ticket: Ticket, is_for_customer: bool) -> None:
    """Say that nobody was told when the requester may not read the ticket any more."""
    if is_for_customer and not has_reader(ticket):
        messages.warning(
            request,
            _("Kept on the ticket, but nobody was told: %(person)s has no access any more.")
            % {"person": ticket.requester},
        )


def warn_of_open_tasks(request: HttpRequest, ticket: Ticket, step: str) -> None:
    """Say how many tasks are open when a step ends the work on the ticket."""
    transition = TRANSITIONS.get(step)
    if transition is None or transition.target in OPEN_STATES:
        return
    if count := open_tasks_of(ticket):
        words = ngettext(
            "%(count)d task of it is still open.", "%(count)d tasks of it are still open.", count
        )
        messages.warning(request, words % {"count": count})
