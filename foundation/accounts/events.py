from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganizationCreated(Event):
    """An organization was created. ``calendars`` handles it and creates the default calendars."""


@dataclass(frozen=True, kw_only=True)
class RoleAsked(Event):
    """A role needs the confirmation of a second person. ``notifications`` tells who may give it."""

    grant_id: int


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    """A second person confirmed a role. ``notifications`` tells BPO, and for BPO the customers'
    coordinators.
    """

    grant_id: int


@dataclass(frozen=True, kw_only=True)
class RolesTaken(Event):
    """A person lost roles that need two persons, or was deactivated with them. ``notifications``
    tells them and everybody else who has such a role.
    """

    person_id: int
    roles: tuple[str, ...]
    by_id: int


@dataclass(frozen=True, kw_only=True)
class AccountChanging(Event):
    """Somebody is about to change another person's address or password. A handler prevents it with
    ``NotAllowed``.
    """

    person_id: int
