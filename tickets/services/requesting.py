"""Change of a ticket's requester: whose request it is, within the customer (SPEC 3.4)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import Department, Membership, Site, User
from foundation.accounts.queries import (
    acting_person,
    may_read,
    membership_by_email,
)
from foundation.accounts.roles import RAISES_TICKETS
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from tickets import notices, verbs
from tickets.events import RequesterChanged
from tickets.models import Ticket, Watcher
from tickets.permissions import can_classify
from tickets.queries import is_watched_by, visible_to
from tickets.services.answers import begin_another_term, set_answer_due
from tickets.services.base import change_ticket, lock_ticket, record_ticket, require_version
from tickets.services.errors import ActionNotAllowed
from tickets.services.indexing import index_again
from tickets.services.watching import follow, is_brought_by_merge
from tickets.states import OPEN_STATES, State


@dataclass(frozen=True)
class RequesterPlan:
    """What a change of requester does. Contract and clocks stay: a change that would give a clock
    other terms is refused. ``old_keeps_reading``: the old requester reads the ticket afterwards.
    ``answer_due_at``: the end of the time to answer the desk's question, which begins anew; None
    when nothing is asked.
    """

    new: User
    old: User
    old_keeps_reading: bool
    site: tuple[Site | None, Site | None]
    department: tuple[Department | None, Department | None]
    answer_due_at: datetime | None


class _Undo(Exception):  # noqa: N818 - it ends the trial
    """Carries what was found out of a trial that is rolled back."""

    def __init__(self, plan: RequesterPlan) -> None:
        super().__init__()
        self.plan = plan


def plan_requester(
    *, ticket: Ticket, membership: Membership, keeps_following: bool, by: Actor, at: datetime
) -> RequesterPlan:
    """Return what ``change_requester`` would do: it is done and rolled back. Raises what it raises,
    also by its handlers.
    """
    trial = Ticket.objects.select_related("organization", "contract", "requester").get(pk=ticket.pk)
    old = trial.requester
    site = trial.site
    department = trial.department
    try:
        with transaction.atomic():
            change_requester(
                ticket=trial, membership=membership, keeps_following=keeps_following, by=by, at=at
            )
            raise _Undo(
                RequesterPlan(
                    new=membership.user,
                    old=old,
                    old_keeps_reading=visible_to(old).filter(pk=trial.pk).exists(),
                    site=(site, membership.site),
                    department=(department, membership.department),
                    answer_due_at=trial.answer_due_at,
                )
            )
    except _Undo as done:
        return done.plan


def requester_by_email(ticket: Ticket, address: str) -> Membership:
    """Return the membership of the valid user of the ticket's customer with this address. Raises
    ``Invalid``.
    """
    found = membership_by_email(ticket.organization_id, address.strip())
    if found is None:
        words = _("Nobody of %(organization)s has this address.")
        words %= {"organization": ticket.organization}
        raise Invalid(words, fields={"requester": words})
    return found


@transaction.atomic
def change_requester(
    *,
    ticket: Ticket,
    membership: Membership,
    keeps_following: bool,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Make another valid user of the customer the requester of an open ticket, with their site and
    department. The old one follows it with ``keeps_following``, if they may still read it;
    otherwise they lose it, unless a role or a merged ticket of theirs shows it to them. Both are
    told. The time to answer the desk's question begins anew. Contract and clocks stay.

    Raises ``ActionNotAllowed`` (the desk alone may, and on open tickets), ``Invalid`` (somebody of
    another customer, who is no valid user that raises tickets, or who is the requester) or
    ``StaleTicket``. A handler of ``RequesterChanged`` may refuse it.
    """
    lock_ticket(ticket)
    require_version(ticket, expected_version)
    _check_requester(ticket, membership, by)
    old = ticket.requester
    new = membership.user
    change_ticket(
        ticket,
        at=at,
        requester=new,
        site=membership.site,
        department=membership.department,
    )
    record_ticket(ticket, verbs.REQUESTER_CHANGED, by=by, at=at, **{"from": old.pk, "to": new.pk})
    for person in (new, old):
        if Watcher.objects.filter(ticket=ticket, person=person).delete()[0]:
            record_ticket(ticket, verbs.UNWATCHED, by=by, at=at, person=person.pk)
    stays = keeps_following and may_read(old.pk, ticket.organization_id)
    if stays or is_brought_by_merge(old, ticket):
        follow(ticket, old, not stays, by, at)
    index_again([ticket])
    publish(
        RequesterChanged(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            ticket=ticket,
            old_requester_id=old.pk,
        )
    )
    if ticket.state == State.PENDING_USER:
        set_answer_due(ticket=ticket, due_at=None)
        begin_another_term(ticket, at)
    follows = is_watched_by(ticket, old)
    notices.notify_requester_changed(ticket=ticket, old=old, follows=follows, by=by, at=at)
    return ticket


def _check_requester(ticket: Ticket, membership: Membership, by: Actor) -> None:
    if not can_classify(acting_person(by), ticket) or ticket.state not in OPEN_STATES:
        raise ActionNotAllowed(
            _(
                "Only the desk can change the requester, and only of tickets that are neither "
                "solved nor ended."
            )
        )
    person = membership.user
    words = ""
    if membership.organization_id != ticket.organization_id:
        words = _("%(person)s is of another customer: register the ticket there.")
    elif not membership.has_role(*RAISES_TICKETS) or not may_read(
        person.pk, ticket.organization_id
    ):
        words = _("%(person)s is no valid user of %(organization)s who may raise tickets.")
    elif person.pk == ticket.requester_id:
        words = _("%(person)s is the requester already.")
    if words:
        words %= {"person": person, "organization": ticket.organization}
        raise Invalid(words, fields={"requester": words})
