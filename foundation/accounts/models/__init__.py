"""The models of this app, one module per subject."""

from foundation.accounts.models.forms import SentForm
from foundation.accounts.models.grants import RoleGrant
from foundation.accounts.models.limits import ActCount
from foundation.accounts.models.memberships import Membership, Team, validate_customer_roles
from foundation.accounts.models.organizations import (
    DESK_ZONE,
    STAMP_BITS,
    Department,
    Organization,
    OrganizationRow,
    Site,
    new_stamp,
)
from foundation.accounts.models.people import LANGUAGES, User, UserManager, validate_staff_roles
from foundation.accounts.models.tokens import ApiToken, ServiceAccount

__all__ = [
    "ActCount",
    "ApiToken",
    "DESK_ZONE",
    "Department",
    "LANGUAGES",
    "Membership",
    "Organization",
    "OrganizationRow",
    "STAMP_BITS",
    "RoleGrant",
    "SentForm",
    "ServiceAccount",
    "Site",
    "Team",
    "User",
    "UserManager",
    "new_stamp",
    "validate_customer_roles",
    "validate_staff_roles",
]
