"""Start tasks of the worker after the commit.

A task that is enqueued only starts early what a sweep of beat also does: a broker that cannot be
reached delays the work, and fails neither the request nor the other work after the same commit.
"""

import logging
import threading
import time
from typing import Any

from celery import Task
from django.core.cache import cache
from django.db import transaction

logger = logging.getLogger(__name__)

TRIED_AGAIN_AFTER = 5.0  # seconds: until then nobody waits for a broker that failed
LOGGED_AGAIN_AFTER = 60.0  # seconds
_PROBE = "mesa.enqueuing"  # a key that is read to find out whether Redis answers


class _Broker:
    """When this process may ask the broker again, and log its failure again, in seconds of
    ``time.monotonic``.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tried_again_at = float("-inf")
        self.logged_again_at = float("-inf")

    @property
    def is_away(self) -> bool:
        """Whether it failed a moment ago, or the cache cannot be reached. Redis is both, and the
        cache waits 0.3 s for it; the connection of the broker waits for seconds.
        """
        if time.monotonic() < self.tried_again_at:
            return True
        cache.get(_PROBE)
        return getattr(cache, "is_away", False)

    def fail(self) -> bool:
        """Note a failure; tell whether to log it."""
        with self.lock:
            now = time.monotonic()
            self.tried_again_at = now + TRIED_AGAIN_AFTER
            is_due = now >= self.logged_again_at
            if is_due:
                self.logged_again_at = now + LOGGED_AGAIN_AFTER
        return is_due


_broker = _Broker()


def enqueue_after_commit(task: Task, *arguments: Any) -> None:
    """Enqueue the task once the transaction is committed; at once without a transaction."""
    transaction.on_commit(lambda: enqueue(task, *arguments), robust=True)


def enqueue(task: Task, *arguments: Any) -> None:
    """Enqueue the task, unless the broker is away; never raises."""
    if _broker.is_away:
        return
    try:
        task.delay(*arguments)
    except Exception:
        # kombu passes on whatever the transport raises: of sockets, of Redis, of files
        if _broker.fail():
            logger.exception("The broker cannot be used, the sweeps do the work")
