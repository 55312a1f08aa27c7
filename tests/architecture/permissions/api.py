"""The REST API. Who may act on a ticket or an audit is tested with the services."""

from tests.architecture.permissions.roles import (
    DESK,
    READERS,
    REPORT_READERS,
    SEES_CONFIGURATION,
    SEES_REPORTS,
    SEES_TICKETS,
    SIGNED_IN,
    Roles,
)

TABLE: dict[str, Roles] = {
    "api_docs": SIGNED_IN,
    "api:schema": SIGNED_IN,
    "api:ticket-list": SIGNED_IN,
    "api:ticket-detail": READERS | SEES_TICKETS,
    "api:ticket-explanation": READERS | SEES_TICKETS,
    "api:ticket-replies": READERS | SEES_TICKETS,
    "api:ticket-follow-ups": READERS | SEES_TICKETS,
    "api:ticket-escalations": READERS | SEES_TICKETS,
    "api:ticket-rules": SEES_TICKETS,
    "api:ticket-classification": DESK,
    "api:ticket-classification-preview": DESK,
    "api:ticket-transitions": READERS | SEES_TICKETS,
    "api:audit-list": SIGNED_IN,
    "api:audit-detail": READERS | SEES_TICKETS,
    "api:audit-evidence": READERS | SEES_TICKETS,
    "api:audit-decide": frozenset({"bpo"}),
    "api:audit-delay-notices": READERS | SEES_TICKETS,
    "api:coverage": SEES_REPORTS,
    "api:terms": SEES_CONFIGURATION,
    "api:service_level": REPORT_READERS | SEES_REPORTS,
    "api:service_level_format": REPORT_READERS | SEES_REPORTS,
    "api:report_issue": REPORT_READERS | SEES_REPORTS,
}
