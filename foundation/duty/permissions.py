"""Who may plan whose shifts and absences (SPEC 17.9)."""

from collections.abc import Collection

from foundation.accounts.models import Team, User
from foundation.accounts.roles import Capability, capabilities_of
from foundation.accounts.tenancy import is_restricted


def plans_for_everybody(user: User) -> bool:
    """Tell whether the person plans for all of the staff: an administrator of every customer."""
    return user.can(Capability.CONFIGURE) and not is_restricted(user)


def may_plan(user: User) -> bool:
    """Tell whether the person plans for somebody at all."""
    return user.can(Capability.SUPERVISE) or plans_for_everybody(user)


def planned_by(user: User) -> frozenset[int]:
    """Return the ids of the people whose shifts and absences a supervisor plans: the members of
    their groups, and themselves. A supervisor without a group plans for all who attend tickets.
    """
    if not user.can(Capability.SUPERVISE):
        return frozenset()
    if not user.team_ids:
        return frozenset(
            person.pk
            for person in User.objects.exclude(staff_roles=[]).order_by("pk")
            if Capability.HOLD_TICKETS in capabilities_of(person.staff_roles)
        )
    members = Team.objects.filter(pk__in=user.team_ids).values_list("members", flat=True)
    return frozenset(pk for pk in members if pk is not None) | {user.pk}


def may_plan_for(user: User, person_ids: Collection[int]) -> bool:
    """Tell whether the person plans for each of these people. What is about nobody is for who plans
    for everybody.
    """
    if plans_for_everybody(user):
        return True
    return bool(person_ids) and may_plan(user) and planned_by(user).issuperset(person_ids)
