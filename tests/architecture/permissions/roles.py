"""The sets of roles that the permission table speaks of."""

from tests.support.house import CUSTOMER_ROLES, STAFF_EMAILS

ANONYMOUS = "anonymous"
OUTSIDER = "outsider"  # a customer of another organization

Roles = frozenset[str]

STAFF: Roles = frozenset(STAFF_EMAILS)
CUSTOMERS: Roles = frozenset(CUSTOMER_ROLES)
SIGNED_IN = STAFF | CUSTOMERS | {OUTSIDER}
EVERYBODY = SIGNED_IN | {ANONYMOUS}
NOBODY: Roles = frozenset()
PORTAL = CUSTOMERS | {OUTSIDER}
READERS: Roles = frozenset({"requester", "company_manager", "coordinator"})  # of that ticket
REPORT_READERS: Roles = frozenset({"company_manager", "coordinator", "report_recipient"})
DESK: Roles = frozenset({"agent", "agent2", "desk_supervisor", "desk_manager"})
SUPERVISES: Roles = frozenset({"desk_supervisor", "desk_manager"})
PLANS_AUDITS: Roles = DESK | {"audit_area"}
SEES_TICKETS = STAFF - {"commercial"}
SEES_REPORTS = SUPERVISES | {"service_delivery", "administrator"}
SEES_CONFIGURATION = SEES_REPORTS | {"commercial"}
ADMIN: Roles = frozenset({"administrator"})
CONFIRMS_ROLES: Roles = frozenset({"administrator", "bpo"})
RAISERS = CUSTOMERS - {"report_recipient"}
OPENS_EVIDENCE: Roles = frozenset({"agent", "bpo"})  # an agent prepared that of the world
SEES_OUTBOX = SUPERVISES | ADMIN
