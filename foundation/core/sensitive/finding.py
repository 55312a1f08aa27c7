"""Looks for all kinds of sensitive data in a text, and masks what it finds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from foundation.core.sensitive.addresses import addresses
from foundation.core.sensitive.cards import cards
from foundation.core.sensitive.identities import identities
from foundation.core.sensitive.kinds import EVERY, MASK, SECRET, Finding, Sensitive
from foundation.core.sensitive.passwords import passwords

_FINDERS: Sequence[Callable[[str], Iterator[Finding]]] = (passwords, cards, identities, addresses)


def find(text: str, kinds: Iterable[Sensitive] = EVERY) -> list[Finding]:
    """Return the values of these kinds, in their order, without overlaps: of two that overlap one
    stays, as long as both, and a secret before an address.
    """
    wanted = frozenset(kinds)
    found = [each for finder in _FINDERS for each in finder(text) if each.kind in wanted]
    found.sort(key=lambda each: (each.start, -each.end))
    apart: list[Finding] = []
    for each in found:
        if apart and each.start < apart[-1].end:
            last = apart.pop()
            kept = each if each.kind in SECRET and last.kind not in SECRET else last
            apart.append(replace(kept, start=last.start, end=max(last.end, each.end)))
        else:
            apart.append(each)
    return apart


def kinds_in(text: str) -> list[Sensitive]:
    """Return the kinds that the text has, in the order of ``Sensitive``."""
    found = {each.kind for each in find(text)}
    return [kind for kind in Sensitive if kind in found]


def has_secrets(kinds: str) -> bool:
    """Tell whether one of these kinds, which have commas between, is a secret."""
    return not SECRET.isdisjoint(kinds.split(","))


def masked(text: str, kinds: Iterable[Sensitive] = EVERY) -> str:
    """Return the text with ``MASK`` in place of each value of these kinds; of a card number the
    last four digits stay.
    """
    parts = []
    done = 0
    for each in find(text, kinds):
        parts += [text[done : each.start], MASK]
        if each.kind is Sensitive.CARD:
            parts.append(f" {text[each.end - 4 : each.end]}")
        done = each.end
    return "".join([*parts, text[done:]])
