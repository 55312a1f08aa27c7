"""Opens tenant scopes: the only module that may (DECISIONS 2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from foundation.accounts.models import (
    Membership,
    Organization,
    Team,
    User,
)
from foundation.core.tenancy import Scope, open_scope

# Cache of (user id, valid memberships) for the person whose scope is open: one query per request.
_memberships: ContextVar[tuple[int, list[Membership]] | None] = ContextVar(
    "memberships", default=None
)


@contextmanager
def scope_for(user: User | None) -> Iterator[Scope]:
    """Open the scope of the organizations that this person may see.

    The scope is empty for None, an inactive person and a person without organizations.
    """
    if user is None or not user.is_active or user.is_staff:
        with open_scope(Scope(frozenset(organization_ids_of(user)))) as scope:
            yield scope
        return
    found = valid_memberships(user.pk)
    for membership in found:
        membership.user = user
    token = _memberships.set((user.pk, found))
    try:
        with open_scope(
            Scope(frozenset(membership.organization_id for membership in found))
        ) as scope:
            yield scope
    finally:
        _memberships.reset(token)


def valid_memberships(user_id: int) -> list[Membership]:
    """Return a person's memberships that are not suspended, in all active organizations, ordered
    by organization name, with the organization loaded.
    """
    known = _memberships.get()
    if known is not None and known[0] == user_id:
        return known[1]
    with every_organization(reason="find out where a person is a valid user"):
        rows = Membership.objects.filter(
            user_id=user_id, is_suspended=False, organization__is_active=True
        )
        return list(rows.select_related("organization").order_by("organization__name", "pk"))


@contextmanager
def organization_scope(organization_id: int) -> Iterator[Scope]:
    """Open the scope of one organization, for service accounts and tasks that receive its id."""
    with open_scope(Scope(frozenset({organization_id}))) as scope:
        yield scope


@contextmanager
def every_organization(*, reason: str) -> Iterator[Scope]:
    """Open a scope over every organization, for work of the system itself. A test lists each call
    site with its reason.
    """
    with open_scope(Scope(None, reason)) as scope:
        yield scope


def organization_ids_of(user: User | None) -> set[int]:
    """Return the ids of the organizations a person may see.

    Customers: the active organizations of their memberships that are not suspended. Staff: the
    ones listed by their support groups; every organization, active or not, for a person without a
    group or with a group that lists none.
    """
    if user is None or not user.is_active:
        return set()
    if not user.is_staff:
        return {membership.organization_id for membership in valid_memberships(user.pk)}
    with every_organization(reason="find out which organizations a person may see"):
        return _organizations_served_by(user)


def is_restricted(user: object) -> bool:
    """Return whether support groups restrict this person to the organizations they list; True for
    anything but a ``User``.
    """
    with every_organization(reason="find out whether a person's groups name customers"):
        return not isinstance(user, User) or bool(_named_by_groups(user))


def _organizations_served_by(user: User) -> set[int]:
    return _named_by_groups(user) or set(
        Organization.objects.order_by().values_list("pk", flat=True)
    )


def _named_by_groups(user: User) -> set[int]:
    """Return the ids of the organizations that the person's groups list; empty when one group lists
    none, or without a group.
    """
    named = list(
        Team.objects.filter(members=user.pk).order_by().values_list("pk", "organizations__id")
    )
    restricted = {
        organization_id for _team, organization_id in named if organization_id is not None
    }
    return (
        restricted
        if all(organization_id is not None for _team, organization_id in named)
        else set()
    )
