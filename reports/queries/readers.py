"""Permission to read an organization's reports."""

from django.utils.translation import gettext as _

from foundation.accounts.models import Organization, User
from foundation.accounts.queries import membership_of, memberships_of
from foundation.accounts.roles import READS_REPORTS, Capability
from foundation.core.errors import NotFound


def can_see_reports(user: User, organization_id: int) -> bool:
    if user.is_staff:
        return user.can(Capability.SEE_REPORTS)
    membership = membership_of(user.pk, organization_id)
    return membership is not None and membership.has_role(*READS_REPORTS)


def reads_any_report(user: User) -> bool:
    """Tell whether a person may read the reports of any organization."""
    if user.is_staff:
        return user.can(Capability.SEE_REPORTS)
    return any(membership.has_role(*READS_REPORTS) for membership in memberships_of(user.pk))


def reported_organizations(user: User) -> list[Organization]:
    """Return the organizations whose reports this customer may read; ``NotFound`` if there is
    none.
    """
    readable = [
        membership.organization
        for membership in memberships_of(user.pk)
        if can_see_reports(user, membership.organization_id)
    ]
    if not readable:
        raise _no_reader()
    return readable


def require_reader(user: User) -> None:
    """Raise ``NotFound`` for a person who reads no organization's reports."""
    if not reads_any_report(user):
        raise _no_reader()


def _no_reader() -> NotFound:
    return NotFound(
        _("Your role does not read reports. Ask your coordinator for the role of report recipient.")
    )


def reported_organization(user: User, slug: str) -> Organization:
    """Return the organization if this person may read its reports; ``NotFound`` otherwise."""
    organization = Organization.objects.filter(slug=slug).order_by("pk").first()
    if organization is None or not can_see_reports(user, organization.pk):
        raise NotFound(_("There is no such organization, or you may not read its reports."))
    return organization
