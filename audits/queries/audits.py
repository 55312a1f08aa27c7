"""The audits that a person may see, and the parts of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
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
from audits.permissions import opener, sees_evidence
from audits.queries.views import _is_in_danger
from foundation.accounts.models import User
from foundation.core.errors import NotAllowed, NotFound
from sla.clocks.models import Clock
from sla.metrics import Metric
from tickets.queries import visible_to
from tickets.states import FINAL

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


def audits_of(user: User) -> QuerySet[AuditRequest]:
    """Return the audits whose tickets the person may see, the newest first."""
    seen = visible_to(user).order_by().values("pk")
    return AuditRequest.objects.filter(ticket_id__in=seen).select_related(*_RELATED).order_by("-pk")


def audits_in(user: User, show: str) -> QuerySet[AuditRequest]:
    """Return the audits of ``audits_of`` that a list shows: ``running``, ``mine`` (at work, with an
    unanswered item that the person prepares) or ``ended``, by the state of their tickets.
    """
    rows = audits_of(user)
    if show == "ended":
        return rows.filter(ticket__state__in=sorted(FINAL))
    rows = rows.exclude(ticket__state__in=sorted(FINAL))
    if show == "mine":
        at_work = (AuditState.EVALUATING, AuditState.OPEN, AuditState.STOPPED)
        rows = rows.filter(state__in=at_work)
        rows = rows.filter(Exists(_unanswered().filter(audit=OuterRef("pk"), preparer=user)))
    return rows


def _unanswered() -> QuerySet[RequestedItem]:
    has_left = Exists(Evidence.objects.filter(item=OuterRef("pk"), state=EvidenceState.DELIVERED))
    return RequestedItem.objects.filter(~has_left, set_aside_reason="").order_by()


def is_answered(item: RequestedItem) -> bool:
    """Tell whether an item has its evidence, or was answered without any."""
    return not _unanswered().filter(pk=item.pk).exists()


def get_audit(user: User, number: str) -> AuditRequest:
    """Return an audit by its ticket number. Raises ``NotFound`` when there is none, or the person
    may not see it.
    """
    digits = number.rpartition("-")[2]
    audit = (
        audits_of(user).filter(ticket_id=int(digits)).first()
        if digits.isdecimal() and len(digits) < 19
        else None
    )
    if audit is None or audit.ticket.number != number.upper():
        raise NotFound(_("There is no such audit."))
    return audit


def audit_of_ticket(ticket_id: int) -> AuditRequest | None:
    """Return the audit of a ticket; None for most tickets, after one ``EXISTS`` on the unique
    index.
    """
    if not AuditRequest.objects.filter(ticket_id=ticket_id).order_by().exists():
        return None
    return (
        AuditRequest.objects.filter(ticket_id=ticket_id)
        .select_related(*_RELATED)
        .order_by("pk")
        .first()
    )


def get_evidence(audit: AuditRequest, evidence_id: int) -> Evidence:
    found = Evidence.objects.filter(item__audit=audit, pk=evidence_id).select_related(
        "item", "source", "deliverable", "delivered"
    )
    row = found.order_by("pk").first()
    if row is None:
        raise NotFound(_("There is no such evidence."))
    return row


def get_undelivered_evidence(user: User, audit: AuditRequest, evidence_id: int) -> Evidence:
    """Return evidence with its original and draft files. Raise ``NotAllowed`` for everybody but
    those whom ``opener`` lets through, ``NotFound`` for an unknown id.
    """
    evidence = get_evidence(audit, evidence_id)
    if not opener(user, audit)(evidence):
        raise NotAllowed(_("Only BPO and who prepared this evidence open it before it leaves."))
    return evidence


def get_item(audit: AuditRequest, number: int) -> RequestedItem:
    item = RequestedItem.objects.filter(audit=audit, number=number).order_by("pk").first()
    if item is None:
        raise NotFound(_("This is not on the list of the request: what is new needs a new ticket."))
    return item


def get_conference(audit: AuditRequest, conference_id: int) -> Conference:
    conference = Conference.objects.filter(audit=audit, pk=conference_id).order_by("pk").first()
    if conference is None:
        raise NotFound(_("There is no such conference."))
    return conference


def get_visit(audit: AuditRequest, visit_id: int) -> Visit:
    visit = Visit.objects.filter(audit=audit, pk=visit_id).order_by("pk").first()
    if visit is None:
        raise NotFound(_("There is no such visit."))
    return visit


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
    """Return the audits as lines of a list, in a constant number of statements. For customers a
    stopped audit shows its earlier state and no clock.
    """
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
        if state is AuditState.STOPPED and not sees_evidence(user, audit.organization_id):
            state = AuditState(audit.stopped_from or AuditState.OPEN)
            clock = None
        found.append(
            AuditRow(audit, clock, items, answered, _is_in_danger(audit, clock, notice, at), state)
        )
    return found
