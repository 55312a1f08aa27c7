"""Recurring tickets of the north."""

from datetime import date, datetime, time
from typing import Any

from foundation.accounts.models import Membership
from foundation.core.classification import Impact, Kind, Urgency
from tests.support.house import MONDAY_9AM, House, by
from tickets.models import Recurrence
from tickets.recurrence import parse_rule
from tickets.services import NewTicket, RecurrencePlan, save_recurrence

REQUEST = frozenset(NewTicket.__dataclass_fields__)


def planned(house: House, rule: str = "FREQ=DAILY", **changes: Any) -> RecurrencePlan:
    """Return a plan of a ticket every day at 10:00 in Mexico City; ``changes`` are fields of the
    plan or of its ticket.
    """
    request: dict[str, Any] = {
        "membership": Membership.objects.select_related("organization", "user").get(
            organization=house.north, user=house.requester
        ),
        "subject": "Check the backups",
        "description": "Look at last night's log.",
        "kind": Kind.REQUEST,
        "service": house.services["network"],
        "impact": Impact.MINOR,
        "urgency": Urgency.LOW,
    }
    given: dict[str, Any] = {
        "name": "Backups",
        "rule": parse_rule(rule),
        "starts_on": date(2026, 3, 2),
        "at_time": time(10),
    }
    for name, value in changes.items():
        (request if name in REQUEST else given)[name] = value
    return RecurrencePlan(request=NewTicket(**request), **given)


def recurring(
    house: House, rule: str = "FREQ=DAILY", at: datetime = MONDAY_9AM, **changes: Any
) -> Recurrence:
    """Save one, as a supervisor."""
    supervisor = by(house.staff["desk_supervisor"])
    return save_recurrence(plan=planned(house, rule, **changes), by=supervisor, at=at)
