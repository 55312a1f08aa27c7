"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

REQUESTED = "audit.requested"
EVALUATED = "audit.evaluated"
EVIDENCE_PREPARED = "audit.evidence_prepared"
EVIDENCE_APPROVED = "audit.evidence_approved"
EVIDENCE_REFUSED = "audit.evidence_refused"
EVIDENCE_DELIVERED = "audit.evidence_delivered"
EVIDENCE_PURGED = "audit.evidence_purged"
ITEM_SET_ASIDE = "audit.item_set_aside"
WAIVED = "audit.waived"
DELAY_NOTICE_SENT = "audit.delay_notice_sent"
CONFERENCE_SCHEDULED = "audit.conference_scheduled"
CONFERENCE_CANCELLED = "audit.conference_cancelled"
VISIT_ANNOUNCED = "audit.visit_announced"
VISIT_ANSWERED = "audit.visit_answered"
STOPPED = "audit.stopped"
RESUMED = "audit.resumed"
DELIVERED = "audit.delivered"


def evidence_verb(state: str) -> str:
    """Return the verb of a decision on evidence: ``audit.evidence_approved`` or ``..._refused``."""
    return f"audit.evidence_{state}"
