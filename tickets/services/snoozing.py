"""Tickets that who has them snoozes until an instant, or until something happens on them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person, may_read
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor, system_actor
from foundation.core.errors import Invalid
from tickets import verbs, work_notices
from tickets.models import Snooze, Ticket
from tickets.queries import snooze_of
from tickets.services.base import lock_ticket, locked_ticket, record_ticket
from tickets.services.errors import ActionNotAllowed
from tickets.states import FINAL

LONGEST_SNOOZE = timedelta(days=90)
WAKING = system_actor("end of snoozing")


@transaction.atomic
def snooze_ticket(*, ticket: Ticket, until: datetime, by: Actor, at: datetime) -> Snooze:
    """Snooze a ticket until an instant: it leaves the list of its assignee and the next ticket.
    It comes back before that when a clock is missed, the customer writes, or its state or assignee
    changes. Its clocks run on. One that is snoozed already gets the new instant.

    Raises ``ActionNotAllowed`` for who does not have the ticket, or ``Invalid``: it has ended, a
    clock of it is missed, or an instant that is past or more than ``LONGEST_SNOOZE`` ahead.
    """
    locked = locked_ticket(ticket.pk)
    person = acting_person(by)
    if locked.assignee_id != person.pk:
        raise ActionNotAllowed(_("Only who has the ticket snoozes it: take it first."))
    if locked.state in FINAL:
        raise Invalid(_("%(number)s has ended.") % {"number": ticket.number})
    if _is_missed(locked, at):
        raise Invalid(_("A clock of it is missed: it stays among your tickets."))
    until = until.replace(second=0, microsecond=0)
    if not at < until <= at + LONGEST_SNOOZE:
        words = _("Give a time from now on, within %(days)d days.")
        words %= {"days": LONGEST_SNOOZE.days}
        raise Invalid(words, fields={"until": words})
    snooze, _is_new = Snooze.objects.update_or_create(
        ticket=ticket,
        defaults={"organization_id": ticket.organization_id, "person": person, "until": until},
    )
    record_ticket(ticket, verbs.SNOOZED, by=by, at=at, until=until.isoformat())
    return snooze


@transaction.atomic
def wake_ticket(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Bring a ticket back that was snoozed; one that was not is left. Raises ``ActionNotAllowed``
    for who does not have it and does not supervise.
    """
    locked = locked_ticket(ticket.pk)
    person = acting_person(by)
    if locked.assignee_id != person.pk and not person.can(Capability.SUPERVISE):
        raise ActionNotAllowed(_("Only who has the ticket, or a supervisor, brings it back."))
    if snooze_of(ticket) is not None:
        end_snooze(ticket)
        record_ticket(ticket, verbs.WOKEN, by=by, at=at)


@transaction.atomic
def wake_when_due(*, ticket: Ticket, at: datetime) -> bool:
    """Bring a ticket back whose time has come, or whose clock was missed, and tell who snoozed it.
    Return False when there is nothing to do any more. Locks the row.
    """
    lock_ticket(ticket)
    snooze = snooze_of(ticket)
    if snooze is None or (snooze.until > at and not _is_missed(ticket, at)):
        return False
    end_snooze(ticket)
    record_ticket(ticket, verbs.WOKEN, by=WAKING, at=at)
    if may_read(snooze.person_id, ticket.organization_id):
        work_notices.notify_woken(ticket=ticket, snooze=snooze, at=at)
    return True


def end_snooze(ticket: Ticket) -> None:
    """Bring a ticket back on behalf of what happens on it."""
    Snooze.objects.filter(ticket=ticket).delete()


def _is_missed(ticket: Ticket, at: datetime) -> bool:
    return ticket.next_due_at is not None and ticket.next_due_at <= at
