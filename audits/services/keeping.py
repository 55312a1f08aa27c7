"""Evidence is kept without limit while its contract is in force, and by the retention policy after
its end (SPEC 9.9).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from audits import verbs
from audits.models import Evidence
from audits.services.base import record_audit
from foundation.core.actor import system_actor
from foundation.documents.services import discard_blob

KEEPER = system_actor("retention")


@transaction.atomic
def set_retention(*, at: datetime) -> int:
    """Set ``retain_until`` on the evidence of ended contracts, and clear it where a contract was
    prolonged; return how many rows changed.

    The days count from the first run after the end, or from the end if later. An end date in the
    past therefore shortens nothing.
    """
    today = at.date()
    changed = 0
    for evidence in Evidence.objects.select_related("item__audit__contract").order_by("pk"):
        ends_on = evidence.item.audit.contract.ends_on
        until = None
        if ends_on is not None and ends_on < today:
            promised = timedelta(
                days=max(evidence.retention_days, settings.MESA_EVIDENCE_RETENTION_DAYS)
            )
            until = max(evidence.retain_until or today + promised, ends_on + promised)
        if until != evidence.retain_until:
            Evidence.objects.filter(pk=evidence.pk).update(retain_until=until)
            changed += 1
    return changed


@transaction.atomic
def purge_evidence(*, at: datetime) -> int:
    """Delete the evidence past ``retain_until`` and record each; return how many rows.

    Original and deliverable files are deleted too, unless another row refers to them. The delivered
    file stays attached to the ticket. Database triggers reject any other deletion.
    """
    set_retention(at=at)
    count = 0
    for evidence in (
        Evidence.objects.filter(retain_until__lt=at.date())
        .select_related("item__audit")
        .order_by("pk")
    ):
        held = {evidence.source_id, evidence.convert_from_id, evidence.deliverable_id}
        blobs = {blob for blob in held if blob is not None}
        payload = {
            "item": evidence.item.number,
            "evidence": evidence.pk,
            "classification": evidence.classification,
        }
        evidence.delete()
        for blob_id in blobs:
            discard_blob(blob_id=blob_id)
        record_audit(evidence.item.audit, verbs.EVIDENCE_PURGED, by=KEEPER, at=at, **payload)
        count += 1
    return count
