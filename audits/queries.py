"""Audits that a person may see, and what each of them still needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from audits.models import (
    AuditRequest,
    AuditState,
    Conference,
    DelayNotice,
    Evidence,
    EvidenceState,
    RequestedItem,
    Visit,
)
from audits.policies import sees_evidence
from catalog.models import Contract, Service
from catalog.queries import contracts_in_force, services_of
from foundation.accounts.models import Organization, User
from foundation.accounts.zones import zone
from foundation.core.errors import NotFound
from sla.defaults import Metric
from sla.models import Clock
from tickets.models import Attachment, MessageKind
from tickets.queries import visible_to

_RELATED = (
    "ticket__organization",
    "ticket__requester",
    "ticket__owner",
    "ticket__assignee",
    "contract",
    "organization",
    "index",
    "decided_by",
)
NEXT_YEAR = timedelta(days=370)  # from the first day of a contract year into the next one
DEMAND_PERCENT = 75  # of the term: from here on the system asks for the delay notice


def audits_of(user: User) -> QuerySet[AuditRequest]:
    """Return the audits whose tickets the person may see, the newest first."""
    seen = visible_to(user).order_by().values("pk")
    return AuditRequest.objects.filter(ticket_id__in=seen).select_related(*_RELATED).order_by("-pk")


def get_audit(user: User, number: str) -> AuditRequest:
    """Return an audit by the number of its ticket; ``NotFound`` when it is none, or not for this
    person.
    """
    digits = number.rpartition("-")[2]
    found = (
        audits_of(user).filter(ticket_id=int(digits)).first()
        if digits.isdigit() and len(digits) < 19
        else None
    )
    if found is None or found.ticket.number != number.upper():
        raise NotFound(_("There is no such audit."))
    return found


def audit_of_ticket(ticket_id: int) -> AuditRequest | None:
    """Return the audit that a ticket is for; None for nearly every ticket, at the cost of a look
    into an index.
    """
    if not AuditRequest.objects.filter(ticket_id=ticket_id).order_by().exists():
        return None
    return (
        AuditRequest.objects.filter(ticket_id=ticket_id)
        .select_related(*_RELATED)
        .order_by("pk")
        .first()
    )


@dataclass(frozen=True)
class ItemView:
    """An item with its evidence; for customers only what was delivered."""

    item: RequestedItem
    evidence: list[Evidence]

    @property
    def is_answered(self) -> bool:
        return bool(self.item.set_aside_reason) or any(
            each.state == EvidenceState.DELIVERED for each in self.evidence
        )


@dataclass(frozen=True)
class AuditView:
    """All that a page shows of an audit. ``clock`` is the one of the delivery.

    A stop is the committee's to speak of: who does not prepare evidence sees the state before it,
    and no clock.
    """

    audit: AuditRequest
    state: AuditState
    items: list[ItemView]
    clock: Clock | None
    notices: list[DelayNotice]
    visits: list[Visit]
    conferences: list[Conference]
    answered: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answered", sum(item.is_answered for item in self.items))

    @property
    def delivered(self) -> list[Evidence]:
        return [
            each
            for item in self.items
            for each in item.evidence
            if each.state == EvidenceState.DELIVERED
        ]


def view_of(audit: AuditRequest, user: User) -> AuditView:
    """Return an audit with its parts; who does not prepare evidence sees only what was
    delivered.
    """
    return _view(audit, sees_all=sees_evidence(user, audit.organization_id))


def view_of_staff(audit: AuditRequest) -> AuditView:
    return _view(audit, sees_all=True)


def _view(audit: AuditRequest, *, sees_all: bool) -> AuditView:
    items = list(
        RequestedItem.objects.filter(audit=audit)
        .select_related("service", "set_aside_by", "waived_by")
        .order_by("number")
    )
    evidence: dict[int, list[Evidence]] = {item.pk: [] for item in items}
    rows = Evidence.objects.filter(item__audit=audit).select_related(
        "source", "deliverable", "delivered", "prepared_by", "decided_by", "delivered_by"
    )
    if not sees_all:
        rows = rows.filter(state=EvidenceState.DELIVERED)
    for row in rows.order_by("item_id", "number"):
        evidence[row.item_id].append(row)
    is_hidden = audit.state == AuditState.STOPPED and not sees_all
    return AuditView(
        audit=audit,
        state=AuditState(audit.stopped_from or AuditState.OPEN)
        if is_hidden
        else AuditState(audit.state),
        items=[ItemView(item, evidence[item.pk]) for item in items],
        clock=None if is_hidden else delivery_clock(audit.ticket_id),
        notices=list(
            DelayNotice.objects.filter(audit=audit).select_related("given_by").order_by("pk")
        ),
        visits=list(
            Visit.objects.filter(audit=audit)
            .select_related("announced_by", "answered_by")
            .order_by("on", "pk")
        ),
        conferences=list(Conference.objects.filter(audit=audit).order_by("starts_at", "pk")),
    )


def delivery_clock(ticket_id: int) -> Clock | None:
    return Clock.objects.filter(ticket_id=ticket_id, metric=Metric.DELIVERY).order_by("pk").first()


def needs_delay_notice(view: AuditView, at: datetime) -> bool:
    """Tell whether the system asks for a delay notice: the term is in danger, and none speaks of a
    day still to come.
    """
    return _is_in_danger(view.audit, view.clock, view.notices[-1] if view.notices else None, at)


def _is_in_danger(
    audit: AuditRequest, clock: Clock | None, notice: DelayNotice | None, at: datetime
) -> bool:
    if (
        clock is None
        or not clock.is_live
        or clock.due_at is None
        or audit.state not in {AuditState.OPEN, AuditState.EVALUATING}
    ):
        return False
    today = at.astimezone(zone(audit.organization.time_zone)).date()
    if notice is not None and notice.new_date >= today:
        return False
    return (
        at >= clock.started_at + (clock.due_at - clock.started_at) * DEMAND_PERCENT / 100
        or clock.announced_percent >= DEMAND_PERCENT
    )


def get_evidence(audit: AuditRequest, evidence_id: int) -> Evidence:
    found = Evidence.objects.filter(item__audit=audit, pk=evidence_id).select_related(
        "item", "source", "deliverable", "delivered"
    )
    row = found.order_by("pk").first()
    if row is None:
        raise NotFound(_("There is no such evidence."))
    return row


def get_item(audit: AuditRequest, number: int) -> RequestedItem:
    found = RequestedItem.objects.filter(audit=audit, number=number).order_by("pk").first()
    if found is None:
        raise NotFound(_("This is not on the list of the request: what is new needs a new ticket."))
    return found


def get_conference(audit: AuditRequest, conference_id: int) -> Conference:
    found = Conference.objects.filter(audit=audit, pk=conference_id).order_by("pk").first()
    if found is None:
        raise NotFound(_("There is no such conference."))
    return found


def get_visit(audit: AuditRequest, visit_id: int) -> Visit:
    found = Visit.objects.filter(audit=audit, pk=visit_id).order_by("pk").first()
    if found is None:
        raise NotFound(_("There is no such visit."))
    return found


def year_start(contract: Contract, day: date) -> date:
    """Return the first day of the contract year that a day lies in; a contract of 29 February
    begins its years on the 28th.
    """
    start = contract.starts_on
    for year in (day.year, day.year - 1):
        try:
            begins = start.replace(year=year)
        except ValueError:
            begins = date(year, 2, 28)
        if begins <= day:
            return begins
    raise AssertionError("One of two years in a row has begun.")


@dataclass(frozen=True)
class Allowance:
    """Whether a contract still includes an audit this year. ``used_by`` is the audit
    that took it.
    """

    contract: Contract
    starts_on: date
    used_by: AuditRequest | None


def allowances(organization: Organization, at: datetime) -> list[Allowance]:
    """Return the allowance of each contract in force: one audit per contract year (SPEC 9.10)."""
    day = at.astimezone(zone(organization.time_zone)).date()
    return [allowance_of(contract, day) for contract in contracts_in_force(organization, day)]


def allowance_of(contract: Contract, day: date) -> Allowance:
    """Return whether the year's audit is used: by one that was neither declined nor called off
    before anything was delivered.
    """
    starts_on = year_start(contract, day)
    local = zone(contract.organization.time_zone)
    begins, ends = (
        datetime.combine(first, time(), local)
        for first in (starts_on, year_start(contract, starts_on + NEXT_YEAR))
    )
    # By the day it was asked for, whatever the contract's first day was then.
    taken = AuditRequest.objects.filter(
        contract=contract, ticket__received_at__gte=begins, ticket__received_at__lt=ends
    )
    taken = taken.exclude(state=AuditState.DECLINED)
    called_off = Q(ticket__state__in=["rejected", "cancelled"]) | Q(
        ticket__closure_code__in=["invalid", "cancelled"]
    )
    has_left = Exists(
        Evidence.objects.filter(item__audit=OuterRef("pk"), state=EvidenceState.DELIVERED)
    )
    counted = taken.annotate(has_left=has_left).filter(~called_off | Q(has_left=True))
    return Allowance(contract, starts_on, counted.select_related("ticket").order_by("pk").first())


def requestable_services(organization: Organization, at: datetime) -> list[Service]:
    """Return the services of the contracts in force: nothing outside them is audited (SPEC 9.5)."""
    day = at.astimezone(zone(organization.time_zone)).date()
    return services_of(
        organization, [contract.pk for contract in contracts_in_force(organization, day)]
    )


def reported_audits(
    organization: Organization, start: datetime, end: datetime, at: datetime
) -> list[dict[str, Any]]:
    """Return the audits that were asked for, open or delivered in ``[start, end)`` as plain data
    for the monthly report, as of ``at``.
    """
    found = AuditRequest.objects.filter(organization=organization, ticket__received_at__lt=end)
    found = found.filter(Q(delivered_at__isnull=True) | Q(delivered_at__gte=start))
    found = found.filter(
        Q(ticket__closed_at__isnull=True) | Q(ticket__closed_at__gte=start)
    ).exclude(ticket__state__in=["rejected", "cancelled"])
    return [_reported(audit, at) for audit in found.select_related("ticket").order_by("pk")]


def _reported(audit: AuditRequest, at: datetime) -> dict[str, Any]:
    clock = delivery_clock(audit.ticket_id)
    notices: Sequence[DelayNotice] = list(
        DelayNotice.objects.filter(audit=audit, given_at__lte=at).order_by("pk")
    )
    delivered_at = (
        audit.delivered_at if audit.delivered_at is not None and audit.delivered_at <= at else None
    )
    due_at = clock.due_at if clock is not None else None
    return {
        "number": audit.ticket.number,
        "auditor": audit.auditor_company,
        "state": audit.stopped_from
        if audit.state == AuditState.STOPPED
        else audit.state,  # a stop is the committee's matter
        "items": RequestedItem.objects.filter(audit=audit).count(),
        "due_at": due_at.isoformat() if due_at else "",
        "delivered_at": delivered_at.isoformat() if delivered_at else "",
        "verdict": "running"
        if audit.state == AuditState.STOPPED
        else _verdict(clock, due_at, delivered_at, at),
        "delay_notice": ("before" if notices[0].is_in_time else "late") if notices else "none",
    }


def _verdict(
    clock: Clock | None, due_at: datetime | None, delivered_at: datetime | None, at: datetime
) -> str:
    if clock is None or clock.state == "withdrawn":
        return "withdrawn"
    if clock.state == "stopped":
        return "met" if clock.is_met else "missed"
    if delivered_at is not None:
        return "met" if due_at is None or delivered_at <= due_at else "missed"
    return "missed" if due_at is not None and due_at < at else "running"


def attachments_of(view: AuditView) -> dict[int, int]:
    """Return evidence id -> id of the attachment with which it was delivered, through
    the ticket.
    """
    blobs = {each.delivered_id: each.pk for each in view.delivered}
    rows = Attachment.objects.filter(
        ticket_id=view.audit.ticket_id, blob_id__in=[pk for pk in blobs if pk is not None]
    )
    rows = (
        rows.filter(message__is_from_staff=True)
        .exclude(message__kind=MessageKind.NOTE)
        .order_by("-pk")
    )
    return {blobs[blob_id]: pk for pk, blob_id in rows.values_list("pk", "blob_id")}


def index_attachment(audit: AuditRequest) -> int | None:
    """Return the id of the attachment that is the index of what was delivered; None before."""
    found = (
        Attachment.objects.filter(ticket_id=audit.ticket_id, blob_id=audit.index_id)
        if audit.index_id is not None
        else None
    )
    return found.order_by("-pk").values_list("pk", flat=True).first() if found is not None else None


@dataclass(frozen=True)
class AuditRow:
    """A line of a list of audits."""

    audit: AuditRequest
    clock: Clock | None
    items: int
    answered: int
    wants_notice: bool
    state: AuditState


def rows_of(audits: Sequence[AuditRequest], user: User, at: datetime) -> list[AuditRow]:
    """Return audits with what a list shows of them, at the same cost for few and for many."""
    ids = [audit.pk for audit in audits]
    tickets = [audit.ticket_id for audit in audits]
    clocks = {
        clock.ticket_id: clock
        for clock in Clock.objects.filter(ticket_id__in=tickets, metric=Metric.DELIVERY).order_by(
            "pk"
        )
    }
    has_left = Exists(Evidence.objects.filter(item=OuterRef("pk"), state=EvidenceState.DELIVERED))
    lines = (
        RequestedItem.objects.filter(audit_id__in=ids).annotate(has_left=has_left).order_by("pk")
    )
    counts: dict[int, list[int]] = {pk: [0, 0] for pk in ids}
    for audit_id, reason, left in lines.values_list("audit_id", "set_aside_reason", "has_left"):
        counts[audit_id][0] += 1
        counts[audit_id][1] += bool(reason or left)
    notices: dict[int, DelayNotice] = {
        row.audit_id: row for row in DelayNotice.objects.filter(audit_id__in=ids).order_by("pk")
    }
    found = []
    for audit in audits:
        clock = clocks.get(audit.ticket_id)
        notice = notices.get(audit.pk)
        items, answered = counts[audit.pk]
        state = AuditState(audit.state)
        if state is AuditState.STOPPED and not user.is_staff:
            state = AuditState(audit.stopped_from or AuditState.OPEN)
            clock = None
        found.append(
            AuditRow(audit, clock, items, answered, _is_in_danger(audit, clock, notice, at), state)
        )
    return found
