"""The filters of the queue as its page shows them: one short list of choices each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from catalog.queries import active_services
from foundation.accounts.queries import assignable_staff, organizations
from foundation.core.classification import Priority
from tickets import queries
from tickets.states import FINAL
from tickets.stays import MARKABLE
from web.queue.filters import NOBODY, QueueFilter, all_teams

Option = tuple[str, str | Promise]


@dataclass(frozen=True)
class Chip:
    """``options`` are all values that may be chosen; before they are asked for, the chosen one."""

    name: str
    label: str | Promise
    value: str
    options: list[Option] = field(default_factory=list)


def chips_of(chosen: QueueFilter, *, is_complete: bool) -> list[Chip]:
    """Return the filters of the queue. The choices that the database has are read when they are
    asked for (``is_complete``): the page is shown before.
    """
    values = chosen.chosen
    chips = []
    for name, each in chosen.filters.items():
        if name == "q" or not _belongs(name, chosen):
            continue
        value = values.get(name)
        if name == "state":
            options: list[Option] = [(state.value, state.label) for state in chosen.states]
        elif name in {"mark", "cause"}:
            options = [(str(code), label) for code, label in each.extra["choices"]]
        elif name == "priority":
            options = [(str(priority.value), priority.label) for priority in Priority]
        elif is_complete:
            options = list(_options(name))
        else:
            options = [_option(name, value)] if value else []
        chips.append(Chip(name, each.label, _option(name, value)[0] if value else "", options))
    return chips


def _belongs(name: str, chosen: QueueFilter) -> bool:
    """Tell whether tickets of the list can have a value of the filter."""
    of_states = {"mark": MARKABLE, "cause": FINAL}.get(name)
    return of_states is None or bool(of_states & {*chosen.states})


def _options(name: str) -> Iterable[Option]:
    if name == "organization":
        return [_option(name, each) for each in organizations()]
    if name == "team":
        return [_option(name, each) for each in all_teams()]
    if name == "service":
        return [_option(name, each) for each in active_services()]
    if name == "tag":
        return [_option(name, tag) for tag in queries.tags_in_use()]
    return [(NOBODY, _("Nobody")), *(_option(name, each) for each in assignable_staff())]


def _option(name: str, value: Any) -> Option:
    """Return the code of a chosen value, as the address has it, and its label."""
    if name in {"organization", "service"}:
        return value.slug, value.name
    if name in {"team", "assignee"}:
        return (NOBODY, _("Nobody")) if value == NOBODY else (str(value.pk), str(value))
    return str(value), str(value)
