"""Configuration that almost every act reads and that changes a few times a year, kept in the cache.

Beside the value lies the mark under which it was read. A change sets a new mark after its commit: a
process that read the rows before the change keeps them under the old mark, where nobody finds them.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.db import transaction

# Until then a change is not seen whose process was killed between the commit and the mark.
_KEPT_SECONDS = 60
_MARK_SECONDS = 24 * 60 * 60


def kept(name: str, read: Callable[[], Any]) -> Any:
    """Return what ``read`` returned under the present mark, or call it. The value is plain JSON:
    a cache holds no pickled rows.
    """
    marked = f"{name}.mark"
    found = cache.get_many([name, marked])
    mark = found.get(marked, "")
    if name in found and found[name][0] == mark:
        return found[name][1]
    value = read()
    cache.set(name, [mark, value], _KEPT_SECONDS)
    return value


def renew_kept(name: str) -> None:
    """After the commit make every process read the value again."""
    transaction.on_commit(
        lambda: cache.set(f"{name}.mark", uuid4().hex, _MARK_SECONDS), robust=True
    )
