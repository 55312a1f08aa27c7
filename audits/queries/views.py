"""An audit with its parts, as a given person may see it."""

from dataclasses import dataclass, field
from datetime import date, datetime

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
from audits.permissions import sees_evidence
from foundation.accounts.models import User
from foundation.core.zones import zone
from sla.clocks.models import Clock
from sla.metrics import Metric
from tickets.models import Attachment, MessageKind

DEMAND_PERCENT = 75  # of the term: from here on the system asks for the delay notice


@dataclass(frozen=True)
class ItemView:
    """An item with its evidence; customers get only delivered evidence."""

    item: RequestedItem
    evidence: list[Evidence]

    @property
    def is_answered(self) -> bool:
        return bool(self.item.set_aside_reason) or any(
            each.state == EvidenceState.DELIVERED for each in self.evidence
        )

    def is_late(self, today: date) -> bool:
        """Tell whether the day by which it was to be prepared has passed without an answer."""
        day = self.item.prepare_by
        return day is not None and day < today and not self.is_answered


@dataclass(frozen=True)
class AuditView:
    """All that a page shows of an audit. ``clock`` is the one of the delivery.

    Only people who prepare evidence see that an audit is stopped; others see the state before it,
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
    """Return an audit with its parts; only delivered evidence unless the person's role prepares
    evidence.
    """
    return _view(audit, sees_all=sees_evidence(user, audit.organization_id))


def view_of_staff(audit: AuditRequest) -> AuditView:
    return _view(audit, sees_all=True)


def _view(audit: AuditRequest, *, sees_all: bool) -> AuditView:
    items = list(
        RequestedItem.objects.filter(audit=audit)
        .select_related("service", "preparer", "set_aside_by", "waived_by")
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


def last_delivery_day(audit: AuditRequest) -> date | None:
    """Return the local day by which the evidence leaves: of the running clock or, after that, of
    the last delay notice; None while no term runs.
    """
    clock = delivery_clock(audit.ticket_id)
    if clock is None or clock.due_at is None:
        return None
    due = clock.due_at.astimezone(zone(audit.organization.time_zone)).date()
    notice = DelayNotice.objects.filter(audit=audit).order_by("pk").last()
    return max(due, notice.new_date) if notice is not None else due


def needs_delay_notice(view: AuditView, at: datetime) -> bool:
    """Tell whether a delay notice is missing: the running delivery clock passed ``DEMAND_PERCENT``,
    and the last notice, if any, names a day before today.
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


def attachments_of(view: AuditView) -> dict[int, int]:
    """Return evidence id -> id of the ticket attachment that delivered it."""
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
    """Return the id of the attachment with the signed index; None before the delivery."""
    found = (
        Attachment.objects.filter(ticket_id=audit.ticket_id, blob_id=audit.index_id)
        if audit.index_id is not None
        else None
    )
    return found.order_by("-pk").values_list("pk", flat=True).first() if found is not None else None
