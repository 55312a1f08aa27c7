"""Prepares evidence: the classification decides what may be delivered (SPEC 9.4)."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.events import EvidenceSubmitted
from audits.models import (
    AuditRequest,
    Evidence,
    EvidenceClass,
    EvidenceState,
    RequestedItem,
)
from audits.permissions import Act
from audits.queries import get_item
from audits.services.base import (
    IS_ORIGINAL,
    NotNow,
    get_for_act,
    lock_for_act,
    record_audit,
    require_text,
)
from audits.services.converting import SUMMARY
from audits.services.evidence import EDITABLE, OPEN_EVIDENCE
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.events import publish
from foundation.core.texts import without_blank_ends
from foundation.documents.checking import CheckedFile
from foundation.documents.conversion import is_picture, require_convertible
from foundation.documents.models import Blob
from foundation.documents.services import store_file


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
    """Store evidence that a worker converts to PDF, for approval by BPO; open evidence of the item
    becomes *replaced*.

    The classification decides what may be delivered: public and internal files as PDF; of
    confidential ones only the ``redacted`` picture; of policies only the ``summary``.
    ``as_editable`` delivers the original, and needs the item's waiver: nothing is converted.
    The bytes of pictures are compared here, before the audit's row is locked; their pixels by the
    worker. Raises ``NotAllowed``, ``NotNow``,
    ``NotFound`` (no such item) or ``Invalid``.
    """
    user = acting_person(by)
    _check(_awaited(get_for_act(audit, Act.PREPARE, user), wanted), wanted)
    with transaction.atomic():
        locked = lock_for_act(audit, Act.PREPARE, user)
        return _put_before(locked, _awaited(locked, wanted), wanted, by=by, at=at)


def _awaited(audit: AuditRequest, wanted: NewEvidence) -> RequestedItem:
    """Return the item. Raises ``NotFound`` when there is none, ``NotNow`` when it was set aside."""
    item = get_item(audit, wanted.number)
    if item.set_aside_reason:
        raise NotNow(_("This item was set aside: %(reason)s") % {"reason": item.set_aside_reason})
    return item


def _put_before(
    locked: AuditRequest, item: RequestedItem, wanted: NewEvidence, *, by: Actor, at: datetime
) -> Evidence:
    def stored(file: CheckedFile | None) -> Blob | None:
        if file is None:
            return None
        return store_file(organization_id=locked.organization_id, upload=file, at=at)

    source = stored(wanted.file)
    if source is not None and wanted.classification in EDITABLE:
        _refuse_kept(source)
    Evidence.objects.filter(item=item, state__in=OPEN_EVIDENCE).update(state=EvidenceState.REPLACED)
    last = Evidence.objects.filter(item=item).aggregate(last=Max("number"))["last"] or 0
    is_policy = wanted.classification == EvidenceClass.POLICY
    convert_from = {
        EvidenceClass.CONFIDENTIAL: stored(wanted.redacted),
        EvidenceClass.POLICY: None,
    }.get(wanted.classification, source)
    evidence: Evidence = Evidence.objects.create(
        organization_id=locked.organization_id,
        item=item,
        number=last + 1,
        state=EvidenceState.PREPARED if wanted.as_editable else EvidenceState.CONVERTING,
        classification=wanted.classification,
        name=_name(wanted),
        source=source,
        convert_from=None if wanted.as_editable else convert_from,
        deliverable=source if wanted.as_editable else None,
        run_after=at,
        summary=without_blank_ends(wanted.summary) if is_policy else "",
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
    if wanted.as_editable:
        notices.notify_prepared(audit=locked, evidence=evidence, at=at)
    else:
        publish(
            EvidenceSubmitted(
                organization_id=locked.organization_id, at=at, evidence_id=evidence.pk
            )
        )
    return evidence


def _name(wanted: NewEvidence) -> str:
    """Return the name of what is delivered: an original that stays inside is not named."""
    if wanted.classification == EvidenceClass.POLICY:
        return SUMMARY
    file = wanted.redacted if wanted.classification == EvidenceClass.CONFIDENTIAL else wanted.file
    assert file is not None  # ``_check`` asked for it
    return file.name


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


def _check(item: RequestedItem, wanted: NewEvidence) -> None:
    """Raise ``NotAllowed`` for an editable file without a waiver, ``Invalid`` when what the
    classification needs is missing, or the partial picture is the original itself.
    """
    if wanted.as_editable and (wanted.classification not in EDITABLE or item.waived_at is None):
        raise NotAllowed(
            _(
                "An editable file leaves only with a recorded waiver, and only of public or "
                "internal evidence."
            )
        )
    if wanted.classification == EvidenceClass.POLICY:
        require_text(wanted.summary, "summary")
        return
    if wanted.file is None:
        raise Invalid(_("Give the file."), fields={"file": _("Choose a file.")})
    if wanted.classification == EvidenceClass.CONFIDENTIAL:
        _check_partial(wanted.file, wanted.redacted)
    elif not wanted.as_editable:
        require_convertible(wanted.file.content_type, wanted.file.name)


def _check_partial(file: CheckedFile, redacted: CheckedFile | None) -> None:
    if redacted is None or not is_picture(redacted.content_type):
        words = _(
            "Of confidential evidence only a partial picture leaves: give the picture with "
            "the rest made unreadable."
        )
        raise Invalid(words, fields={"redacted": words})
    if _bytes(redacted) == _bytes(file):
        raise Invalid(str(IS_ORIGINAL), fields={"redacted": str(IS_ORIGINAL)})


def _bytes(file: CheckedFile) -> bytes:
    file.stream.seek(0)
    content = file.stream.read()
    file.stream.seek(0)
    return content
