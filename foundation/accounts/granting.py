"""Who may change whose roles. Two roles need a second person: BPO, which delivers evidence, and
administrator, which could confirm BPO.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts import verbs
from foundation.accounts.events import RoleAsked, RoleGranted
from foundation.accounts.models import ApiToken, RoleGrant, User
from foundation.accounts.queries import acting_person, is_only_administrator, staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.accounts.tenancy import is_restricted
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
    """Raise ``NotAllowed`` when somebody changes their own roles, or takes the only administrator
    away. ``person`` has the roles of before.
    """
    if person.pk == by.pk and set(roles) != set(person.staff_roles):
        raise NotAllowed(_("Nobody changes their own roles: ask another administrator."))
    stays = is_active and StaffRole.ADMINISTRATOR in roles
    if person.pk and not stays and is_only_administrator(person):
        raise NotAllowed(
            _("This is the only administrator: give the role to another active person first.")
        )


def check_account(*, person: User, by: User) -> None:
    """Raise ``NotAllowed`` when somebody changes the address or the password of another person who
    has a role that needs two persons, or for whom one is asked: they could sign in as that person.
    """
    asked = RoleGrant.objects.filter(person_id=person.pk, is_granted=None)
    is_guarded = not GUARDED.isdisjoint(person.staff_roles) or asked.exists()
    if person.pk and person.pk != by.pk and is_guarded:
        raise NotAllowed(
            _(
                "BPO members and administrators change their own password, by “Forgot your "
                "password?”. To change their address, take the role away first; a second person "
                "then confirms it again."
            )
        )


def roles_to_ask(*, person: User, roles: Sequence[str], by: User) -> list[str]:
    """Return those of the roles that a second person has to confirm: the new ones, and those that a
    deactivated person had. The role of administrator needs nobody while ``by`` is alone: no other
    administrator, and no member of BPO, not even the person it is for.
    """
    held = set(person.staff_roles) if person.is_active else set()
    new = GUARDED & (set(roles) - held)
    if not confirmers(besides=[by.pk]):
        new -= {StaffRole.ADMINISTRATOR}
    return sorted(new)


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
        _record(verbs.ROLE_ASKED, grant, by, at)
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
    grant = (
        RoleGrant.objects.select_for_update(of=("self",))
        .select_related("person", "asked_by")
        .filter(pk=grant_id, is_granted=None)
        .order_by("pk")
        .first()
    )
    if grant is None:
        raise NotFound(_("This request was decided, or there is none."))
    if grants and not grant.person.is_active:
        raise NotAllowed(_("%(person)s is not active.") % {"person": grant.person})
    if user.pk in {grant.asked_by_id, grant.person_id}:
        raise NotAllowed(_("A second person confirms it: neither who asked nor whom it is for."))
    grant.is_granted = grants
    grant.decided_by = user
    grant.decided_at = at
    grant.save(update_fields=["is_granted", "decided_by", "decided_at"])
    if grants:
        person = User.objects.select_for_update().get(pk=grant.person_id)
        person.staff_roles = [*person.staff_roles, grant.role]
        person.set_password(None)
        person.save(update_fields=["staff_roles", "password"])
        ApiToken.objects.filter(user=person, revoked_at=None).update(revoked_at=at)
    _record(verbs.ROLE_GRANTED if grants else verbs.ROLE_REFUSED, grant, by, at)
    if grants:
        publish(RoleGranted(organization_id=None, at=at, grant_id=grant.pk))
    return grant


def withdraw_roles(*, person: User, kept: Sequence[str]) -> None:
    """Close the open requests for a person's roles except those in ``kept``."""
    open_ones = RoleGrant.objects.filter(person=person, is_granted=None)
    open_ones.exclude(role__in=kept).update(is_granted=False)


def open_grants(reader: User) -> list[RoleGrant]:
    """Return the requests that this person may decide, the oldest first."""
    if not may_confirm(reader):
        return []
    rows = RoleGrant.objects.filter(is_granted=None).exclude(asked_by=reader)
    return list(rows.exclude(person=reader).select_related("person", "asked_by").order_by("pk"))


def _record(verb: str, grant: RoleGrant, by: Actor, at: datetime) -> None:
    payload = {"role": grant.role}
    fact = Fact(verb=verb, object_type="user", object_id=grant.person_id, payload=payload)
    record(organization_id=None, facts=[fact], by=by, at=at)
