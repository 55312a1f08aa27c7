"""Remembers who has had undelivered evidence in their hands, and releases them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audits import verbs
from audits.models import AuditRequest, Evidence, EvidenceReader, EvidenceState
from audits.permissions import Act
from audits.queries import handlers_of
from audits.services.base import NotNow, lock_for_act, record_audit, require_text
from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import NotAllowed


@transaction.atomic
def release_handlers(*, audit: AuditRequest, reason: str, by: Actor, at: datetime) -> AuditRequest:
    """Let the people who worked with the evidence of an audit that was called off send files to its
    customer again, as BPO. The evidence itself stays inside: its bytes are refused, and nobody but
    BPO opens it any more.

    Raises ``NotAllowed`` for others, and for a member of BPO who could send files themselves then;
    ``NotNow`` while the ticket is open, after a delivery, and the second time.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.RELEASE, user)
    answers = user.can(Capability.WORK_TICKETS) or user.can(Capability.HOLD_TICKETS)
    if answers and user in handlers_of(locked):
        raise NotAllowed(
            _("You worked with this evidence and answer tickets: another member of BPO decides.")
        )
    if locked.released_at is not None:
        raise NotNow(_("They may send files already."))
    words = require_text(reason, "reason")
    AuditRequest.objects.filter(pk=locked.pk).update(released_at=at)
    record_audit(locked, verbs.RELEASED, by=by, at=at, reason=words)
    return locked


def note_reading(*, evidence: Evidence, reader: User, at: datetime) -> None:
    """Remember that this person opened a file of evidence, unless it was delivered: from then on
    they attach no files to that customer's tickets while the audit is open.
    """
    if evidence.state != EvidenceState.DELIVERED:
        EvidenceReader.objects.get_or_create(
            evidence=evidence,
            person=reader,
            defaults={"organization_id": evidence.organization_id, "opened_at": at},
        )
