"""Prepares evidence: the classification decides what may be delivered (SPEC 9.4)."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.models import (
    AuditRequest,
    Evidence,
    EvidenceClass,
    EvidenceState,
    RequestedItem,
)
from audits.permissions import Act
from audits.queries import get_item
from audits.services.base import NotNow, get_for_act, lock_for_act, record_audit, require_text
from audits.services.evidence import EDITABLE, OPEN_EVIDENCE, PDF, SUMMARY
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotAllowed
from foundation.documents.checking import CheckedFile
from foundation.documents.conversion import is_picture, same_picture, to_pdf
from foundation.documents.models import Blob
from foundation.documents.services import store_bytes, store_file


@dataclass(frozen=True, kw_only=True)
class NewEvidence:
    """Evidence to prepare for item ``number``. Required fields depend on the classification."""

    number: int
    classification: EvidenceClass
    file: CheckedFile | None = None
    redacted: CheckedFile | None = None
    summary: str = ""
    as_editable: bool = False


def prepare_evidence(
    *, audit: AuditRequest, wanted: NewEvidence, by: Actor, at: datetime
) -> Evidence:
    """Store evidence for approval by BPO; prepared or approved evidence of the item becomes
    *replaced*.

    The classification decides what may be delivered: public and internal files as PDF; of
    confidential ones only the ``redacted`` picture; of policies only the ``summary``.
    ``as_editable`` delivers the original, and needs the item's waiver. The PDF is built before the
    audit's row is locked. Raises ``NotAllowed``, ``NotNow``, ``NotFound`` (no such item),
    ``NotConvertible`` or ``Invalid``.
    """
    user = acting_person(by)
    pdf, name = _converted(_awaited(get_for_act(audit, Act.PREPARE, user), wanted), wanted)
    with transaction.atomic():
        locked = lock_for_act(audit, Act.PREPARE, user)
        return _put_before(locked, _awaited(locked, wanted), wanted, pdf, name=name, by=by, at=at)


def _awaited(audit: AuditRequest, wanted: NewEvidence) -> RequestedItem:
    """Return the item. Raises ``NotFound`` when there is none, ``NotNow`` when it was set aside."""
    item = get_item(audit, wanted.number)
    if item.set_aside_reason:
        raise NotNow(_("This item was set aside: %(reason)s") % {"reason": item.set_aside_reason})
    return item


def _put_before(
    locked: AuditRequest,
    item: RequestedItem,
    wanted: NewEvidence,
    pdf: bytes | None,
    *,
    name: str,
    by: Actor,
    at: datetime,
) -> Evidence:
    """Store the original, if any, and the deliverable; without ``pdf`` both are the same blob."""
    source = (
        store_file(organization_id=locked.organization_id, upload=wanted.file, at=at)
        if wanted.file is not None
        else None
    )
    if source is not None and wanted.classification in EDITABLE:
        _refuse_kept(source)
    deliverable = (
        source
        if pdf is None
        else store_bytes(
            organization_id=locked.organization_id, content=pdf, content_type=PDF, at=at
        )
    )
    Evidence.objects.filter(item=item, state__in=OPEN_EVIDENCE).update(state=EvidenceState.REPLACED)
    last = Evidence.objects.filter(item=item).aggregate(last=Max("number"))["last"] or 0
    evidence: Evidence = Evidence.objects.create(
        organization_id=locked.organization_id,
        item=item,
        number=last + 1,
        classification=wanted.classification,
        name=name,
        source=source,
        deliverable=deliverable,
        summary=wanted.summary.strip() if wanted.classification == EvidenceClass.POLICY else "",
        is_editable=wanted.as_editable,
        prepared_by_id=by.person_id,
        prepared_at=at,
        retention_days=settings.MESA_EVIDENCE_RETENTION_DAYS,
    )
    payload = {
        "item": wanted.number,
        "evidence": evidence.pk,
        "classification": str(wanted.classification),
    }
    record_audit(locked, verbs.EVIDENCE_PREPARED, by=by, at=at, **payload)
    notices.notify_prepared(audit=locked, evidence=evidence, at=at)
    return evidence


def _refuse_kept(source: Blob) -> None:
    """Raise ``NotAllowed`` for a public or internal file whose bytes were prepared as confidential
    or as a policy, unless BPO refused that evidence or its replacement.
    """
    restricted = (EvidenceClass.CONFIDENTIAL, EvidenceClass.POLICY)
    kept = Evidence.objects.filter(
        source__sha256=source.sha256, classification__in=restricted
    ).exclude(state=EvidenceState.REFUSED)
    for row in kept.order_by("pk"):
        newest = (
            Evidence.objects.filter(item_id=row.item_id, classification__in=restricted)
            .order_by("-number")
            .first()
        )
        if (
            row.state == EvidenceState.REPLACED
            and newest is not None
            and newest.state == EvidenceState.REFUSED
        ):
            continue  # its replacement was refused
        words = _(
            "This file was prepared as confidential or as a policy: it stays inside. If that was "
            "a mistake, BPO sends it back first."
        )
        raise NotAllowed(words)


def _converted(item: RequestedItem, wanted: NewEvidence) -> tuple[bytes | None, str]:
    """Return the PDF to deliver and its name; (None, name) for an editable file, delivered as it
    is.
    """
    if wanted.as_editable and (wanted.classification not in EDITABLE or item.waived_at is None):
        raise NotAllowed(
            _(
                "An editable file leaves only with a recorded waiver, and only of public or "
                "internal evidence."
            )
        )
    file = wanted.file
    redacted = wanted.redacted
    if wanted.classification == EvidenceClass.POLICY:
        summary = require_text(wanted.summary, "summary").encode()
        return to_pdf(
            summary, content_type="text/plain", name=SUMMARY
        ), SUMMARY  # the original's name is not delivered either
    if file is None:
        raise Invalid(_("Give the file."), fields={"file": _("Choose a file.")})
    if wanted.classification == EvidenceClass.CONFIDENTIAL:
        if redacted is None or not is_picture(redacted.content_type):
            words = _(
                "Of confidential evidence only a partial picture leaves: give the picture with "
                "the rest made unreadable."
            )
            raise Invalid(words, fields={"redacted": words})
        partial = _bytes(redacted)
        if partial == _bytes(file) or same_picture(partial, _bytes(file)):
            words = _(
                "The partial picture is the original itself. Make the confidential parts "
                "unreadable first."
            )
            raise Invalid(words, fields={"redacted": words})
        return to_pdf(
            partial, content_type=redacted.content_type, name=redacted.name
        ), redacted.name
    if wanted.as_editable:
        return None, file.name
    return to_pdf(_bytes(file), content_type=file.content_type, name=file.name), file.name


def _bytes(file: CheckedFile) -> bytes:
    file.stream.seek(0)
    content = file.stream.read()
    file.stream.seek(0)
    return content
