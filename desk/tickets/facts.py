"""The facts of the record as thin lines between the messages of a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass

from sla import verbs
from tickets.queries import ConversationItem, ConversationPage, TimelineEntry
from tickets.verbs import RAISED, is_of_message


@dataclass(frozen=True)
class Exchange:
    """A message, None after the last one, with the facts before it."""

    facts: Sequence[TimelineEntry]
    item: ConversationItem | None


@dataclass(frozen=True)
class Exchanges:
    """A page of the conversation with the facts of its time. ``page`` is that of the messages."""

    page: ConversationPage
    items: Sequence[Exchange]


# How the clocks run is told by their ledgers.
_OF_CLOCKS = {verbs.STARTED, verbs.STOPPED, verbs.RESUMED, verbs.REDATED, verbs.RETARGETED}


def with_facts(page: ConversationPage, timeline: Sequence[TimelineEntry]) -> Exchanges:
    """Put each fact before the first message that is later: what a message caused stands after it.
    The facts of earlier and later pages are left to them.
    """
    facts = [
        each
        for each in timeline
        if not is_of_message(each.verb) and each.verb not in {RAISED, *_OF_CLOCKS}
    ]
    items = []
    place = 0
    for number, item in enumerate(page):
        start = place
        while place < len(facts) and facts[place].at < item.message.created_at:
            place += 1
        belongs = number > 0 or not page.earlier
        items.append(Exchange(facts[start:place] if belongs else [], item))
    if page.is_last:
        items.append(Exchange(facts[place:], None))
    return Exchanges(page, items)
