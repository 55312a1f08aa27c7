"""The policy versions that bound the clocks of many tickets, read from the record."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from foundation.activity.models import Record
from sla import verbs

BINDING = (verbs.STARTED, verbs.RETARGETED, verbs.RESTARTED, verbs.REBOUND)


class Binding(NamedTuple):
    """The ids of the policy versions that bound a clock of a ticket at ``at``."""

    ticket_id: int
    at: datetime
    policy_ids: list[int]


def bindings(ticket_ids: Any, *, using: str) -> Iterator[Binding]:
    """Yield the bindings of the clocks of many tickets, by ticket, oldest first."""
    records = Record.objects.using(using).filter(
        object_type="ticket", object_id__in=ticket_ids, verb__in=BINDING
    )
    for ticket_id, at, payload in records.order_by("object_id", "pk").values_list(
        "object_id", "at", "payload"
    ):
        yield Binding(ticket_id, at, payload["policy_ids"])
