"""Merging tickets: the matter of one goes on in another one, until the merge is undone (SPEC 3.13,
17.12). Nothing moves: the absorbed ticket keeps its conversation, files and record.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from tickets import notices, verbs
from tickets.events import TicketMerged, TicketUnmerged
from tickets.models import Merge, Message, StateInterval, Ticket
from tickets.permissions import may_follow
from tickets.queries import standing_merge, survivor_of, watchers_of
from tickets.services.base import (
    change_ticket,
    lock_ticket,
    record_ticket,
    require_version,
    require_worker,
)
from tickets.services.lifecycle import end_as_merged, resume_after_answer
from tickets.services.returning import return_tickets
from tickets.services.watching import settle_followers
from tickets.states import FINAL, OPEN_STATES


@dataclass(frozen=True)
class MergePlan:
    """What a merge would do to people: ``told`` gets a letter; the ``followers`` of the absorbed
    ticket would follow the other one, and those of the customer may read it.
    """

    told: User | None
    followers: list[User]


def plan_merge(*, ticket: Ticket, survivor: Ticket, by: Actor) -> MergePlan:
    """Return what ``merge_tickets`` would do, writing nothing. Raises what it raises."""
    _require_mergeable(ticket, survivor, by)
    is_told = ticket.requester_id != by.person_id and notices.has_reader(ticket)
    return MergePlan(ticket.requester if is_told else None, _new_followers(ticket, survivor))


@transaction.atomic
def merge_tickets(
    *,
    ticket: Ticket,
    survivor: Ticket,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Merge:
    """End an open ticket because its matter goes on in ``survivor``, which the person sees. Its
    live clocks are withdrawn; what the customer writes on it from now on reaches the survivor; who
    raised or followed it follows the survivor. Its requester is told. Locks both rows.

    Raises ``ActionNotAllowed`` for a person who may not work on both tickets, ``Invalid`` (itself,
    tickets of two customers, a ticket that is solved or has ended) or ``StaleTicket``.
    """
    require_version(ticket, expected_version)
    for each in sorted((ticket, survivor), key=lambda row: row.pk):
        lock_ticket(each)
    _require_mergeable(ticket, survivor, by)
    merge: Merge = Merge.objects.create(
        organization_id=ticket.organization_id,
        absorbed=ticket,
        survivor=survivor,
        state=ticket.state,
        merged_by_id=by.person_id,
        merged_at=at,
    )
    publish(
        TicketMerged(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            survivor_id=survivor.pk,
        )
    )
    end_as_merged(ticket=ticket, survivor=survivor, by=by, at=at)
    record_ticket(ticket, verbs.MERGED, by=by, at=at, survivor=survivor.pk)
    record_ticket(survivor, verbs.ABSORBED, by=by, at=at, absorbed=ticket.pk)
    settle_followers(survivor, by, at)
    notices.notify_merged(ticket=ticket, merge=merge, by=by, at=at)
    return merge


@transaction.atomic
def unmerge_ticket(
    *, ticket: Ticket, by: Actor, at: datetime, expected_version: int | None = None
) -> Ticket:
    """Undo the merge of a ticket: it has the state, the intervals and the clocks that it would have
    without it. What was written on the survivor stays there; an answer of the customer resumes the
    work. Locks both rows.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, ``Invalid`` for one
    that is not merged (any more), or ``StaleTicket``.
    """
    require_version(ticket, expected_version)
    survivor = Ticket.objects.select_related("organization").get(
        pk=ticket.merged_into_id or ticket.pk
    )
    for each in sorted((ticket, survivor), key=lambda row: row.pk):
        lock_ticket(each)
    require_worker(ticket, by)
    merge = standing_merge(ticket)
    if merge is None or merge.survivor_id != survivor.pk:
        raise Invalid(_("%(number)s is not merged.") % {"number": ticket.number})
    Merge.objects.filter(pk=merge.pk).update(undone_at=at)
    state = ticket.state
    interval = _reopen_interval(ticket, merge)
    change_ticket(
        ticket,
        at=at,
        state=merge.state,
        stay_mark=interval.mark,
        merged_into=None,
        closed_at=None,
        closure_code="",
        end_cause="",
    )
    record_ticket(
        ticket,
        verbs.UNMERGED,
        by=by,
        at=at,
        survivor=survivor.pk,
        **{"from": state, "to": ticket.state},
    )
    record_ticket(survivor, verbs.RELEASED, by=by, at=at, absorbed=ticket.pk)
    settle_followers(survivor, by, at)
    publish(
        TicketUnmerged(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            merged_at=merge.merged_at,
        )
    )
    if Message.objects.filter(through=ticket, created_at__gte=merge.merged_at).exists():
        resume_after_answer(ticket=ticket, by=by, at=at)
    notices.notify_unmerged(ticket=ticket, merge=merge, by=by, at=at)
    for holder in {ticket.assignee, ticket.owner}:
        if holder is not None:  # they may have left meanwhile
            return_tickets(holder=holder, at=at)
    return ticket


def _require_mergeable(ticket: Ticket, survivor: Ticket, by: Actor) -> None:
    names = {"number": ticket.number, "survivor": survivor.number}
    words = ""
    if ticket.pk == survivor.pk:
        words = _("A ticket cannot be merged into itself.")
    elif ticket.organization_id != survivor.organization_id:
        words = _("%(survivor)s belongs to another customer: only tickets of one are merged.")
    elif ticket.merged_into_id is not None:
        words = _("%(number)s is merged already, into %(into)s.")
        names["into"] = ticket.survivor_number
    elif ticket.state not in OPEN_STATES:
        words = _("%(number)s is “%(state)s”: only open tickets can be merged.")
        names["state"] = ticket.state_label
    elif survivor.merged_into_id == ticket.pk:
        words = _("%(survivor)s was merged into %(number)s: undo that first.")
    elif survivor.merged_into_id is not None:
        words = _("%(survivor)s was merged itself: choose %(into)s, in which it goes on.")
        names["into"] = survivor_of(survivor).number
    elif survivor.state in FINAL:
        words = _("%(survivor)s has ended: choose a ticket that is active.")
    if words:
        words %= names
        raise Invalid(words, fields={"survivor": words})
    require_worker(ticket, by)
    require_worker(survivor, by)


def _new_followers(ticket: Ticket, survivor: Ticket) -> list[User]:
    """Return who has to do with a ticket, may read about its customer, and does not follow the
    other one yet.
    """
    known = {survivor.requester_id, *(each.person_id for each in watchers_of(survivor))}
    people = [ticket.requester, *(each.person for each in watchers_of(ticket))]
    new = {each.pk: each for each in people if each.pk not in known}
    return [each for each in new.values() if may_follow(each, ticket)]


def _reopen_interval(ticket: Ticket, merge: Merge) -> StateInterval:
    """Take back the interval that the merge began, so that the one before it goes on."""
    StateInterval.objects.filter(ticket=ticket, ended_at=None).delete()
    before = StateInterval.objects.filter(ticket=ticket, ended_at=merge.merged_at)
    last = before.order_by("-started_at", "-pk").first()
    assert last is not None
    StateInterval.objects.filter(pk=last.pk).update(ended_at=None)
    return last
