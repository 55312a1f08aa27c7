"""Reads that a sweep does once, though it works in many transactions."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Keep the results of functions marked ``once`` until the end of the block. A change that is
    committed meanwhile is not seen in the block: use it around a few seconds of work.
    """
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(function: Callable[P, R]) -> Callable[P, R]:
    """Inside ``reading_once`` call the function once for the same arguments; elsewhere call it each
    time. The arguments name everything that the result depends on, the organization too: the scope
    is not part of the key.
    """

    @wraps(function)
    def reader(*args: P.args, **kwargs: P.kwargs) -> R:
        kept = _kept.get()
        if kept is None:
            return function(*args, **kwargs)
        key = (function, args, frozenset(kwargs.items()))
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        found: R = kept[key]
        return found

    return reader
