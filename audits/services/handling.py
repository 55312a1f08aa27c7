"""Remembers who has had undelivered evidence in their hands."""

from datetime import datetime

from audits.models import Evidence, EvidenceReader, EvidenceState
from foundation.accounts.models import User


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
