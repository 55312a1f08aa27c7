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
    """Write until when the evidence of ended contracts is kept, and take it back where a contract
    was prolonged; return how many changed.

    The days count from when the end is seen, once, so that an end that is entered for the past, by
    mistake or not, shortens nothing.
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
    """Delete the evidence whose retention has ended, with its files and their record; return how
    many rows. The database refuses any other.
    """
    set_retention(at=at)
    count = 0
    for evidence in (
        Evidence.objects.filter(retain_until__lt=at.date())
        .select_related("item__audit")
        .order_by("pk")
    ):
        blobs = {blob for blob in (evidence.source_id, evidence.deliverable_id) if blob is not None}
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
