"""Entries of the time that the desk worked on a ticket, and when its contract asks for one (SPEC
3.13).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import TimeAsked
from foundation.accounts.models import DESK_ZONE
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.texts import one_line
from foundation.core.zones import zone
from tickets import verbs
from tickets.masking import secrets_in
from tickets.models import LONGEST_NOTE, MOST_MINUTES, Activity, Message, Ticket, TimeEntry
from tickets.queries import has_time
from tickets.services.base import hold_ticket, record_ticket, require_worker
from tickets.services.errors import ActionNotAllowed
from tickets.states import OPEN_STATES

OLDEST_DAY = timedelta(days=62)  # of work that is entered


@dataclass(frozen=True)
class Spent:
    """Minutes of work, and what it was. Without ``on`` it was done today, in the desk's zone."""

    minutes: int
    activity: Activity = Activity.ANALYSIS
    on: date | None = None
    note: str = ""


def time_asked(ticket: Ticket) -> TimeAsked:
    """Return when the ticket's contract asks for the time; without a contract it does not."""
    return TimeAsked(ticket.contract.time_asked) if ticket.contract else TimeAsked.NEVER


def _asks_time(ticket: Ticket, *, is_message: bool, is_solution: bool) -> bool:
    """Tell whether an act of the desk has to say how long the work took: each message to the
    customer, or the solution of a ticket without any entry, as its contract asks.
    """
    asked = time_asked(ticket)
    if asked is TimeAsked.WITH_REPLY:
        return is_message
    return asked is TimeAsked.WITH_SOLUTION and is_solution and not has_time(ticket)


def require_time(
    ticket: Ticket, spent: Spent | None, *, by: Actor, is_message: bool, is_solution: bool = False
) -> None:
    """Raise ``Invalid`` when a person of the desk does not say how long they worked, and the
    contract asks. Mesa itself works no time.
    """
    if spent is not None or by.person_id is None:
        return
    if _asks_time(ticket, is_message=is_message, is_solution=is_solution):
        words = _("The contract asks for the time worked: write it with the message on the ticket.")
        raise Invalid(words, fields={"minutes": words})


@transaction.atomic
def enter_time(
    *, ticket: Ticket, spent: Spent, by: Actor, at: datetime, message: Message | None = None
) -> TimeEntry:
    """Enter time that the acting person worked on the ticket, with a message of theirs or alone.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid``: no time
    or more than a day, a day that lies ahead or more than ``OLDEST_DAY`` back, a note that is too
    long.
    """
    require_worker(ticket, by)
    today = at.astimezone(zone(DESK_ZONE)).date()
    worked_on = spent.on or today
    note = one_line(spent.note)
    fields = {}
    if not 1 <= spent.minutes <= MOST_MINUTES:
        fields["minutes"] = _("Between a minute and a day.")
    if not today - OLDEST_DAY <= worked_on <= today:
        fields["worked_on"] = _("Give a day of the last two months.")
    if len(note) > LONGEST_NOTE:
        fields["note"] = _("At most %(count)d characters.") % {"count": LONGEST_NOTE}
    fields |= secrets_in(note=note)
    if fields:
        raise Invalid(" ".join(fields.values()), fields=fields)
    hold_ticket(ticket.pk)
    entry: TimeEntry = TimeEntry.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        person=acting_person(by),
        minutes=spent.minutes,
        step=ticket.contract.time_step if ticket.contract else 1,
        activity=spent.activity,
        worked_on=worked_on,
        note=note,
        message=message,
        created_at=at,
    )
    _record(entry, verbs.TIME_ADDED, by, at)
    return entry


@transaction.atomic
def remove_time(*, entry: TimeEntry, by: Actor, at: datetime) -> None:
    """Remove an entry of one's own or, as a supervisor, of anybody; the record keeps it.

    Raises ``ActionNotAllowed`` for somebody else's; and, but for a supervisor, for one that the
    contract asked for: of a message, or of a ticket that is solved or has ended.
    """
    person = acting_person(by)
    supervises = person.can(Capability.SUPERVISE)
    if entry.person_id != person.pk and not supervises:
        words = _("Only the person who worked it, or a supervisor, can remove it.")
        raise ActionNotAllowed(words)
    was_asked = time_asked(entry.ticket) is not TimeAsked.NEVER and (
        entry.message_id is not None or entry.ticket.state not in OPEN_STATES
    )
    if was_asked and not supervises:
        words = _("The contract asks for this time: only a supervisor can remove it.")
        raise ActionNotAllowed(words)
    hold_ticket(entry.ticket_id)
    if TimeEntry.objects.filter(pk=entry.pk, removed_at=None).update(removed_at=at):
        _record(entry, verbs.TIME_REMOVED, by, at)


def _record(entry: TimeEntry, verb: str, by: Actor, at: datetime) -> None:
    record_ticket(
        entry.ticket,
        verb,
        by=by,
        at=at,
        entry=entry.pk,
        minutes=entry.minutes,
        activity=str(entry.activity),
        worked_on=entry.worked_on.isoformat(),
    )
