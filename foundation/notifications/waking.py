"""One wake-up of the worker at a time, so that a hundred tickets a second do not enqueue a hundred
tasks.

A flag in the cache is set before the task is enqueued and deleted before the task queries for work.
A transaction that commits after that query finds no flag and enqueues again; one that found the
flag committed before the query. A lost flag only delays delivery: beat sweeps too.
"""

from django.core.cache import cache

_MARK = "notifications.wake"
# As long as a tick of beat: a worker killed before it answered must not silence the next call for
# longer.
_MARK_SECONDS = 5


def needs_wake() -> bool:
    """Tell whether nobody has called the worker since it last looked, and mark that it is being
    called now.
    """
    return cache.add(_MARK, 1, timeout=_MARK_SECONDS)


def answer_wake() -> None:
    """Take the mark away, before looking for work."""
    cache.delete(_MARK)


def promise_look() -> None:
    """Set the mark: the worker that is delivering looks again by itself."""
    cache.set(_MARK, 1, timeout=_MARK_SECONDS)
