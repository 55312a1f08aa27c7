"""Enqueue one task at a time for work that waits as rows, so that a hundred tickets a second do not
enqueue a hundred tasks.

A flag in the cache is set before the task is enqueued and deleted before the task queries for work.
A transaction that commits after that query finds no flag and enqueues again; one that found the
flag committed before the query. A lost flag only delays the work: beat sweeps too.
"""

from dataclasses import dataclass

from django.core.cache import cache

# One interval of beat: a worker killed before it deletes the flag suppresses new tasks no longer
# than that.
_MARK_SECONDS = 5


@dataclass(frozen=True)
class Waking:
    """The flag of one task; ``name`` is its key in the cache."""

    name: str

    def is_needed(self) -> bool:
        """Set the flag; return True when it was not set, so that the caller enqueues the task.

        False while the cache is away: the flag suppresses nothing then, and beat's next run works.
        """
        is_first = cache.add(self.name, 1, timeout=_MARK_SECONDS)
        return is_first and not getattr(cache, "is_away", False)

    def answer(self) -> None:
        """Delete the flag. The task calls this before it queries for work."""
        cache.delete(self.name)

    def promise_look(self) -> None:
        """Set the flag: the running task will query again. If it ends first, beat's next run
        works.
        """
        cache.set(self.name, 1, timeout=_MARK_SECONDS)
