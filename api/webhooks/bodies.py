"""The data of an event of a ticket, as its reader would read it over the API."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework.utils.encoders import JSONEncoder

from api.tickets.conversation import message_data
from api.tickets.serializers import ticket_data
from foundation.accounts.models import User
from foundation.activity.models import Record
from foundation.core.classification import Channel
from foundation.core.links import Link, address_of
from foundation.core.sensitive import masked
from foundation.webhooks.kinds import Happening
from sla.clocks.queries import clocks_of, shown_to
from tickets import queries, verbs
from tickets.masking import leaves_masked
from tickets.models import MessageKind, Ticket, format_number
from tickets.queries import ConversationItem, TimelineEntry

# What the payload of a fact has for the product itself.
_INTERNAL = frozenset(
    {
        *("version", "interval", "note", "clock", "policy_ids", "calendar", "calendar_versions"),
        *("tzdata", "escalation", "announced_percent", "team", "contract", "service"),
    }
)
_NUMBERED = ("survivor", "absorbed", "other", "follower", "duplicate_of", "continues")
# What a customer is told of a change, by verb; of a classification the columns that they see.
_FOR_CUSTOMERS: Mapping[str, frozenset[str]] = {
    verbs.STATE_CHANGED: frozenset({"from", "to"}),
    verbs.CLASSIFIED: frozenset({"changed"}),
    verbs.FOLLOWED_UP: frozenset({"follower"}),
    verbs.MERGED: frozenset({"survivor"}),
    verbs.UNMERGED: frozenset({"survivor"}),
}
_TEXTS = ("subject", "description")
_NAMED = frozenset({"task", "tag"})


def body_of(happening: Happening, reader: User) -> dict[str, Any] | None:
    """Return the ticket as it is now, the change, who made it and, of a message, the message. None
    when the reader may not read the ticket or the message.

    Texts are those of the ticket's page, with secrets masked. Where the contract masks letters,
    IP and MAC addresses are masked too (SPEC 3.15).
    """
    fact = happening.fact
    ticket = queries.visible_to(reader).filter(pk=fact.object_id).first()
    if ticket is None:
        return None
    entry = queries.entries_of([_as_record(happening)])[0]
    data = {
        "ticket": _ticket(ticket, reader),
        "change": _change(entry, reader),
        "by": _author(entry, happening.by.channel, reader),
    }
    if verbs.is_of_message(fact.verb):
        item = _message(ticket, fact.payload.get("message", 0), reader)
        if item is None:
            return None
        data["message"] = message_data(item)
    if leaves_masked(Channel.EMAIL, ticket):
        _mask(data)
    plain: dict[str, Any] = json.loads(json.dumps(data, cls=JSONEncoder))
    return plain


def _as_record(happening: Happening) -> Record:
    fact = happening.fact
    by = happening.by
    return Record(
        organization_id=happening.organization_id,
        at=happening.at,
        verb=fact.verb,
        object_type=fact.object_type,
        object_id=fact.object_id,
        person_id=by.person_id,
        system=by.system,
        channel=by.channel,
        payload=fact.payload,
    )


def _ticket(ticket: Ticket, reader: User) -> dict[str, Any]:
    clocks = shown_to(reader, clocks_of([ticket.pk])[ticket.pk])
    url = address_of(Link("ticket", ticket.number, for_staff=reader.is_staff))
    return {"url": url, **ticket_data(ticket, clocks, reader)}


def _change(entry: TimelineEntry, reader: User) -> dict[str, Any]:
    """Return what changed: codes and instants, names of people, numbers of tickets."""
    found = {name: value for name, value in entry.payload.items() if name not in _INTERNAL}
    if "changed" in found:
        found["changed"] = _classification(entry, found["changed"], reader)
    for name, (old, new) in entry.names.items():
        if name in {"assignee", "requester"} and "from" in found:
            found |= {"from": old or None, "to": new or None}
        elif name in found and name != "changed":
            found[name] = new or None
        elif f"{name}s" in found:
            found[f"{name}s"] = [old or None, new or None]
    for name in _NUMBERED:
        if found.get(name) is not None:
            seen = queries.visible_to(reader).filter(pk=found[name]).exists()
            found[name] = format_number(found[name]) if seen else None
    if not reader.is_staff:
        shown = _FOR_CUSTOMERS.get(entry.verb, frozenset())
        found = {name: value for name, value in found.items() if name in shown}
    return found


def _classification(
    entry: TimelineEntry, changed: Mapping[str, Any], reader: User
) -> dict[str, Any]:
    """Return the columns that changed, before and after, with the names of service and contract."""
    hidden = set() if reader.is_staff else {"contract", "is_out_of_contract"}
    named = {name: entry.names.get(name, pair) for name, pair in changed.items()}
    return {name: pair for name, pair in named.items() if name not in hidden}


def _author(entry: TimelineEntry, channel: str, reader: User) -> dict[str, Any]:
    """Return who did it. A customer is told which side it was, and the names of customers alone."""
    person = entry.person
    side = "system" if person is None else "desk" if person.is_staff else "customer"
    is_named = person is not None and (reader.is_staff or side == "customer")
    return {
        "side": side,
        "name": person.full_name if person is not None and is_named else None,
        "channel": str(channel),
    }


def _message(ticket: Ticket, message_id: int, reader: User) -> ConversationItem | None:
    message = queries.message_of(ticket, message_id)
    if message is None or (message.kind == MessageKind.NOTE and not reader.is_staff):
        return None
    return ConversationItem(message, queries.files_of(ticket, message))


def _mask(data: dict[str, Any]) -> None:
    """Mask what people wrote: texts, reasons, titles of tasks, tags."""
    ticket = data["ticket"]
    ticket |= {name: masked(ticket[name]) for name in _TEXTS}
    if ticket["stay"] is not None:
        ticket["stay"]["reason"] = masked(ticket["stay"]["reason"])
    change = data["change"]
    change |= {name: masked(change[name]) for name in _NAMED & change.keys() if change[name]}
    if "message" in data:
        data["message"]["body"] = masked(data["message"]["body"])
