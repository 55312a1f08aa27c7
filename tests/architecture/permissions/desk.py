"""The desk. A page of a ticket or an audit answers with the reason where the service refuses:
what each role may do is tested with the services.
"""

from tests.architecture.permissions.roles import (
    ADMIN,
    DESK,
    NOBODY,
    PREPARES,
    SEES_OUTBOX,
    SEES_REPORTS,
    SEES_TICKETS,
    STAFF,
    SUPERVISES,
    Roles,
)

TABLE: dict[str, Roles] = {
    "admin:index": STAFF,
    "admin:login": NOBODY,  # sends everybody to the one login, or home
    "admin:logout": STAFF,
    "admin:password_change": STAFF,
    "admin:password_change_done": STAFF,
    "admin:jsi18n": STAFF,
    "admin:config": STAFF,
    "admin:gallery": ADMIN,
    "admin:queue": SEES_TICKETS,
    "admin:bulk_assign": DESK,
    "admin:register": DESK,
    "admin:ticket": SEES_TICKETS,
    "admin:explanation": SEES_TICKETS,
    "admin:ticket_panel": SEES_TICKETS,
    "admin:say": SEES_TICKETS,
    "admin:classify": SEES_TICKETS,
    "admin:change_contract": SUPERVISES,
    "admin:assign": SEES_TICKETS,
    "admin:step": SEES_TICKETS,
    "admin:acknowledge": SEES_TICKETS,
    "admin:deescalate": SEES_TICKETS,
    "admin:audits": SEES_TICKETS,
    "admin:audit": SEES_TICKETS,
    "admin:audit_act": SEES_TICKETS,
    "admin:evidence_file": PREPARES,
    "admin:reports": SEES_REPORTS,
    "admin:report_pdf": SEES_REPORTS,
    "admin:coverage": SEES_REPORTS,
    "admin:coverage_drill": SEES_OUTBOX,
    "admin:simulations": SEES_REPORTS,
    "admin:simulation": SEES_REPORTS,
    "admin:simulation_changes": SEES_REPORTS,
    "admin:cancel_simulation": SEES_REPORTS,
    "admin:put_in_force": ADMIN,
}
