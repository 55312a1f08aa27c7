"""Who may change whose roles. Two roles need a second person: BPO, which delivers evidence, and
administrator, which could confirm BPO. Where nobody else has them, the second person is whoever
operates the server (``confirm_role``).
"""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from foundation.accounts import verbs
from foundation.accounts.events import AccountChanging, RoleAsked, RoleGranted, RolesTaken
from foundation.accounts.models import ApiToken, Organization, RoleGrant, Team, User
from foundation.accounts.queries import acting_person, is_only_administrator, staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.accounts.tenancy import every_organization, is_restricted
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.errors import NotAllowed, NotFound
from foundation.core.events import publish

GUARDED: frozenset[str] = frozenset({StaffRole.BPO, StaffRole.ADMINISTRATOR})


def confirmers(*, besides: Sequence[int]) -> list[User]:
    """Return the active administrators and members of BPO except the given people, by name."""
    people = staff_with_role(StaffRole.ADMINISTRATOR, StaffRole.BPO)
    return [person for person in people if person.pk not in besides and not is_restricted(person)]


def may_confirm(user: User) -> bool:
    """Tell whether a person confirms roles: not one whose groups name some customers alone."""
    return user.is_active and not GUARDED.isdisjoint(user.staff_roles) and not is_restricted(user)


def check_roles(*, person: User, roles: Sequence[str], is_active: bool, by: User) -> None:
    """Raise ``NotAllowed`` when somebody changes their own roles, or takes away the only
    administrator who may configure everything. ``person`` has the roles of before.
    """
    _lock_staff()
    waiting = {grant.role for grant in requests_for(person)}
    if person.pk == by.pk and set(roles) - waiting != set(person.staff_roles):
        raise NotAllowed(_("Nobody changes their own roles: ask another administrator."))
    stays = is_active and StaffRole.ADMINISTRATOR in roles
    if person.pk and not stays and is_only_administrator(person):
        raise NotAllowed(
            _(
                "This is the only administrator who serves every customer: give the role to "
                "another active person first."
            )
        )


def check_group(
    *, team: Team, members: Iterable[User], organizations: Iterable[Organization]
) -> None:
    """Raise ``NotAllowed`` when a group with these members and customers would leave no active
    administrator who serves every customer, and so nobody who may configure everything.
    """
    _lock_staff()
    names_customers = any(True for _organization in organizations)
    ids = {person.pk for person in members}
    with every_organization(reason="find out whom a group's customers would restrict"):
        for person in staff_with_role(StaffRole.ADMINISTRATOR):
            others = Team.objects.filter(members=person.pk).exclude(pk=team.pk).order_by("pk")
            groups = list(others.annotate(n=Count("organizations")).values_list("n", flat=True))
            named = [bool(n) for n in groups] + [names_customers] * (person.pk in ids)
            if not named or not all(named):
                return
    raise NotAllowed(
        _(
            "With this group, no administrator would serve every customer and nobody could "
            "configure what all customers share: leave the customers empty, or take an "
            "administrator out of the group."
        )
    )


def _lock_staff() -> None:
    """Lock the people of the staff until the commit: two administrators who take each other's role
    at once would else leave none.
    """
    # Without the key: who writes a ticket holds it and refers to people (docs/architecture.md).
    staff = User.objects.select_for_update(no_key=True).exclude(staff_roles=[])
    list(staff.order_by("pk").values_list("pk"))


def check_account(*, person: User, by: User, at: datetime) -> None:
    """Raise ``NotAllowed`` when somebody changes the address or the password of another person who
    has a role that needs two persons, or for whom one is asked: they could sign in as that person.
    ``AccountChanging`` asks the other apps.
    """
    is_guarded = not GUARDED.isdisjoint(person.staff_roles) or bool(requests_for(person))
    if person.pk and person.pk != by.pk and is_guarded:
        raise NotAllowed(
            _(
                "BPO members and administrators change their own password, by “Forgot your "
                "password?”. To change their address, take the role away first; a second person "
                "then confirms it again."
            )
        )
    if person.pk and person.pk != by.pk:
        publish(AccountChanging(organization_id=None, at=at, person_id=person.pk))


def roles_to_ask(*, person: User, roles: Sequence[str]) -> list[str]:
    """Return those of the roles that a second person has to confirm: the new ones, and those that a
    deactivated person had.
    """
    return sorted((GUARDED & set(roles)) - guarded_roles(person))


def guarded_roles(person: User) -> frozenset[str]:
    """Return the person's roles that need two persons; a deactivated person has none."""
    return GUARDED & set(person.staff_roles) if person.is_active else frozenset()


@transaction.atomic
def settle_roles(
    *, person: User, before: Set[str], asked: Sequence[str], by: Actor, at: datetime
) -> None:
    """Follow a change of a person's roles, which is saved: ask a second person for the roles
    ``asked``, withdraw the other open requests, and publish ``RolesTaken`` when the person lost one
    of the guarded roles ``before``. Taking needs one person: who left must not wait for a second.
    """
    open_ones = RoleGrant.objects.filter(person=person, is_granted=None).exclude(role__in=asked)
    for grant in open_ones.order_by("pk"):
        grant.is_granted = False
        grant.save(update_fields=["is_granted"])
        _record(verbs.ROLE_WITHDRAWN, person.pk, grant.role, by, at)
    for role in asked:
        ask_for_role(person=person, role=role, by=by, at=at)
    taken = sorted(before - guarded_roles(person))
    for role in taken:
        _record(verbs.ROLE_TAKEN, person.pk, role, by, at)
    if taken:
        publish(
            RolesTaken(
                organization_id=None,
                at=at,
                person_id=person.pk,
                roles=tuple(taken),
                by_id=acting_person(by).pk,
            )
        )


@transaction.atomic
def ask_for_role(*, person: User, role: str, by: Actor, at: datetime) -> RoleGrant:
    """Ask for a guarded role; whoever may confirm it gets a letter. Asking again returns the open
    request.
    """
    grant, is_new = RoleGrant.objects.get_or_create(
        person=person,
        role=role,
        is_granted=None,
        defaults={"asked_by": acting_person(by), "asked_at": at},
    )
    if is_new:
        _record(verbs.ROLE_ASKED, person.pk, role, by, at)
        publish(RoleAsked(organization_id=None, at=at, grant_id=grant.pk))
    return grant


@transaction.atomic
def decide_role(*, grant_id: int, grants: bool, by: Actor, at: datetime) -> RoleGrant:
    """Grant or refuse a requested role, as a second administrator or a member of BPO. With a
    granted role the person's password, sessions and tokens end: who made the account may know them.

    Raises ``NotFound`` without an open request, ``NotAllowed`` for whoever asked for it, the person
    themselves, and everybody without one of the two roles.
    """
    user = acting_person(by)
    if not may_confirm(user):
        raise NotAllowed(_("Only an administrator or a member of BPO confirms roles."))
    grant = _open_grant(pk=grant_id)
    if user.pk in {grant.asked_by_id, grant.person_id}:
        raise NotAllowed(_("A second person confirms it: neither who asked nor whom it is for."))
    return _decide(grant, grants=grants, by=by, at=at)


@transaction.atomic
def confirm_role(*, email: str, role: str, by: Actor, at: datetime) -> RoleGrant:
    """Grant a requested role as whoever operates the server, where no second person could.

    Raises ``NotFound`` without an open request for this person.
    """
    grant = _open_grant(person__email=email.lower(), role=role)
    return _decide(grant, grants=True, by=by, at=at)


def _open_grant(**lookup: Any) -> RoleGrant:
    rows = RoleGrant.objects.select_for_update(of=("self",)).select_related("person", "asked_by")
    grant = rows.filter(is_granted=None, **lookup).order_by("pk").first()
    if grant is None:
        raise NotFound(_("This request was decided, or there is none."))
    return grant


def _decide(grant: RoleGrant, *, grants: bool, by: Actor, at: datetime) -> RoleGrant:
    """Write the decision of a person, or of the operator's command, which has no person."""
    if grants and not grant.person.is_active:
        raise NotAllowed(_("%(person)s is not active.") % {"person": grant.person})
    grant.is_granted = grants
    grant.decided_by = None if by.person_id is None else acting_person(by)
    grant.decided_at = at
    grant.save(update_fields=["is_granted", "decided_by", "decided_at"])
    if grants:
        person = User.objects.select_for_update(no_key=True).get(pk=grant.person_id)
        person.staff_roles = [*person.staff_roles, grant.role]
        person.set_password(None)
        person.save(update_fields=["staff_roles", "password"])
        ApiToken.objects.filter(user=person, revoked_at=None).update(revoked_at=at)
    verb = verbs.ROLE_GRANTED if grants else verbs.ROLE_REFUSED
    _record(verb, grant.person_id, grant.role, by, at)
    if grants:
        publish(RoleGranted(organization_id=None, at=at, grant_id=grant.pk))
    return grant


def requests_for(person: User) -> list[RoleGrant]:
    """Return the open requests for this person's roles, with who asked, the oldest first."""
    rows = RoleGrant.objects.filter(person_id=person.pk, is_granted=None)
    return list(rows.select_related("asked_by").order_by("pk"))


def open_grants(reader: User) -> list[RoleGrant]:
    """Return the requests that this person may decide, the oldest first."""
    if not may_confirm(reader):
        return []
    rows = RoleGrant.objects.filter(is_granted=None).exclude(asked_by=reader)
    return list(rows.exclude(person=reader).select_related("person", "asked_by").order_by("pk"))


def _record(verb: str, person_id: int, role: str, by: Actor, at: datetime) -> None:
    fact = Fact(verb=verb, object_type="user", object_id=person_id, payload={"role": role})
    record(organization_id=None, facts=[fact], by=by, at=at)
