"""The caches. One that cannot be reached fails neither a page nor a task: each process goes on with
a cache of its own, and what lies in the database is read there.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.db import Error as DatabaseAway
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AWAY = (RedisError, OSError, DatabaseAway)
_PROBE = "mesa.probe"
ASKED_AGAIN_AFTER = 5.0  # seconds: until then nobody waits for a cache that failed
SLOW = 0.15  # seconds: two answers in a row that take longer count as a failure
LOGGED_AGAIN_AFTER = 60.0  # seconds


class Switch:
    """Whether a cache can be reached, as this process knows it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.closed_until = 0.0
        self.logged_at = float("-inf")
        self.is_failure_logged = False
        self.slow_answers = 0

    def lets_through(self) -> bool:
        """Tell whether to ask the cache. After a pause one caller is let through to try it."""
        if not self.closed_until:
            return True
        with self.lock:
            if self.closed_until and time.monotonic() < self.closed_until:
                return False
            if self.closed_until:
                self.closed_until = time.monotonic() + ASKED_AGAIN_AFTER
            return True

    def fail(self, error: Exception) -> None:
        with self.lock:
            now = time.monotonic()
            self.closed_until = now + ASKED_AGAIN_AFTER
            is_due = now - self.logged_at >= LOGGED_AGAIN_AFTER
            if is_due:
                self.logged_at = now
                self.is_failure_logged = True
        if is_due:
            logger.error("The cache cannot be used, each process goes on with its own: %s", error)

    def succeed(self, seconds: float) -> None:
        """Note an answer that took so many seconds."""
        self.slow_answers = self.slow_answers + 1 if seconds > SLOW else 0
        if self.slow_answers > 1 or (self.slow_answers and self.closed_until):
            self.fail(TimeoutError(f"its answers take {seconds:.2f} s"))
        elif self.closed_until:
            self.closed_until = 0.0
            # A full Redis answers each read and refuses each write: say it as often as its failure.
            if self.is_failure_logged:
                self.is_failure_logged = False
                logger.warning("The cache can be used again")

    @property
    def is_closed(self) -> bool:
        return bool(self.closed_until)


_switches: dict[str, Switch] = {}


def _guarded(name: str) -> Callable[..., Any]:
    """Return a method that asks the cache, or the process's own while the cache is away."""

    def method(self: Any, *args: Any, **named: Any) -> Any:
        if self.switch.lets_through():
            asked_at = time.monotonic()
            try:
                answer = getattr(super(self.guarded, self), name)(*args, **named)
            except AWAY as error:
                self.switch.fail(error)
            else:
                self.switch.succeed(time.monotonic() - asked_at)
                return answer
        return getattr(self.own, name)(*args, **named)

    return method


class _Guarded:
    """Base of the caches below: each operation that they implement themselves is guarded."""

    guarded: type
    add = _guarded("add")
    get = _guarded("get")
    set = _guarded("set")
    touch = _guarded("touch")
    delete = _guarded("delete")
    incr = _guarded("incr")
    has_key = _guarded("has_key")
    get_many = _guarded("get_many")
    set_many = _guarded("set_many")
    delete_many = _guarded("delete_many")
    clear = _guarded("clear")

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(location, params)  # type: ignore[call-arg]
        self.switch = _switches.setdefault(location, Switch())
        self.own = LocMemCache(f"own of {location}", {})

    @property
    def is_away(self) -> bool:
        """Whether the last call failed. Asks nothing."""
        return self.switch.is_closed

    def can_be_written(self) -> bool:
        """Write and read a value in the cache itself, without waiting longer than for two slow
        answers.
        """
        value = uuid4().hex
        asked_at = time.monotonic()
        try:
            super().set(_PROBE, value, 60)  # type: ignore[misc]
            is_kept = bool(super().get(_PROBE) == value)  # type: ignore[misc]
        except AWAY:
            return False
        return is_kept and time.monotonic() - asked_at <= 2 * SLOW


class GuardedRedisCache(_Guarded, RedisCache):
    """Redis, with values as JSON."""


class GuardedDatabaseCache(_Guarded, DatabaseCache):
    """A table of a SQLite database of its own."""


_Guarded.guarded = _Guarded


class JSONSerializer:
    """How values are written into Redis: as JSON, because who can write there could run code
    through a pickle. Numbers stay plain, so that Redis can count them. Raises ``TypeError`` for
    what JSON cannot say.
    """

    def dumps(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return json.dumps(value).encode()

    def loads(self, data: Any) -> Any:
        return json.loads(data)
