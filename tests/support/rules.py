"""Escalation rules, their letters and their log."""

from datetime import datetime
from typing import Any

from django.core.cache import cache

from escalation.models import EscalationRule
from escalation.queries import due_watches, rule_logs_of
from escalation.services import break_silence
from foundation.notifications.models import OutboxMessage
from tests.support.house import (
    House,
)
from tickets.models import Ticket


def rule(**values: Any) -> EscalationRule:
    made = EscalationRule(
        **(
            {
                "name": "R",
                "trigger": "clock",
                "percent": 75,
                "action": "tell_tam",
                "is_active": True,
            }
            | values
        )
    )
    made.full_clean()
    made.save()
    cache.clear()  # without a commit, ``on_commit`` does not clear the cached rules
    return made


def letters(template: str = "rule") -> list[str]:
    return list(
        OutboxMessage.objects.filter(template=template)
        .order_by("pk")
        .values_list("to_email", flat=True)
    )


def results(ticket: Ticket) -> list[tuple[str, str, list[str]]]:
    return [
        (row["name"], row["outcome"], row["why"])
        for log in reversed(rule_logs_of(ticket))
        for row in log.results
    ]


def sweep_rules_at(at: datetime) -> None:
    for _organization_id, watch_id in due_watches(at, 100):
        break_silence(watch_id=watch_id, at=at)


def give_account_manager(house: House) -> None:
    """Set the north's account manager, whom rules can notify."""
    house.north.account_manager = house.staff["service_delivery"]
    house.north.save()
