"""Approval and delivery of evidence by BPO, within the limits of its classification (SPEC 9.4)."""

from datetime import datetime
from io import BytesIO

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audits import notices, paper, verbs
from audits.models import (
    AuditRequest,
    AuditState,
    Evidence,
    EvidenceClass,
    EvidenceState,
    RequestedItem,
)
from audits.permissions import Act
from audits.queries import get_evidence, get_item
from audits.services.base import (
    EvidenceLost,
    NotNow,
    get_for_act,
    lock_for_act,
    record_audit,
    require_text,
)
from audits.terms import validation_of
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import NotAllowed
from foundation.documents.checking import CheckedFile
from foundation.documents.conversion import PDF
from foundation.documents.errors import FileLost
from foundation.documents.services import store_bytes
from foundation.documents.signing import sign_json
from sla.clocks.services import stop_promise
from sla.metrics import Metric
from sla.policies.durations import target_words
from tickets.models import MessageKind
from tickets.notices import notify_reply
from tickets.services import publish_customer_informed, solve_automatically, write_message

EDITABLE = {EvidenceClass.PUBLIC, EvidenceClass.INTERNAL}
# Replaced by other evidence of the item, or by its reason for having none.
OPEN_EVIDENCE = (
    EvidenceState.CONVERTING,
    EvidenceState.UNREADABLE,
    EvidenceState.PREPARED,
    EvidenceState.APPROVED,
)


@transaction.atomic
def approve_evidence(*, audit: AuditRequest, evidence_id: int, by: Actor, at: datetime) -> Evidence:
    """Approve prepared evidence for delivery. Raises ``NotAllowed`` unless a member of BPO other
    than the preparer approves it, and ``EvidenceLost``.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.APPROVE, user)
    evidence = _in_state(locked, evidence_id, EvidenceState.PREPARED)
    if evidence.prepared_by_id == user.pk:
        raise NotAllowed(
            _("Who prepared the evidence does not approve it: ask another person of the BPO area.")
        )
    if not evidence.deliverable_file.is_whole:
        raise EvidenceLost
    evidence.state = EvidenceState.APPROVED
    return _save_decision(locked, evidence, by=by, at=at)


@transaction.atomic
def refuse_evidence(
    *, audit: AuditRequest, evidence_id: int, reason: str, by: Actor, at: datetime
) -> Evidence:
    """Refuse prepared or approved evidence, with the reason, and notify the preparer."""
    user = acting_person(by)
    locked = lock_for_act(audit, Act.REFUSE, user)
    evidence = _in_state(locked, evidence_id, EvidenceState.PREPARED, EvidenceState.APPROVED)
    evidence.state = EvidenceState.REFUSED
    evidence.decision = require_text(reason, "reason")
    return _save_decision(locked, evidence, by=by, at=at)


def _save_decision(audit: AuditRequest, evidence: Evidence, *, by: Actor, at: datetime) -> Evidence:
    """Save, record and announce the state that the caller has set on the evidence."""
    evidence.decided_by = acting_person(by)
    evidence.decided_at = at
    evidence.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    record_audit(
        audit,
        verbs.evidence_verb(evidence.state),
        by=by,
        at=at,
        item=evidence.item.number,
        evidence=evidence.pk,
    )
    notices.notify_decided(audit=audit, evidence=evidence, at=at)
    return evidence


def make_delivery(*, audit: AuditRequest, evidence_id: int, by: Actor, at: datetime) -> bytes:
    """Return the bytes that ``deliver_evidence`` would deliver, for a caller who holds a
    transaction then: a signed PDF with cover and watermark, which takes a second for two hundred
    pages, or the editable file as it is. Raises what ``deliver_evidence`` does, and
    ``EvidenceLost``.

    It needs no lock: only the state of approved evidence still changes.
    """
    seen = get_for_act(audit, Act.DELIVER, acting_person(by))
    evidence = _in_state(seen, evidence_id, EvidenceState.APPROVED)
    try:
        if evidence.is_editable:
            return evidence.deliverable_file.read()
        return paper.sealed(seen, evidence, at=at)
    except FileLost as error:
        raise EvidenceLost from error


def draft_of(*, audit: AuditRequest, evidence: Evidence) -> bytes:
    """Return the PDF as its approver sees it, marked as a draft. Raises ``EvidenceLost``."""
    try:
        return paper.bound(audit, evidence, at=None)
    except FileLost as error:
        raise EvidenceLost from error


def deliver_evidence(
    *,
    audit: AuditRequest,
    evidence_id: int,
    by: Actor,
    at: datetime,
    content: bytes | None = None,
) -> Evidence:
    """Deliver approved evidence through the ticket. Only people with the role BPO may. ``content``
    is that of ``make_delivery`` where it was called before.

    The last answered item delivers the request: index, solution and the period to validate. The
    PDF is built before the audit's row is locked. Then, in order: file, row, message, letter,
    record.
    """
    user = acting_person(by)
    if content is None:
        content = make_delivery(audit=audit, evidence_id=evidence_id, by=by, at=at)
    with transaction.atomic():
        locked = lock_for_act(audit, Act.DELIVER, user)
        evidence = _in_state(locked, evidence_id, EvidenceState.APPROVED)
        _mark_delivered(locked, evidence, content, by=by, at=at)
    return evidence


def _mark_delivered(
    locked: AuditRequest, evidence: Evidence, content: bytes, *, by: Actor, at: datetime
) -> None:
    editable = evidence.deliverable_file.content_type if evidence.is_editable else ""
    name, content_type = (
        (evidence.name, editable) if editable else (paper.file_name(locked, evidence), PDF)
    )
    blob = store_bytes(
        organization_id=locked.organization_id, content=content, content_type=content_type, at=at
    )
    evidence.state = EvidenceState.DELIVERED
    evidence.delivered = blob
    evidence.delivered_by = acting_person(by)
    evidence.delivered_at = at
    evidence.save(update_fields=["state", "delivered", "delivered_by", "delivered_at"])
    _send(locked, evidence, CheckedFile(name, content_type, len(content), BytesIO(content)), by, at)
    payload = {
        "item": evidence.item.number,
        "evidence": evidence.pk,
        "sha256": blob.sha256,
        "classification": evidence.classification,
    }
    record_audit(locked, verbs.EVIDENCE_DELIVERED, by=by, at=at, **payload)
    _deliver_request_if_answered(locked, by, at)


def _send(
    audit: AuditRequest, evidence: Evidence, file: CheckedFile, by: Actor, at: datetime
) -> None:
    ticket = audit.ticket
    with translation.override(ticket.requester.language or audit.organization.language):
        body = _("Evidence of item %(number)d: %(description)s") % {
            "number": evidence.item.number,
            "description": evidence.item.description,
        }
        digest = _("SHA-256 of the file: %(digest)s") % {
            "digest": evidence.delivered.sha256 if evidence.delivered else ""
        }
    text = f"{body}\n{digest}"
    message = write_message(
        ticket=ticket,
        kind=MessageKind.REPLY,
        body=text,
        is_from_staff=True,
        by=by,
        at=at,
        files=[file],
    )
    publish_customer_informed(ticket=ticket, message=message, by=by, at=at)
    notify_reply(ticket=ticket, message=message, at=at)


@transaction.atomic
def set_aside(
    *, audit: AuditRequest, number: int, reason: str, by: Actor, at: datetime
) -> RequestedItem:
    """Answer an item without evidence; the customer reads the reason. Pending evidence is replaced.

    The last answered item delivers the request. Raises ``NotNow`` when the item was answered.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.SET_ASIDE, user)
    item = get_item(locked, number)
    if (
        item.set_aside_reason
        or Evidence.objects.filter(item=item, state=EvidenceState.DELIVERED).exists()
    ):
        raise NotNow(_("This item has been answered."))
    item.set_aside_reason = require_text(reason, "reason")
    item.set_aside_by = user
    item.set_aside_at = at
    item.save(update_fields=["set_aside_reason", "set_aside_by", "set_aside_at"])
    Evidence.objects.filter(item=item, state__in=OPEN_EVIDENCE).update(state=EvidenceState.REPLACED)
    record_audit(locked, verbs.ITEM_SET_ASIDE, by=by, at=at, item=number)
    _deliver_request_if_answered(locked, by, at)
    return item


@transaction.atomic
def waive(
    *,
    audit: AuditRequest,
    number: int,
    reason: str,
    agreed_by: str,
    by: Actor,
    at: datetime,
) -> RequestedItem:
    """Record the waiver of an item: the customer wants an editable file. ``reason`` says why, and
    ``agreed_by`` names the customer's person who agreed.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.WAIVE, user)
    item = get_item(locked, number)
    item.waiver_reason = require_text(reason, "reason")
    item.waiver_agreed_by = require_text(agreed_by, "agreed_by")
    item.waived_by = user
    item.waived_at = at
    item.save(update_fields=["waiver_reason", "waiver_agreed_by", "waived_by", "waived_at"])
    record_audit(locked, verbs.WAIVED, by=by, at=at, item=number)
    return item


def _deliver_request_if_answered(audit: AuditRequest, by: Actor, at: datetime) -> None:
    """Deliver the request once every item is answered. A reopened request waits for
    ``complete_audit``.
    """
    if audit.reopened_at is None and _answers_all(audit):
        _deliver_request(audit, by, at)


def _answers_all(audit: AuditRequest) -> bool:
    delivered = Evidence.objects.filter(item__audit=audit, state=EvidenceState.DELIVERED)
    answered = set(delivered.values_list("item_id", flat=True))
    return (
        not RequestedItem.objects.filter(audit=audit, set_aside_reason="")
        .exclude(pk__in=answered)
        .exists()
    )


@transaction.atomic
def complete_audit(*, audit: AuditRequest, by: Actor, at: datetime) -> AuditRequest:
    """Deliver again a request that the customer declined. Raises ``NotNow`` when it was not
    declined, or an item is unanswered.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.COMPLETE, user)
    if locked.reopened_at is None:
        raise NotNow(_("The last answered item completes it."))
    if not _answers_all(locked):
        raise NotNow(_("Not every item is answered."))
    _deliver_request(locked, by, at)
    return locked


def _deliver_request(audit: AuditRequest, by: Actor, at: datetime) -> None:
    """Sign the index, set the audit to *delivered*, stop its clock and solve the ticket."""
    index = sign_json(paper.index_of(audit, at=at))
    blob = store_bytes(
        organization_id=audit.organization_id, content=index, content_type="application/json", at=at
    )
    AuditRequest.objects.filter(pk=audit.pk).update(
        state=AuditState.DELIVERED, delivered_at=at, index=blob
    )
    stop_promise(ticket=audit.ticket, metric=Metric.DELIVERY, by=by, at=at)
    ticket = audit.ticket
    with translation.override(ticket.requester.language or audit.organization.language):
        text = _(
            "Every item of the request is answered. The attached index lists what was delivered, "
            "with its hashes; you have %(term)s to validate it."
        ) % {"term": target_words(validation_of(ticket))}
    file = CheckedFile(paper.index_name(audit), "application/json", len(index), BytesIO(index))
    solve_automatically(ticket=ticket, message=text, files=[file], by=by, at=at)
    record_audit(audit, verbs.DELIVERED, by=by, at=at, index=blob.sha256)


def _in_state(audit: AuditRequest, evidence_id: int, *states: EvidenceState) -> Evidence:
    evidence = get_evidence(audit, evidence_id)
    if evidence.state not in states:
        raise NotNow(
            _("This evidence is not in that step: %(state)s.")
            % {"state": EvidenceState(evidence.state).label}
        )
    return evidence
