"""The portal. A page of a ticket answers where the service refuses the manager."""

from tests.architecture.permissions.roles import (
    ANONYMOUS,
    CUSTOMERS,
    OUTSIDER,
    PORTAL,
    RAISERS,
    READERS,
    REPORT_READERS,
    SEES_TICKETS,
    Roles,
)

TABLE: dict[str, Roles] = {
    "portal:home": PORTAL,
    "portal:catalog": PORTAL,
    "portal:new_ticket": PORTAL,
    "portal:tickets": PORTAL,
    "portal:ticket": READERS,
    "portal:explanation": READERS,
    "portal:as_customer": SEES_TICKETS,
    "portal:reply": READERS,
    "portal:follow_up": READERS,
    "portal:step": READERS,
    "portal:escalate": READERS,
    "portal:audits": PORTAL,
    "portal:new_audit": RAISERS | {OUTSIDER},
    "portal:audit_form": RAISERS,
    "portal:audit": READERS,
    "portal:announce_visit": READERS,
    "portal:conference": READERS,
    "portal:contacts": PORTAL,
    "portal:contacts_pdf": CUSTOMERS,
    "portal:acknowledge": frozenset({"agent", ANONYMOUS}),  # whom the link was mailed to
    "portal:reports": REPORT_READERS,
    "portal:report_pdf": REPORT_READERS,
}
