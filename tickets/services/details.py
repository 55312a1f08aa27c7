"""What comes with a transition, and what of it is missing or wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from foundation.accounts.models import Team, User
from foundation.accounts.queries import acting_person, team_serves
from foundation.core.actor import Actor
from foundation.core.classification import ASSISTED_CHANNELS
from foundation.core.texts import is_blank
from foundation.core.zones import zone
from foundation.documents.checking import CheckedFile
from tickets.endings import CAUSE_NEEDS, EndCause
from tickets.masking import secrets_in
from tickets.models import Ticket
from tickets.permissions import can_reply_as_customer
from tickets.queries import survivor_of
from tickets.services.copies import NO_COPIES, Copies
from tickets.services.errors import DetailsMissing
from tickets.services.times import Spent
from tickets.states import Effect, SolutionType, State, Transition

_UNSOLVED = frozenset({State.REJECTED, State.CANCELLED})
FURTHEST = timedelta(days=730)  # that a promised or expected day may lie ahead


@dataclass(frozen=True, kw_only=True)
class TransitionDetails:
    """The values that come with a transition; ``Transition.needs`` names the required ones.
    ``message`` is sent to the customer. ``accepted_by`` told the desk, through the
    ``accepted_channel``, that they accept the solution (SPEC 3.11).

    ``cause`` is an ``EndCause``: of a duplicate with the ticket that it repeats, of a request with
    who asked and how they told the desk.
    """

    reason: str = ""
    tried: str = ""  # before it was sent to a higher level (SPEC 5.1)
    message: str = ""
    team: Team | None = None
    supplier: str = ""
    supplier_case: str = ""
    promised_on: date | None = None
    solution_type: str = ""
    accepted_by: User | None = None
    accepted_channel: str = ""
    cause: str = ""
    duplicate_of: Ticket | None = None
    asked_by: User | None = None
    asked_channel: str = ""
    files: Sequence[CheckedFile] = ()
    survivor: Ticket | None = None  # of a merge
    spent: Spent | None = None  # the work that ends with it
    copies: Copies = NO_COPIES  # of the message


NOTHING = TransitionDetails()


def with_own_cause(
    transition: Transition, details: TransitionDetails, *, by: Actor
) -> TransitionDetails:
    """Return the details of a step that somebody of the customer takes: they call the ticket off
    themselves.
    """
    if not transition.causes:
        return details
    return replace(
        details,
        cause=EndCause.REQUESTED,
        asked_by=acting_person(by),
        asked_channel=str(by.channel),
        duplicate_of=None,
    )


def require_details(
    ticket: Ticket,
    transition: Transition,
    needs: Sequence[str],
    details: TransitionDetails,
    at: datetime,
) -> None:
    """Raise ``DetailsMissing`` with each field that is missing or wrong."""
    if "cause" in needs and details.cause in transition.causes:
        needs = (*needs, *CAUSE_NEEDS.get(EndCause(details.cause), ()))
    fields: dict[str, str] = {}
    for need in needs:
        value = getattr(details, need)
        if value is None or (isinstance(value, str) and is_blank(value)):
            fields[need] = _("This is needed for “%(step)s”.") % {"step": transition.label}
    if "solution_type" in transition.needs and details.solution_type:
        fields |= _not_one_of("solution_type", details.solution_type, SolutionType.values)
    today = at.astimezone(zone(ticket.organization.time_zone)).date()
    promised_on = details.promised_on if "promised_on" in transition.needs else None
    if promised_on is not None and not today <= promised_on <= today + FURTHEST:
        fields["promised_on"] = _("Give a day from today on, within two years.")
    if "team" in transition.needs and details.team is not None:
        fields |= _wrong_team(ticket, details.team)
    if "accepted_by" in needs:
        fields |= _wrong_person(ticket, details, "accepted_by", "accepted_channel")
    if "cause" in needs:
        fields |= _wrong_cause(ticket, transition, needs, details)
    is_message = Effect.REASON_IS_MESSAGE in transition.effects
    fields |= secrets_in(
        reason="" if is_message else details.reason,
        tried=details.tried,
        supplier=details.supplier,
        supplier_case=details.supplier_case,
    )
    if fields:
        raise DetailsMissing(
            _("“%(step)s” needs more data.") % {"step": transition.label}, fields=fields
        )


def _not_one_of(name: str, value: str, values: Sequence[Any]) -> dict[str, str]:
    if value in values:
        return {}
    words = _("Choose one of: %(types)s.") % {"types": ", ".join(map(str, values))}
    return {name: words}


def _wrong_team(ticket: Ticket, team: Team) -> dict[str, str]:
    if team.level < 2:
        return {"team": _("Choose a group above the desk (level 2 or 3).")}
    if not team_serves(team, ticket.organization_id):
        return {"team": _("This group does not serve the customer.")}
    return {}


def _wrong_person(
    ticket: Ticket, details: TransitionDetails, person: str, channel: str
) -> dict[str, str]:
    """Return what is wrong with what somebody of the customer told the desk, by field."""
    fields = {}
    told_by = getattr(details, person)
    if told_by is not None and not can_reply_as_customer(told_by, ticket):
        fields[person] = _("Choose the requester or a coordinator of the customer.")
    if told_through := getattr(details, channel):
        fields |= _not_one_of(channel, told_through, [str(each) for each in ASSISTED_CHANNELS])
    return fields


def _wrong_cause(
    ticket: Ticket, transition: Transition, needs: Sequence[str], details: TransitionDetails
) -> dict[str, str]:
    """Return what is wrong with the cause of an end without a solution, by field."""
    fields: dict[str, str] = {}
    if details.cause:
        fields |= _not_one_of("cause", details.cause, [str(each) for each in transition.causes])
    if "asked_by" in needs:
        fields |= _wrong_person(ticket, details, "asked_by", "asked_channel")
    other = details.duplicate_of if "duplicate_of" in needs else None
    if other is not None and other.merged_into_id is not None:
        words = _("%(survivor)s was merged itself: choose %(into)s, in which it goes on.")
        names = {"survivor": other.number, "into": survivor_of(other).number}
        fields["duplicate_of"] = words % names
    elif other is not None and (other.end_cause or other.state in _UNSOLVED):
        words = _("%(number)s ended without a solution: name the one that is attended.")
        fields["duplicate_of"] = words % {"number": other.number}
    return fields
