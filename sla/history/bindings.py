"""Under which policies the promises of very many tickets were made, as the record tells."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from foundation.activity.models import Record
from sla import verbs

BINDING = (verbs.STARTED, verbs.RETARGETED, verbs.RESTARTED, verbs.REBOUND)


class Binding(NamedTuple):
    """A promise of a ticket's clock was made at ``at``, under the versions of policies with these
    ids.
    """

    ticket_id: int
    at: datetime
    policy_ids: list[int]


def bindings(ticket_ids: Any, *, using: str) -> Iterator[Binding]:
    """Yield under which policies the promises of very many tickets were made, each ticket's oldest
    first.
    """
    records = Record.objects.using(using).filter(
        object_type="ticket", object_id__in=ticket_ids, verb__in=BINDING
    )
    for ticket_id, at, payload in records.order_by("object_id", "pk").values_list(
        "object_id", "at", "payload"
    ):
        yield Binding(ticket_id, at, payload["policy_ids"])
