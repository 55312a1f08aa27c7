"""Who has had undelivered evidence in their hands, which files are evidence, and which wait for a
worker.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from audits.models import AuditState, Evidence, EvidenceClass, EvidenceReader, EvidenceState

# Evidence of these classes may leave as it is once BPO has decided on it. Replaced evidence was
# not decided on.
_FREE = (EvidenceClass.PUBLIC, EvidenceClass.INTERNAL)
_SETTLED = (EvidenceState.DELIVERED, EvidenceState.REFUSED)


def handled_evidence(person_id: int, organization_id: int) -> Evidence | None:
    """Return evidence of an undelivered audit of the organization that the person prepared, decided
    or opened, and that is kept; None when there is none. Public and internal evidence is free once
    BPO has decided. An audit that was called off was not delivered.
    """
    opened = EvidenceReader.objects.filter(evidence=OuterRef("pk"), person_id=person_id)
    return (
        Evidence.objects.filter(
            Q(prepared_by_id=person_id) | Q(decided_by_id=person_id) | Exists(opened),
            organization_id=organization_id,
            item__audit__state__in=(AuditState.EVALUATING, AuditState.OPEN, AuditState.STOPPED),
        )
        .exclude(state__in=_SETTLED, classification__in=_FREE)
        .select_related("item__audit__ticket")
        .order_by("-pk")
        .first()
    )


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
