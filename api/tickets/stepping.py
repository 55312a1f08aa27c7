"""From the body of ``POST tickets/{number}/transitions/`` to the details of the step."""

from typing import Any

from django.utils.translation import gettext as _

from api.tickets.times import spent_of
from foundation.accounts.models import User
from foundation.accounts.queries import get_team_by_name
from foundation.core.errors import Invalid
from tickets.models import Ticket
from tickets.permissions import accepters
from tickets.queries import get_named_ticket
from tickets.services import TransitionDetails


def details_of(ticket: Ticket, data: dict[str, Any], reader: User) -> TransitionDetails:
    """Raise ``Invalid`` for what only the staff may say."""
    if data["spent"] and not reader.is_staff:
        words = _("Only staff can read or enter the time worked.")
        raise Invalid(words, fields={"spent": words})
    team = get_team_by_name(data["team"]) if data.get("team") else None
    names = (
        "reason",
        "tried",
        "message",
        "solution_type",
        "supplier",
        "supplier_case",
        "promised_on",
        "accepted_channel",
        "cause",
        "asked_channel",
    )
    return TransitionDetails(
        team=team,
        spent=spent_of(data["spent"]),
        accepted_by=_person_of_customer(ticket, data, "accepted_by"),
        asked_by=_person_of_customer(ticket, data, "asked_by"),
        duplicate_of=get_named_ticket(reader, data["duplicate_of"], field="duplicate_of")
        if data["duplicate_of"]
        else None,
        **{name: data[name] for name in names},
    )


def _person_of_customer(ticket: Ticket, data: dict[str, Any], field: str) -> User | None:
    """Return the person of the customer whose address the field has, None without one. Raises
    ``Invalid`` if they may not accept a solution of this ticket, or call it off.
    """
    address = data[field]
    if not address:
        return None
    people = {each.email.lower(): each for each in accepters(ticket)}
    if address.lower() not in people:
        words = _("Choose the requester or a coordinator of the customer.")
        raise Invalid(words, fields={field: words})
    return people[address.lower()]
