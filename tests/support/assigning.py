"""Automatic assignment in tests: groups, profiles, a run of the sweep."""

from datetime import datetime
from typing import Any

import time_machine

from foundation.accounts.models import Organization, Team
from tests.support.house import MONDAY_9AM, House, fresh
from tickets.models import AgentProfile, GroupAssignment, Ticket
from tickets.tasks import sweep_assignment


def automatic(
    house: House,
    *names: str,
    level: int = 1,
    load_limit: int | None = None,
    organizations: tuple[Organization, ...] = (),
    name: str = "Front desk",
) -> Team:
    """Create a group with automatic assignment and these people of the staff."""
    team = Team.objects.create(name=name, level=level)
    team.members.set([house.staff[each] for each in names])
    team.organizations.set(organizations)
    GroupAssignment.objects.create(team=team, is_active=True, load_limit=load_limit)
    return team


def profile(house: House, name: str, *services: str, **values: Any) -> AgentProfile:
    made = AgentProfile.objects.create(person=house.staff[name], **values)
    made.services.set([house.services[each] for each in services])
    return made


def sweep(at: datetime = MONDAY_9AM) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_assignment()


def assignee(ticket: Ticket) -> str:
    """Return the address of who has the ticket, without what follows the @; "" for nobody."""
    person = fresh(ticket).assignee
    return person.email.partition("@")[0] if person else ""
