"""The organizations for which a customer may request audits."""

from django.utils.translation import gettext as _

from audits.permissions import can_request
from foundation.accounts.models import Membership, Organization, User
from foundation.accounts.queries import memberships_of
from foundation.core.errors import NotFound


def requesting_memberships(user: User) -> list[Membership]:
    """Return the memberships with which this person may request audits."""
    return [each for each in memberships_of(user.pk) if can_request(user, each.organization_id)]


def requesting_organization(user: User, slug: str) -> Organization:
    """Return the organization if this person may request its audits; ``NotFound`` otherwise."""
    for membership in requesting_memberships(user):
        if membership.organization.slug == slug:
            return membership.organization
    raise NotFound(_("There is no such organization."))
