"""Makes the PDF of submitted evidence, in a worker (SPEC 9.4)."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.models import Evidence, EvidenceClass, EvidenceState
from audits.services.base import IS_ORIGINAL, lock_audit, record_audit
from foundation.core.actor import system_actor
from foundation.documents.conversion import PDF, NotConvertible, same_picture, to_pdf
from foundation.documents.errors import FileLost
from foundation.documents.services import store_bytes

logger = logging.getLogger(__name__)

CONVERTER = system_actor("converter")
LEASE = timedelta(minutes=3)  # longer than any conversion's limit
RETRY = timedelta(minutes=1)
MAX_ATTEMPTS = 3
SUMMARY = "summary.txt"


def convert_evidence(*, evidence_id: int, at: datetime) -> bool:
    """Claim submitted evidence and make its PDF; return whether it waits for approval now.

    The claim is a compare-and-set that expires after ``LEASE``, so that a killed worker is
    replaced. A file that cannot become PDF ends as *unreadable*, with the reason for its preparer;
    so does one whose worker failed ``MAX_ATTEMPTS`` times.
    """
    claimed = Evidence.objects.filter(
        pk=evidence_id, state=EvidenceState.CONVERTING, run_after__lte=at
    ).update(run_after=at + LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return False
    evidence = Evidence.objects.select_related(
        "convert_from", "source", "prepared_by", "organization", "item__audit"
    ).get(pk=evidence_id)
    with translation.override(evidence.prepared_by.language or evidence.organization.language):
        try:
            if evidence.attempts > MAX_ATTEMPTS:
                raise NotConvertible(
                    _("“%(name)s” could not be converted. Save it as PDF and give that.")
                    % {"name": evidence.name}
                )
            content = _pdf_of(evidence)
        except FileLost:
            words = _("“%(name)s” is missing on our side. Give the file again.")
            _refuse(evidence, words % {"name": evidence.name}, at)
            return False
        except NotConvertible as error:
            _refuse(evidence, str(error), at)
            return False
        except Exception:
            logger.exception("Evidence %s could not be converted", evidence_id)
            Evidence.objects.filter(pk=evidence_id).update(run_after=at + RETRY)
            return False
    return _finish(evidence, content, at)


def _pdf_of(evidence: Evidence) -> bytes:
    """Return the PDF. Raises ``NotConvertible``, also for a partial picture that shows what the
    original shows: its bytes were compared when it was given, its pixels are here.
    """
    source = evidence.convert_from
    if source is None:
        return to_pdf(evidence.summary.encode(), content_type="text/plain", name=SUMMARY)
    content = source.read()
    is_partial = evidence.classification == EvidenceClass.CONFIDENTIAL
    if is_partial and evidence.source is not None and same_picture(content, evidence.source.read()):
        raise NotConvertible(str(IS_ORIGINAL))
    return to_pdf(content, content_type=source.content_type, name=evidence.name)


@transaction.atomic
def _finish(evidence: Evidence, content: bytes, at: datetime) -> bool:
    """Store the PDF and ask BPO for approval, unless other evidence has replaced this one."""
    locked = lock_audit(evidence.item.audit)
    blob = store_bytes(
        organization_id=evidence.organization_id, content=content, content_type=PDF, at=at
    )
    is_current = Evidence.objects.filter(pk=evidence.pk, state=EvidenceState.CONVERTING).update(
        state=EvidenceState.PREPARED, deliverable=blob
    )
    if is_current:
        notices.notify_prepared(audit=locked, evidence=evidence, at=at)
    return bool(is_current)


@transaction.atomic
def _refuse(evidence: Evidence, reason: str, at: datetime) -> None:
    locked = lock_audit(evidence.item.audit)
    is_current = Evidence.objects.filter(pk=evidence.pk, state=EvidenceState.CONVERTING).update(
        state=EvidenceState.UNREADABLE, decision=reason
    )
    if not is_current:
        return
    evidence.state = EvidenceState.UNREADABLE
    evidence.decision = reason
    record_audit(
        locked,
        verbs.EVIDENCE_UNREADABLE,
        by=CONVERTER,
        at=at,
        item=evidence.item.number,
        evidence=evidence.pk,
    )
    notices.notify_decided(audit=locked, evidence=evidence, at=at)
