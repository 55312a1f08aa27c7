"""Queries of audits, by subject."""

from audits.queries.allowances import (
    NEXT_YEAR,
    Allowance,
    allowance_of,
    allowances,
    requestable_services,
    year_start,
)
from audits.queries.audits import (
    AuditRow,
    audit_of_ticket,
    audits_of,
    get_audit,
    get_conference,
    get_evidence,
    get_item,
    get_undelivered_evidence,
    get_visit,
    rows_of,
)
from audits.queries.handling import due_evidence, handled_evidence, handlers_of, is_kept
from audits.queries.reported import reported_audits
from audits.queries.requesters import requesting_memberships, requesting_organization
from audits.queries.views import (
    DEMAND_PERCENT,
    AuditView,
    ItemView,
    attachments_of,
    delivery_clock,
    index_attachment,
    needs_delay_notice,
    view_of,
    view_of_staff,
)

__all__ = [
    "Allowance",
    "AuditRow",
    "AuditView",
    "DEMAND_PERCENT",
    "ItemView",
    "NEXT_YEAR",
    "allowance_of",
    "allowances",
    "attachments_of",
    "audit_of_ticket",
    "audits_of",
    "delivery_clock",
    "due_evidence",
    "get_audit",
    "get_conference",
    "get_evidence",
    "get_undelivered_evidence",
    "get_item",
    "get_visit",
    "handled_evidence",
    "handlers_of",
    "index_attachment",
    "is_kept",
    "needs_delay_notice",
    "reported_audits",
    "requestable_services",
    "requesting_memberships",
    "requesting_organization",
    "rows_of",
    "view_of",
    "view_of_staff",
    "year_start",
]
