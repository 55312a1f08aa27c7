"""Endpoints for tests, and rounds of delivery at an instant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import time_machine
from django.core.cache import cache

from foundation.accounts.models import User
from foundation.webhooks import services
from foundation.webhooks.models import Delivery, Endpoint
from foundation.webhooks.queries import LISTENING, attempts_of
from foundation.webhooks.tasks import WAKING
from tests.support.house import MONDAY_9AM, House, by

PUBLIC = "https://hooks.example/desk"


def endpoint(
    house: House,
    url: str = PUBLIC,
    *,
    reader: User | None = None,
    kinds: Sequence[str] = (),
    **values: Any,
) -> Endpoint:
    return endpoint_with_secret(house, url, reader=reader, kinds=kinds, **values)[0]


def endpoint_with_secret(
    house: House,
    url: str = PUBLIC,
    *,
    reader: User | None = None,
    kinds: Sequence[str] = (),
    **values: Any,
) -> tuple[Endpoint, str]:
    """Return an endpoint that reads as the agent, unless told otherwise, and its secret."""
    given = {"name": "Receiver", "reader": reader or house.agent, "kinds": list(kinds)} | values
    made = services.create_endpoint(
        values={"url": url, **given}, by=by(house.staff["administrator"]), at=MONDAY_9AM
    )
    cache.delete(LISTENING)  # nothing is committed in a test
    return made


def deliver(at: datetime = MONDAY_9AM) -> int:
    """Send what is due at this instant until nothing is; return how many attempts were made."""
    with time_machine.travel(at, tick=False):
        return services.deliver_events(seconds=60, waking=WAKING).tried


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def failures(delivery: Delivery) -> list[tuple[int | None, str]]:
    return [(each.status_code, each.failure) for each in attempts_of(delivery)]
