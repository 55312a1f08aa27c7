"""What tickets were at an earlier instant: today's values, with later facts taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from foundation.activity.models import Record
from tickets import verbs
from tickets.models import Tag, Ticket, TicketTag

# Fields of a classification, as ``Values`` calls them, by the name that the record has.
_CLASSIFIED = {
    "priority": "priority",
    "kind": "kind",
    "service": "service_id",
    "support_type": "support_type",
}
_AT_ONCE = 500  # tickets of one query


@dataclass(frozen=True)
class Values:
    """``tags`` are the keys of the tags on the ticket (``tickets.models.tag_key``)."""

    state: str
    priority: int
    support_type: str
    kind: str
    service_id: int
    tags: frozenset[str]


@dataclass(frozen=True)
class PastFact:
    """A fact of the record that says what happened to a ticket, and the values after it."""

    pk: int
    at: datetime
    verb: str
    payload: Mapping[str, Any]
    system: str
    values: Values


class PastValues:
    """The values of tickets over time. Runs three queries for each ``_AT_ONCE`` tickets."""

    def __init__(self, tickets: Iterable[Ticket]) -> None:
        found = {ticket.pk: ticket for ticket in tickets}
        self._first: dict[int, Values] = {}
        self._facts: dict[int, list[PastFact]] = {}
        ids = list(found)
        for start in range(0, len(ids), _AT_ONCE):
            self._read({pk: found[pk] for pk in ids[start : start + _AT_ONCE]})

    def facts(self, ticket: Ticket) -> list[PastFact]:
        """Return the facts of a ticket, the oldest first."""
        return self._facts[ticket.pk]

    def at(self, ticket: Ticket, instant: datetime, but_for: str = "") -> Values:
        """Return the values after everything that happened until an instant, this included, but for
        what the system ``but_for`` did at that very instant.
        """
        before = [
            fact
            for fact in self._facts[ticket.pk]
            if fact.at < instant or (fact.at == instant and fact.system != (but_for or None))
        ]
        return before[-1].values if before else self._first[ticket.pk]

    def _read(self, tickets: Mapping[int, Ticket]) -> None:
        rows: dict[int, list[Record]] = {pk: [] for pk in tickets}
        for row in Record.objects.filter(
            object_type="ticket", object_id__in=list(tickets)
        ).order_by("pk"):
            rows[row.object_id].append(row)
        keys = dict(
            Tag.objects.filter(pk__in=_tag_ids(rows.values())).order_by().values_list("pk", "key")
        )
        today: dict[int, set[str]] = {pk: set() for pk in tickets}
        on = TicketTag.objects.filter(ticket__in=list(tickets)).order_by()
        for ticket_id, key in on.values_list("ticket_id", "tag__key"):
            today[ticket_id].add(key)
        for pk, ticket in tickets.items():
            self._take_back(ticket, rows[pk], keys, frozenset(today[pk]))

    def _take_back(
        self, ticket: Ticket, rows: list[Record], keys: Mapping[int, str], tags: frozenset[str]
    ) -> None:
        values = Values(
            ticket.state,
            ticket.priority,
            ticket.support_type,
            ticket.kind,
            ticket.service_id,
            tags,
        )
        facts = []
        for row in reversed(rows):
            facts.append(PastFact(row.pk, row.at, row.verb, row.payload, row.system, values))
            values = _before(values, row, keys)
        self._first[ticket.pk] = values
        self._facts[ticket.pk] = facts[::-1]


def _tag_ids(rows: Iterable[Iterable[Record]]) -> list[int]:
    changes = {verbs.TAGGED, verbs.UNTAGGED}
    return [row.payload["tag"] for each in rows for row in each if row.verb in changes]


def _before(values: Values, fact: Record, keys: Mapping[int, str]) -> Values:
    """Return the values before a fact."""
    payload = fact.payload
    if fact.verb in {verbs.CLASSIFIED, verbs.CONTRACT_CHANGED}:
        changed = payload["changed"]
        old = {name: changed[code][0] for code, name in _CLASSIFIED.items() if code in changed}
        return replace(values, **old)
    if fact.verb in {verbs.STATE_CHANGED, verbs.UNMERGED}:
        return replace(values, state=payload["from"])
    if fact.verb == verbs.TAGGED:
        return replace(values, tags=values.tags - {keys[payload["tag"]]})
    if fact.verb == verbs.UNTAGGED:
        return replace(values, tags=values.tags | {keys[payload["tag"]]})
    return values
