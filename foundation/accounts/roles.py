"""Roles as code (DECISIONS 3). ``has_perm`` and every permission check read these tables.

There is no superuser: ``User.is_superuser`` is always False.
"""

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class StaffRole(TextChoices):
    AGENT = "agent", _("Agent")
    CONSULTANT = "consultant", _("Consultant")
    DESK_SUPERVISOR = "desk_supervisor", _("Desk supervisor")
    DESK_MANAGER = "desk_manager", _("Desk manager")
    SERVICE_DELIVERY = "service_delivery", _("Service Delivery")
    BPO = "bpo", _("BPO")
    AUDIT_AREA = "audit_area", _("Audit area")
    COMMERCIAL = "commercial", _("Commercial area")
    ADMINISTRATOR = "administrator", _("Administrator")


class CustomerRole(TextChoices):
    REQUESTER = "requester", _("Requester")
    SITE_SUPERVISOR = "site_supervisor", _("Site supervisor")
    COMPANY_MANAGER = "company_manager", _("Company manager")
    COORDINATOR = "coordinator", _("Coordinator")
    REPORT_RECIPIENT = "report_recipient", _("Report recipient")
    APPROVER = "approver", _("Approver")
    SERVICE_OWNER = "service_owner", _("Service owner")


class Capability(TextChoices):
    """A permission of staff. A staff role is a set of capabilities."""

    WORK_TICKETS = "tickets.work"  # desk agent: classify, answer, every transition of the desk
    HOLD_TICKETS = "tickets.hold"  # may be assigned; answers and solves those and level 2-3 tickets
    SEE_TICKETS = "tickets.see"
    SUPERVISE = "tickets.supervise"  # change contracts, relieve breaches, acknowledge escalations
    SEE_REPORTS = "reports.see"
    CONFIGURE = "configuration.change"
    SEE_CONFIGURATION = "configuration.see"
    SEE_OUTBOX = "outbox.see"


_C = Capability

STAFF_CAPABILITIES: dict[StaffRole, frozenset[Capability]] = {
    StaffRole.AGENT: frozenset({_C.WORK_TICKETS, _C.HOLD_TICKETS, _C.SEE_TICKETS}),
    StaffRole.CONSULTANT: frozenset({_C.HOLD_TICKETS, _C.SEE_TICKETS}),
    StaffRole.DESK_SUPERVISOR: frozenset(
        {
            _C.WORK_TICKETS,
            _C.HOLD_TICKETS,
            _C.SEE_TICKETS,
            _C.SUPERVISE,
            _C.SEE_REPORTS,
            _C.SEE_CONFIGURATION,
            _C.SEE_OUTBOX,
        }
    ),
    StaffRole.DESK_MANAGER: frozenset(
        {
            _C.WORK_TICKETS,
            _C.HOLD_TICKETS,
            _C.SEE_TICKETS,
            _C.SUPERVISE,
            _C.SEE_REPORTS,
            _C.SEE_CONFIGURATION,
            _C.SEE_OUTBOX,
        }
    ),
    StaffRole.SERVICE_DELIVERY: frozenset({_C.SEE_TICKETS, _C.SEE_REPORTS, _C.SEE_CONFIGURATION}),
    StaffRole.BPO: frozenset({_C.SEE_TICKETS}),
    StaffRole.AUDIT_AREA: frozenset({_C.SEE_TICKETS}),
    StaffRole.COMMERCIAL: frozenset({_C.SEE_CONFIGURATION}),
    StaffRole.ADMINISTRATOR: frozenset(
        {_C.SEE_TICKETS, _C.SEE_REPORTS, _C.CONFIGURE, _C.SEE_CONFIGURATION, _C.SEE_OUTBOX}
    ),
}

# Customer roles that raise and follow tickets of their own. A report recipient does not.
RAISES_TICKETS = frozenset(
    {
        CustomerRole.REQUESTER,
        CustomerRole.SITE_SUPERVISOR,
        CustomerRole.COMPANY_MANAGER,
        CustomerRole.COORDINATOR,
        CustomerRole.APPROVER,
        CustomerRole.SERVICE_OWNER,
    }
)
# Reads every ticket of the organization (SPEC 1.3).
READS_ORGANIZATION = frozenset({CustomerRole.COMPANY_MANAGER, CustomerRole.COORDINATOR})
# Acts on every ticket of the organization, not only on their own.
ACTS_FOR_ORGANIZATION = frozenset({CustomerRole.COORDINATOR})
# Downloads the organization's reports.
READS_REPORTS = frozenset(
    {CustomerRole.COMPANY_MANAGER, CustomerRole.COORDINATOR, CustomerRole.REPORT_RECIPIENT}
)


def capabilities_of(roles: Iterable[str]) -> frozenset[Capability]:
    """Return the union of what these staff roles may do; an unknown word adds nothing."""
    found: set[Capability] = set()
    for role in roles:
        if role in StaffRole.values:
            found |= STAFF_CAPABILITIES[StaffRole(role)]
    return frozenset(found)


# Apps whose models are configuration, and such models of other apps: CONFIGURE changes them,
# SEE_CONFIGURATION reads them. Of the other models, only the outbox grants a change: SEE_OUTBOX may
# requeue messages.
CONFIGURATION_APPS = frozenset({"accounts", "calendars", "catalog", "duty", "escalation", "sla"})
CONFIGURATION_MODELS = frozenset({"tickets.agentprofile", "tickets.groupassignment"})


def has_permission(capabilities: frozenset[Capability], permission: str) -> bool:
    """Answer Django's ``app.action_model`` permissions from the capabilities; unknown permissions
    are refused.
    """
    app_label, _, codename = permission.partition(".")
    action, _, model = codename.partition("_")
    if app_label == "webhooks":  # their addresses may hold a key, their events are of all customers
        return Capability.CONFIGURE in capabilities
    if app_label in CONFIGURATION_APPS or f"{app_label}.{model}" in CONFIGURATION_MODELS:
        if action == "view":
            return Capability.SEE_CONFIGURATION in capabilities
        return Capability.CONFIGURE in capabilities
    if app_label == "notifications":
        return action in {"view", "change"} and Capability.SEE_OUTBOX in capabilities
    if app_label in {"tickets", "activity"}:
        return action == "view" and Capability.CONFIGURE in capabilities
    return False
