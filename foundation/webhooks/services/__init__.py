"""Endpoints of other systems: what they are told of, how it is sent, and how it is sent again."""

from foundation.webhooks.services.delivering import Delivered, deliver_events
from foundation.webhooks.services.ending import expire_deliveries, forget_deliveries
from foundation.webhooks.services.endpoints import (
    change_endpoint,
    check_endpoint,
    create_endpoint,
    give_secret,
    renew_listeners,
    renew_secret,
    send_again,
    send_test,
    try_anew,
)
from foundation.webhooks.services.queueing import queue_deliveries

__all__ = [
    "Delivered",
    "change_endpoint",
    "check_endpoint",
    "create_endpoint",
    "deliver_events",
    "expire_deliveries",
    "forget_deliveries",
    "give_secret",
    "queue_deliveries",
    "renew_listeners",
    "renew_secret",
    "send_again",
    "send_test",
    "try_anew",
]
