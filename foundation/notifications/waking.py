"""One wake-up for the worker at a time: a hundred tickets a second need no hundred broker messages.

The mark is set before the worker is called and taken away before it looks for work. So whoever
commits after the look finds no mark and calls again, and whoever found one is seen by that look. A
lost mark costs promptness alone: beat sweeps too.
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
