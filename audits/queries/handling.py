"""Who has had undelivered evidence in their hands, which files are evidence, and which wait for a
worker.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from audits.models import (
    AuditRequest,
    AuditState,
    Evidence,
    EvidenceClass,
    EvidenceReader,
    EvidenceState,
)
from foundation.accounts.models import User
from tickets.states import FINAL

# Evidence of these classes may leave as it is once BPO has decided on it. Replaced evidence was
# not decided on.
_FREE = (EvidenceClass.PUBLIC, EvidenceClass.INTERNAL)
_SETTLED = (EvidenceState.DELIVERED, EvidenceState.REFUSED)


def handled_evidence(person_id: int, organization_id: int | None = None) -> Evidence | None:
    """Return evidence of an undelivered audit of the organization, or of any, that the person
    prepared, decided or opened, and that is kept; None when there is none. An audit that was called
    off was not delivered: BPO releases its people.
    """
    opened = EvidenceReader.objects.filter(evidence=OuterRef("pk"), person_id=person_id)
    rows = _kept().filter(Q(prepared_by_id=person_id) | Q(decided_by_id=person_id) | Exists(opened))
    if organization_id is not None:
        rows = rows.filter(organization_id=organization_id)
    return rows.select_related("item__audit__ticket").order_by("-pk").first()


def handlers_of(audit: AuditRequest) -> list[User]:
    """Return who may send its customer no files because they worked with evidence of an audit that
    was called off, by name; nobody once BPO released them.
    """
    if audit.ticket.state not in FINAL:
        return []
    kept = _kept().filter(item__audit=audit)
    readers = EvidenceReader.objects.filter(evidence__in=kept.values("pk"))
    people = User.objects.filter(
        Q(pk__in=kept.values("prepared_by"))
        | Q(pk__in=kept.values("decided_by"))
        | Q(pk__in=readers.values("person")),
        is_active=True,
    )
    return list(people.order_by("full_name", "pk"))


def _kept() -> QuerySet[Evidence]:
    """Return the evidence of undelivered audits. Public and internal evidence is free once BPO has
    decided on it.
    """
    rows = Evidence.objects.filter(
        item__audit__state__in=(AuditState.EVALUATING, AuditState.OPEN, AuditState.STOPPED),
        item__audit__released_at=None,
    )
    return rows.exclude(state__in=_SETTLED, classification__in=_FREE)


def due_evidence(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, evidence id) of what a worker may convert now, the oldest first."""
    return list(
        Evidence.objects.filter(state=EvidenceState.CONVERTING, run_after__lte=at)
        .order_by("run_after", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def is_kept(digests: Collection[str]) -> bool:
    """Tell whether one of the SHA-256 digests is the original or the deliverable of evidence of the
    scope that was not delivered. Public and internal evidence is free once BPO has decided.
    """
    # by digest, not by blob: each organization has a blob of its own for the same bytes
    same = Evidence.objects.filter(
        Q(source__sha256__in=digests)
        | Q(convert_from__sha256__in=digests)
        | Q(deliverable__sha256__in=digests)
    )
    return (
        same.exclude(delivered__sha256__in=digests)
        .exclude(state__in=_SETTLED, classification__in=_FREE)
        .exists()
    )
