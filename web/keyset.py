"""Pages of a sorted list that begin after a row, not after a number of rows: a page far down costs
what the first one costs, and nothing is counted.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, Model, Q, QuerySet

M = TypeVar("M", bound=Model)
_LONGEST_MARK = 400
_NO_MARK = (NotBase64, ValueError, TypeError, OverflowError, RecursionError, ValidationError)


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """The rows of a page, and the marks of the pages around it ("" where there is none)."""

    rows: Sequence[M]
    before: str
    after: str


def keyset_page(
    rows: QuerySet[M], order: Sequence[str], size: int, *, after: str = "", before: str = ""
) -> KeysetPage[M]:
    """Return ``size`` rows after the row that a mark names, or before it. ``order`` is names of
    columns without null, ``-`` in front of a descending one; the last is unique. A mark that says
    nothing is the first page. Runs one query.
    """
    keys = [_Key(name.removeprefix("-"), name.startswith("-")) for name in order]
    backwards = bool(before) and not after
    place = _values(rows.model, keys, before if backwards else after)
    if backwards and place is not None:
        keys = [_Key(key.name, not key.descends) for key in keys]
    else:
        backwards = False
    if place is not None:
        rows = rows.filter(_beyond(rows.model, keys, place))
    ordered = rows.order_by(*_names(keys))
    found = list(ordered[: size + 1])
    has_more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return KeysetPage([], "", "")
    has_before = has_more if backwards else place is not None
    has_after = backwards or has_more
    return KeysetPage(
        found,
        before=_mark(found[0], keys) if has_before else "",
        after=_mark(found[-1], keys) if has_after else "",
    )


def neighbours(rows: QuerySet[M], order: Sequence[str], row: M) -> tuple[QuerySet[M], QuerySet[M]]:
    """Return the rows before ``row``, the nearest first, and those after it, in the order of
    ``keyset_page``. The row itself need not be among them.
    """
    keys = [_Key(name.removeprefix("-"), name.startswith("-")) for name in order]
    place = [getattr(row, key.name) for key in keys]
    back = [_Key(key.name, not key.descends) for key in keys]
    before, after = (
        rows.filter(_beyond(rows.model, each, place)).order_by(*_names(each))
        for each in (back, keys)
    )
    return before, after


def _names(keys: Sequence["_Key"]) -> list[str]:
    return [f"-{key.name}" if key.descends else key.name for key in keys]


@dataclass(frozen=True)
class _Key:
    name: str
    descends: bool


def _mark(row: Model, keys: Sequence[_Key]) -> str:
    values = [getattr(row, key.name) for key in keys]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _values(model: type[Model], keys: Sequence[_Key], mark: str) -> list[Any] | None:
    """Return the values of the row that a mark names; None for a text that is no mark."""
    if not mark or len(mark) > _LONGEST_MARK:
        return None
    try:
        plain = json.loads(urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        if not isinstance(plain, list) or len(plain) != len(keys):
            return None
        values = [
            _in_utc(model._meta.get_field(key.name).to_python(value))  # type: ignore[union-attr]
            for key, value in zip(keys, plain, strict=True)
        ]
    except (*_NO_MARK, FieldDoesNotExist):
        return None
    return None if any(value is None for value in values) else values


def _in_utc(value: Any) -> Any:
    """Return an instant in UTC. Raise ``ValueError`` for one without a zone, ``OverflowError`` for
    one that UTC does not reach.
    """
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError
    return value.astimezone(UTC)


def _beyond(model: type[Model], keys: Sequence[_Key], place: Sequence[Any]) -> Q:
    """Return the rows beyond a place. What the first keys are equal to, or bounded by, stands
    alone, so that an index over the keys begins there.
    """
    beyond = Q()
    rest = list(zip(keys, place, strict=True))
    while len(rest) > 1 and _is_last(model, *rest[0]):
        beyond &= Q(**{rest[0][0].name: rest[0][1]})
        rest = rest[1:]
    first, value = rest[0]
    beyond &= Q(**{f"{first.name}__{'lte' if first.descends else 'gte'}": value})
    either = Q()
    equal = Q()
    for key, value in rest:
        either |= equal & Q(**{f"{key.name}__{'lt' if key.descends else 'gt'}": value})
        equal &= Q(**{key.name: value})
    return beyond & either


def _is_last(model: type[Model], key: _Key, value: Any) -> bool:
    """Tell whether no row can have a value beyond this one: of yes and no, the second."""
    is_bool = isinstance(model._meta.get_field(key.name), BooleanField)
    return is_bool and value is not key.descends
