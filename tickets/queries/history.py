"""Queries on the activity record of tickets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, Value

from catalog.models import Contract, Service
from foundation.accounts.models import User
from foundation.activity.models import Record
from tickets import verbs
from tickets.models import Tag, Task, Ticket

_PEOPLE = ("assignee", "requester", "accepted_by", "asked_by", "person", "owner")

_FROM_TO = {verbs.ASSIGNED: "assignee", verbs.REQUESTER_CHANGED: "requester"}


@dataclass(frozen=True)
class TimelineEntry:
    """One fact of the record: its verb and payload, as codes. ``names`` has the names, before and
    after, of what the payload has as ids: a person, ``service``, ``contract``, ``tag``, ``task``;
    empty for none. ``wording`` renders the sentence.
    """

    at: datetime
    verb: str
    person: User | None
    system: str
    channel: str
    payload: dict[str, Any]
    names: dict[str, list[str]] = field(default_factory=dict)


def timeline(ticket: Ticket) -> list[TimelineEntry]:
    """Return every fact of the ticket with its payload, oldest first."""
    return entries_of(
        Record.objects.filter(object_type="ticket", object_id=ticket.pk).order_by("pk")
    )


def entries_of(facts: Iterable[Record]) -> list[TimelineEntry]:
    """Return facts with the names of what their payloads have as ids. The rows need not be
    stored.
    """
    records = list(facts)
    ids = [_ids(record) for record in records]
    wanted: dict[str, set[int]] = {}
    for changed in ids:
        for name, pair in changed.items():
            wanted[name] = wanted.get(name, set()) | {pk for pk in pair if pk is not None}
    actors = {record.person_id for record in records if record.person_id is not None}
    people = User.objects.in_bulk(actors.union(*(wanted.pop(name, ()) for name in _PEOPLE)))
    services = Service.objects.in_bulk(wanted.pop("service", ()))
    rows: dict[str, Mapping[int, object]] = {
        **dict.fromkeys(_PEOPLE, people),
        "service": services,
        **_texts(wanted),
    }
    return [
        TimelineEntry(
            r.at,
            r.verb,
            people.get(r.person_id) if r.person_id else None,
            r.system,
            r.channel,
            r.payload,
            {
                name: [str(rows[name].get(pk, "")) if pk is not None else "" for pk in pair]
                for name, pair in changed.items()
            },
        )
        for r, changed in zip(records, ids, strict=True)
    ]


def _texts(wanted: Mapping[str, set[int]]) -> Mapping[str, Mapping[int, str]]:
    """Return, by name of the payload, id -> the text by which a row is called. Runs one query."""
    texts: dict[str, QuerySet[Any]] = {
        "contract": Contract.objects.annotate(called=F("reference")),
        "tag": Tag.objects.annotate(called=F("name")),
        "task": Task.objects.annotate(called=F("title")),
    }
    found: dict[str, dict[int, str]] = {name: {} for name in wanted}
    parts = [
        texts[name].filter(pk__in=ids).order_by().values_list(Value(name), "pk", "called")
        for name, ids in wanted.items()
        if ids
    ]
    if parts:
        for name, pk, called in parts[0].union(*parts[1:], all=True):
            found[name][pk] = called
    return found


def _ids(record: Record) -> dict[str, list[int | None]]:
    """Return the ids before and after that a fact has instead of names."""
    if record.verb in _FROM_TO:
        return {_FROM_TO[record.verb]: [record.payload.get("from"), record.payload.get("to")]}
    if record.verb in {verbs.WATCHED, verbs.UNWATCHED}:
        return {"person": [None, record.payload["person"]]}
    if record.verb in {verbs.TAGGED, verbs.UNTAGGED}:
        return {"tag": [None, record.payload["tag"]]}
    if "task" in record.payload:
        task = {"task": [None, record.payload["task"]]}
        return task | {"owner": record.payload["owners"]} if "owners" in record.payload else task
    for name in ("accepted_by", "asked_by"):
        if name in record.payload:
            return {name: [None, record.payload[name]]}
    changed = record.payload.get("changed", {})
    return {name: changed[name] for name in ("service", "contract") if name in changed}


def changes_since(ticket_id: int, version: int) -> list[TimelineEntry]:
    """Return the facts recorded with a higher version than ``version``, oldest first."""
    ticket = Ticket.objects.get(pk=ticket_id)
    return [entry for entry in timeline(ticket) if _version_of(entry) > version]


class Reclassified(NamedTuple):
    """A change of classification or contract. ``changed`` maps a field to its values before and
    after, as codes and ids. ``is_contract``: other terms bind the ticket since.
    """

    ticket_id: int
    at: datetime
    changed: dict[str, list[Any]]
    is_contract: bool
    from_start: bool


def reclassifications(
    ticket_ids: Any, *, using: str, since: datetime | None = None
) -> Iterator[Reclassified]:
    """Yield the changes of classification and contract of many tickets, by ticket, oldest first,
    those from ``since`` on. Skip confirmations, which changed nothing.
    """
    records = Record.objects.using(using).filter(
        object_type="ticket",
        object_id__in=ticket_ids,
        verb__in=(verbs.CLASSIFIED, verbs.CONTRACT_CHANGED),
    )
    if since is not None:
        records = records.filter(at__gte=since)
    for ticket_id, at, payload in records.order_by("object_id", "pk").values_list(
        "object_id", "at", "payload"
    ):
        if payload.get("changed") or payload.get("from_start"):
            changed = payload["changed"]
            is_contract = "contract" in changed or "is_out_of_contract" in changed
            yield Reclassified(ticket_id, at, changed, is_contract, bool(payload.get("from_start")))


def _version_of(entry: TimelineEntry) -> int:
    version = entry.payload.get("version", 0)
    return version if isinstance(version, int) else 0
