"""Which tickets exist for a person, and what is shown of them. Runs inside a tenant scope."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Membership, User
from foundation.accounts.roles import READS_ORGANIZATION, Capability, CustomerRole
from foundation.accounts.tenancy import valid_memberships
from foundation.activity.models import Record
from foundation.core.errors import NotFound
from foundation.documents.models import Blob
from tickets.models import Attachment, Message, MessageKind, StateInterval, Ticket
from tickets.states import ACTIVE, FINAL, HOLDERS, Holder, State

_NUMBER = re.compile(r"(?:[A-Za-z]+-)?0*(\d{1,15})")
_RELATED = ("organization", "requester", "assignee", "owner", "team", "service")


class TicketNotFound(NotFound):
    """No such ticket for this person: it does not exist, or it is another's."""


def visible_to(user: User) -> QuerySet[Ticket]:
    """Return the tickets this person may see (SPEC 1.3); ordered newest first, with what lists show
    joined.
    """
    tickets: QuerySet[Ticket] = Ticket.objects.select_related(*_RELATED).order_by("-pk")
    if user.is_staff:
        return tickets if user.can(Capability.SEE_TICKETS) else tickets.none()
    sight = Q(pk__in=())
    for membership in valid_memberships(user.pk):
        sight |= Q(organization_id=membership.organization_id) & _seen_by(membership)
    return tickets.filter(sight)


def _seen_by(membership: Membership) -> Q:
    if membership.has_role(*READS_ORGANIZATION):
        return Q()
    seen = Q(requester_id=membership.user_id)
    if membership.has_role(CustomerRole.SITE_SUPERVISOR):
        if membership.site_id is not None:
            seen |= Q(site_id=membership.site_id)
        if membership.department_id is not None:
            seen |= Q(department_id=membership.department_id)
    return seen


def get_ticket(user: User, number: str) -> Ticket:
    """Return the ticket with this number (``TK-000123`` or ``123``); ``TicketNotFound`` when it is
    not this person's to see.
    """
    ticket = find_by_number(visible_to(user), number).select_related(*_RELATED, "contract").first()
    if ticket is None:
        raise TicketNotFound(_("There is no such ticket, or you have no access to it."))
    return ticket


def find_by_number(tickets: QuerySet[Ticket], number: str) -> QuerySet[Ticket]:
    """Narrow to the ticket with this number (``TK-000123`` or ``123``); what is no number finds
    nothing.
    """
    digits = _NUMBER.fullmatch(number.strip())
    return tickets.filter(pk=int(digits[1])) if digits else tickets.none()


def in_queue_order(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Order as the desk works: relevant, major, next due instant (breached first, paused last),
    number (DECISIONS 13).
    """
    return tickets.order_by("-is_relevant", "-is_major", "queue_at", "id")


def active(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.filter(state__in=sorted(ACTIVE))


def ended(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.filter(state__in=sorted(FINAL))


def at_risk(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return the tickets past their warning instant and not yet overdue."""
    return active(tickets).filter(at_risk_at__lte=at, next_due_at__gt=at)


def breached(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return the tickets with a running clock past its due instant."""
    return active(tickets).filter(next_due_at__lte=at)


def matching(tickets: QuerySet[Ticket], words: str) -> QuerySet[Ticket]:
    """Narrow to a number, or to tickets whose subject holds every word."""
    if _NUMBER.fullmatch(words.strip()):
        return find_by_number(tickets, words)
    for word in words.split()[:8]:
        tickets = tickets.filter(subject__icontains=word)
    return tickets


def waiting_for_customer(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return what only the customer can move: pending user, or solved and to be validated."""
    return tickets.filter(state__in=(State.PENDING_USER, State.SOLVED))


@dataclass(frozen=True)
class ConversationItem:
    message: Message
    attachments: list[Attachment]


def followers_of(user: User, ticket: Ticket) -> list[Ticket]:
    """Return the tickets that go on with this one, of those the person may see; only an ended one
    has any.
    """
    if ticket.state not in FINAL:
        return []
    return list(visible_to(user).filter(continues=ticket).order_by("pk"))


def conversation(ticket: Ticket, *, with_notes: bool) -> list[ConversationItem]:
    """Return the messages in order, each with its files; notes only where asked for."""
    messages = (
        Message.objects.filter(ticket=ticket).select_related("author").order_by("created_at", "pk")
    )
    if not with_notes:
        messages = messages.exclude(kind=MessageKind.NOTE)
    files: dict[int | None, list[Attachment]] = {}
    for attachment in (
        Attachment.objects.filter(ticket=ticket).select_related("blob").order_by("pk")
    ):
        files.setdefault(attachment.message_id, []).append(attachment)
    return [ConversationItem(message, files.get(message.pk, [])) for message in messages]


def attachments_of_description(ticket: Ticket) -> list[Attachment]:
    return list(
        Attachment.objects.filter(ticket=ticket, message=None).select_related("blob").order_by("pk")
    )


def get_attachment(user: User, attachment_id: int) -> tuple[Attachment, Blob]:
    """Return a file whose ticket this person may see; those of internal notes only for
    the staff.
    """
    attachment = (
        Attachment.objects.filter(pk=attachment_id)
        .select_related("message", "blob")
        .order_by("pk")
        .first()
    )
    hidden = attachment is None or (
        attachment.message is not None and not attachment.message.is_public and not user.is_staff
    )
    if (
        attachment is None
        or hidden
        or not visible_to(user).filter(pk=attachment.ticket_id).exists()
    ):
        raise TicketNotFound(_("There is no such file, or you have no access to it."))
    return attachment, attachment.blob


def intervals(ticket_id: int) -> list[StateInterval]:
    return list(StateInterval.objects.filter(ticket_id=ticket_id).order_by("started_at", "pk"))


@dataclass(frozen=True)
class Held:
    """How long one side could move the ticket, in elapsed time."""

    holder: Holder
    time: timedelta


def time_held(stays: Sequence[StateInterval], at: datetime) -> list[Held]:
    """Return how long each side held the ball up to ``at``, in the order desk, customer, supplier;
    who never did is left out.
    """
    held: dict[Holder, timedelta] = {}
    for stay in stays:
        holder = HOLDERS.get(State(stay.state))
        if holder is not None:
            held[holder] = held.get(holder, timedelta()) + max(
                (stay.ended_at or at) - stay.started_at, timedelta()
            )
    return [Held(holder, held[holder]) for holder in Holder if holder in held]


def time_held_by(tickets: Iterable[Ticket], at: datetime) -> dict[int, list[Held]]:
    """Return ticket id -> ``time_held``, in one query for all."""
    stays: dict[int, list[StateInterval]] = {ticket.pk: [] for ticket in tickets}
    for stay in StateInterval.objects.filter(ticket_id__in=list(stays)).order_by(
        "started_at", "pk"
    ):
        stays[stay.ticket_id].append(stay)
    return {pk: time_held(rows, at) for pk, rows in stays.items()}


def due_for_closing(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of solved tickets whose validation period has ended."""
    return list(
        Ticket.objects.filter(validation_due_at__lte=at, state=State.SOLVED)
        .order_by("validation_due_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def due_for_reminder(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of solved tickets whose reminder is due and
    was not sent.
    """
    return list(
        Ticket.objects.filter(
            validation_due_at__isnull=False, validation_reminder_at__lte=at, state=State.SOLVED
        )
        .order_by("validation_reminder_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the history: a verb of the record with its codes; the screen gives it words."""

    at: datetime
    verb: str
    person: User | None
    system: str
    channel: str
    payload: dict[str, object]


def timeline(ticket: Ticket) -> list[TimelineEntry]:
    """Return the ticket's history, oldest first. The only reader of the record's payloads for
    tickets.
    """
    records = list(Record.objects.filter(object_type="ticket", object_id=ticket.pk).order_by("pk"))
    people = User.objects.in_bulk(
        {record.person_id for record in records if record.person_id is not None}
    )
    return [
        TimelineEntry(
            r.at,
            r.verb,
            people.get(r.person_id) if r.person_id else None,
            r.system,
            r.channel,
            r.payload,
        )
        for r in records
    ]


def changes_since(ticket_id: int, version: int) -> list[TimelineEntry]:
    """Return what happened to a ticket after the version that someone saw."""
    ticket = Ticket.objects.get(pk=ticket_id)
    return [entry for entry in timeline(ticket) if _version_of(entry) > version]


class Reclassified(NamedTuple):
    """A change of what a ticket is about, or of its contract: field -> (before, after), as codes
    and ids.
    """

    ticket_id: int
    at: datetime
    changed: dict[str, list[Any]]
    is_contract: bool
    from_start: bool


def reclassifications(ticket_ids: Any, *, using: str) -> Iterator[Reclassified]:
    """Yield the changes of classification and contract of very many tickets, each ticket's oldest
    first.
    """
    verbs = ("ticket.classified", "ticket.contract_changed")
    records = Record.objects.using(using).filter(
        object_type="ticket", object_id__in=ticket_ids, verb__in=verbs
    )
    for ticket_id, at, verb, payload in records.order_by("object_id", "pk").values_list(
        "object_id", "at", "verb", "payload"
    ):
        if payload.get("changed"):
            is_contract = verb == "ticket.contract_changed"
            yield Reclassified(
                ticket_id, at, payload["changed"], is_contract, bool(payload.get("from_start"))
            )


class Binding(NamedTuple):
    """A promise of a ticket's clock was made at ``at``, under the versions of policies with these
    ids.
    """

    ticket_id: int
    at: datetime
    policies: list[int]


def bindings(ticket_ids: Any, *, using: str) -> Iterator[Binding]:
    """Yield under which policies the promises of very many tickets were made, each ticket's oldest
    first.
    """
    verbs = ("clock.started", "clock.retargeted", "clock.restarted", "clock.rebound")
    records = Record.objects.using(using).filter(
        object_type="ticket", object_id__in=ticket_ids, verb__in=verbs
    )
    for ticket_id, at, payload in records.order_by("object_id", "pk").values_list(
        "object_id", "at", "payload"
    ):
        ids = (
            payload["policies"]
            if "policies" in payload
            else [payload["policy"]]
            if payload.get("policy")
            else []
        )
        yield Binding(ticket_id, at, ids)


def _version_of(entry: TimelineEntry) -> int:
    version = entry.payload.get("version", 0)
    return version if isinstance(version, int) else 0


COUNT_LIMIT = 1000  # a badge says "999+": counting on would read the whole index


def desk_counts(user: User, at: datetime) -> dict[str, int]:
    """Return how many active tickets each view of the queue holds, at most ``COUNT_LIMIT`` each."""
    tickets = active(visible_to(user)).select_related(None).order_by()
    views = {
        "mine": tickets.filter(assignee=user),
        "unassigned": tickets.filter(assignee=None),
        "all": tickets,
    }
    warned = list(
        tickets.filter(at_risk_at__lte=at, next_due_at__isnull=False).values_list(
            "next_due_at", flat=True
        )[:COUNT_LIMIT]
    )
    overdue = sum(
        due is not None and due <= at for due in warned
    )  # whatever is overdue passed its warning instant before
    counts = {name: view.values("pk")[:COUNT_LIMIT].count() for name, view in views.items()}
    return counts | {"at_risk": len(warned) - overdue, "breached": overdue}
