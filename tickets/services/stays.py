"""The stays of a ticket in its states, and the marked ones: the work waits for something while the
state stays as it is (SPEC 3.8).
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.core.texts import is_blank
from foundation.core.zones import zone
from tickets import notices, verbs
from tickets.events import TicketStayMarked
from tickets.masking import secrets_in
from tickets.models import StateInterval, Ticket
from tickets.permissions import standing
from tickets.services.base import change_ticket, record_ticket, require_version
from tickets.services.details import FURTHEST
from tickets.services.errors import ActionNotAllowed
from tickets.states import Who
from tickets.stays import MARKABLE, StayMark, bucket_of


def begin_stay(ticket: Ticket, at: datetime, *, mark: str = "", **values: Any) -> StateInterval:
    """End the present stay of the ticket and begin one in its state."""
    StateInterval.objects.filter(ticket=ticket, ended_at=None).update(ended_at=at)
    interval: StateInterval = StateInterval.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        state=ticket.state,
        bucket=bucket_of(ticket.state, mark),
        started_at=at,
        mark=mark,
        **values,
    )
    return interval


@transaction.atomic
def mark_stay(
    *,
    ticket: Ticket,
    mark: str,
    reason: str,
    expected_on: date | None = None,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Say what the work waits for, until which day if that is known; the customer is told with the
    reason. A mark that exists is replaced.

    Raises ``StaleTicket``, ``ActionNotAllowed`` for who does not belong to the level that holds the
    ticket, or ``Invalid``: no such mark, without a reason, a day that is past or more than two
    years ahead, or a ticket that is not open, assigned or in progress.
    """
    require_version(ticket, expected_version)
    _require_holder(ticket, by)
    if ticket.state not in MARKABLE:
        words = _("%(number)s is “%(state)s”: nothing can be awaited in this state.")
        raise Invalid(words % {"number": ticket.number, "state": ticket.state_label})
    fields = {}
    if mark not in StayMark.values:
        words = _("Choose one of: %(types)s.")
        fields["mark"] = words % {"types": ", ".join(StayMark.values)}
    if is_blank(reason):
        fields["reason"] = _("Write what is awaited: the customer reads it.")
    today = at.astimezone(zone(ticket.organization.time_zone)).date()
    if expected_on is not None and not today <= expected_on <= today + FURTHEST:
        fields["expected_on"] = _("Give a day from today on, within two years.")
    fields |= secrets_in(reason=reason)
    if fields:
        raise Invalid(" ".join(fields.values()), fields=fields)
    change_ticket(ticket, at=at, stay_mark=mark)
    interval = begin_stay(ticket, at, mark=mark, reason=reason.strip(), expected_on=expected_on)
    record_ticket(
        ticket,
        verbs.STAY_MARKED,
        by=by,
        at=at,
        interval=interval.pk,
        mark=mark,
        expected_on=expected_on.isoformat() if expected_on else "",
    )
    _publish(ticket, at)
    notices.notify_marked(ticket=ticket, interval=interval, by=by, at=at)


@transaction.atomic
def go_on(*, ticket: Ticket, by: Actor, at: datetime, expected_version: int | None = None) -> None:
    """Take the mark off: what was awaited is there. Raises ``StaleTicket``, ``ActionNotAllowed`` as
    ``mark_stay``, or ``Invalid`` for a ticket without a mark.
    """
    require_version(ticket, expected_version)
    _require_holder(ticket, by)
    if not ticket.stay_mark:
        raise Invalid(_("%(number)s waits for nothing.") % {"number": ticket.number})
    was = ticket.stay_mark
    change_ticket(ticket, at=at, stay_mark="")
    interval = begin_stay(ticket, at)
    record_ticket(ticket, verbs.STAY_UNMARKED, by=by, at=at, interval=interval.pk, mark=was)
    _publish(ticket, at)


def _require_holder(ticket: Ticket, by: Actor) -> None:
    if Who.HOLDER not in standing(acting_person(by), ticket):
        words = _("You may read %(number)s but not work on it: it is not with your level.")
        raise ActionNotAllowed(words % {"number": ticket.number})


def _publish(ticket: Ticket, at: datetime) -> None:
    publish(
        TicketStayMarked(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            mark=ticket.stay_mark,
        )
    )
