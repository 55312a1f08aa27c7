"""Queries for people, memberships, organizations and support groups. Memberships, organizations
and service accounts: within the open scope. People and support groups: in all organizations.
"""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import (
    ApiToken,
    Membership,
    Organization,
    ServiceAccount,
    Team,
    User,
)
from foundation.accounts.roles import Capability, CustomerRole, StaffRole
from foundation.accounts.tenancy import is_restricted, organization_ids_of, valid_memberships
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotAllowed, NotFound
from foundation.core.tenancy import current_scope


def membership_of(user_id: int, organization_id: int) -> Membership | None:
    """Return the person's valid membership; None when there is none, it is suspended, or the
    organization is inactive.
    """
    return (
        Membership.objects.filter(
            user_id=user_id,
            organization_id=organization_id,
            is_suspended=False,
            organization__is_active=True,
        )
        .order_by("pk")
        .first()
    )


def valid_members(user_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Return the valid memberships of these people in the scope: (person id, organization id)."""
    found = Membership.objects.filter(
        user_id__in=list(user_ids),
        user__is_active=True,
        is_suspended=False,
        organization__is_active=True,
    )
    return set(found.order_by().values_list("user_id", "organization_id"))


def memberships_of(user_id: int) -> list[Membership]:
    """Return the person's valid memberships in active organizations of the scope, ordered by
    organization name, with the organization loaded.
    """
    scope = current_scope()
    return [m for m in valid_memberships(user_id) if scope.covers(m.organization_id)]


def members_with_role(organization_id: int, *roles: CustomerRole) -> list[User]:
    """Return the active people of the organization who hold one of the roles, by name."""
    memberships = (
        Membership.objects.filter(
            organization_id=organization_id,
            organization__is_active=True,
            is_suspended=False,
            user__is_active=True,
        )
        .select_related("user")
        .order_by("user__full_name", "pk")
    )
    return [membership.user for membership in memberships if membership.has_role(*roles)]


def acting_person(by: Actor) -> User:
    """Return the person behind ``by``. Raises ``NotAllowed`` for a system actor and for an inactive
    account.
    """
    person_id = by.person_id or 0  # no row has the id 0
    found = User.objects.filter(pk=person_id, is_active=True).order_by("pk").first()
    if found is None:
        raise NotAllowed(_("Only a person with an active account may do this."))
    return found


def is_staff(user_id: int) -> bool:
    """Tell whether the person has a role of the staff."""
    person = User.objects.filter(pk=user_id).order_by("pk").first()
    return person is not None and person.is_staff


def organizations() -> list[Organization]:
    """Return the organizations of the scope, by name."""
    return list(Organization.objects.order_by("name", "pk"))


def get_organization_by_slug(slug: str) -> Organization:
    """Return the organization; ``NotFound`` when it does not exist inside the scope."""
    organization = Organization.objects.filter(slug=slug).order_by("pk").first()
    if organization is None:
        raise NotFound(_("There is no organization “%(slug)s”.") % {"slug": slug})
    return organization


def get_organization(organization_id: int) -> Organization:
    organization = Organization.objects.filter(pk=organization_id).order_by("pk").first()
    if organization is None:
        raise NotFound(_("There is no such organization."))
    return organization


def staff() -> list[User]:
    """Return the active people of the staff, by name."""
    return [user for user in staff_rows() if user.is_staff]


def staff_rows() -> QuerySet[User]:
    """Return the rows of ``staff``, for a query that adds to them."""
    people = User.objects.filter(is_active=True).exclude(staff_roles=[])
    return people.order_by("full_name", "pk")


def assignable_staff() -> list[User]:
    """Return the active staff to whom a ticket may be assigned, by name: agents, consultants, desk
    supervisors and managers.
    """
    return assignable(staff_rows())


def assignable(people: Iterable[User]) -> list[User]:
    """Return those to whom a ticket may be assigned."""
    return [person for person in people if person.can(Capability.HOLD_TICKETS)]


def staff_with_role(*roles: StaffRole) -> list[User]:
    return [user for user in staff() if any(role in user.staff_roles for role in roles)]


def is_only_administrator(user: User) -> bool:
    """Tell whether nobody else is an active administrator who serves every customer."""
    people = staff_with_role(StaffRole.ADMINISTRATOR)
    return [person.pk for person in people if not is_restricted(person)] == [user.pk]


def supervisors_of(organization_id: int) -> list[User]:
    """Return the desk's supervisors who serve the organization."""
    return staff_serving(organization_id, StaffRole.DESK_SUPERVISOR)


def serves(user: User, organization_id: int) -> bool:
    """Tell whether a person of the staff may see this organization at all."""
    return user.is_staff and organization_id in organization_ids_of(user)


def staff_serving(organization_id: int, *roles: StaffRole) -> list[User]:
    """Return the active people of the staff with one of the roles, or with any, who serve the
    organization, by name, in two statements: those without a group, or of a group that lists no
    organization or this one.
    """
    listed: dict[int, set[int | None]] = {}
    rows = Team.objects.filter(members__isnull=False).order_by()
    for person_id, listed_id in rows.values_list("members__pk", "organizations__id"):
        listed.setdefault(person_id, set()).add(listed_id)
    anybody = {None, organization_id}
    people = staff_with_role(*roles) if roles else staff()
    return [person for person in people if listed.get(person.pk, anybody) & anybody]


def may_read(user_id: int, organization_id: int) -> bool:
    """Tell whether a person may read about this organization: active, and a member or of the staff
    that serves it.
    """
    user = User.objects.filter(pk=user_id, is_active=True).order_by("pk").first()
    if user is None:
        return False
    if user.is_staff:
        return serves(user, organization_id)
    return membership_of(user.pk, organization_id) is not None


def team_member_ids(team_id: int) -> frozenset[int]:
    """Return the ids of the people of a support group."""
    return frozenset(Team.objects.filter(pk=team_id).values_list("members", flat=True))


def team_serves(team: Team, organization_id: int) -> bool:
    """Tell whether a support group serves the organization: it names none, or names this one."""
    named = set(
        Team.organizations.through.objects.filter(team_id=team.pk)
        .order_by()
        .values_list("organization_id", flat=True)
    )
    return not named or organization_id in named


def service_account_by_id(service_account_id: int) -> ServiceAccount | None:
    return (
        ServiceAccount.objects.filter(pk=service_account_id)
        .select_related("contact", "organization")
        .order_by("pk")
        .first()
    )


def membership_by_email(organization_id: int, email: str) -> Membership | None:
    """Return the membership of the valid user of the organization with this address, or None."""
    return (
        Membership.objects.filter(
            organization_id=organization_id,
            organization__is_active=True,
            user__email__iexact=email,
            is_suspended=False,
        )
        .select_related("user", "organization")
        .order_by("pk")
        .first()
    )


def user_by_email(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).order_by("pk").first()


def token_by_digest(digest: str) -> ApiToken | None:
    """Return the token with its user, also when it is revoked; None for an unknown digest."""
    tokens = ApiToken.objects.filter(digest=digest).select_related("user")
    return tokens.order_by("pk").first()


def get_team_by_name(name: str) -> Team:
    """Return the support group; raise ``Invalid`` for the field ``team`` when there is none."""
    team = Team.objects.filter(name=name).order_by("pk").first()
    if team is None:
        raise Invalid(_("There is no such support group."), fields={"team": _("Unknown.")})
    return team
