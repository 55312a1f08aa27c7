"""The rows of this app, by subject."""

from audits.models.evidence import (
    Evidence,
    EvidenceClass,
    EvidenceReader,
    EvidenceState,
)
from audits.models.planning import PlannedAudit
from audits.models.protocol import Conference, DelayNotice, Visit, VisitPlace
from audits.models.requests import (
    AuditRequest,
    AuditState,
    ReportedTo,
    RequestedItem,
)

__all__ = [
    "AuditRequest",
    "AuditState",
    "Conference",
    "DelayNotice",
    "Evidence",
    "EvidenceClass",
    "EvidenceReader",
    "EvidenceState",
    "PlannedAudit",
    "ReportedTo",
    "RequestedItem",
    "Visit",
    "VisitPlace",
]
