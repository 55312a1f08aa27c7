"""Enqueue one delivery task at a time, so that a hundred tickets a second do not enqueue a hundred
tasks.

A flag in the cache is set before the task is enqueued and deleted before the task queries for work.
A transaction that commits after that query finds no flag and enqueues again; one that found the
flag committed before the query. A lost flag only delays delivery: beat sweeps too.
"""

from django.core.cache import cache

_MARK = "notifications.wake"
# One interval of beat: a worker killed before it deletes the flag suppresses new tasks no longer
# than that.
_MARK_SECONDS = 5


def needs_wake() -> bool:
    """Set the flag; return True when it was not set, so that the caller enqueues the task.

    False while the cache is away: the flag suppresses nothing then, and beat's next run delivers.
    """
    is_first = cache.add(_MARK, 1, timeout=_MARK_SECONDS)
    return is_first and not getattr(cache, "is_away", False)


def answer_wake() -> None:
    """Delete the flag. The task calls this before it queries for work."""
    cache.delete(_MARK)


def promise_look() -> None:
    """Set the flag: the running task will query again. If it ends first, beat's next run
    delivers.
    """
    cache.set(_MARK, 1, timeout=_MARK_SECONDS)
