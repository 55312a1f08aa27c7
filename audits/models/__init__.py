"""The rows of this app, by subject."""

from audits.models.evidence import (
    Evidence,
    EvidenceClass,
    EvidenceReader,
    EvidenceState,
)
from audits.models.protocol import VISIT_NOTICE_DAYS, Conference, DelayNotice, Visit, VisitPlace
from audits.models.requests import (
    VALIDATION,
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
    "ReportedTo",
    "RequestedItem",
    "VALIDATION",
    "VISIT_NOTICE_DAYS",
    "Visit",
    "VisitPlace",
]
