"""The texts of a ticket in the search index, written in the transaction that writes the text."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q

from foundation.search.services import Text, Texts, add_texts, put_new_texts, put_texts
from foundation.search.words import Field
from tickets.models import Attachment, Message, MessageKind, StateInterval, Ticket

OBJECT_TYPE = "ticket"


def index_new_ticket(*, ticket: Ticket, files: Iterable[str]) -> None:
    """Index a ticket that was just raised, with the names of its ``files``."""
    texts = [*_own_texts(ticket), *map(Text, files)]
    put_new_texts(
        object_type=OBJECT_TYPE, objects=[Texts(ticket.pk, ticket.organization_id, texts)]
    )


def index_message(*, message: Message, files: Iterable[str]) -> None:
    """Add a new message with the names of its ``files`` to the index of its ticket, and of the
    merged one on which it was written.
    """
    texts = [message.body, *files]
    for ticket_id in filter(None, (message.ticket_id, message.through_id)):
        add_texts(
            object_type=OBJECT_TYPE,
            object_id=ticket_id,
            texts=texts,
            is_internal=not message.is_public,
        )


def index_supplier(interval: StateInterval) -> None:
    """Add the supplier for whom a ticket waits, and the number of their case, for the staff."""
    texts = [text for text in (interval.supplier, interval.supplier_case) if text]
    if texts:
        add_texts(
            object_type=OBJECT_TYPE, object_id=interval.ticket_id, texts=texts, is_internal=True
        )


def index_again(tickets: Sequence[Ticket]) -> None:
    """Write the index of these tickets anew from their rows."""
    ids = [ticket.pk for ticket in tickets]
    texts: dict[int, list[Text]] = {ticket.pk: [*_own_texts(ticket)] for ticket in tickets}
    notes = set()
    written = Message.objects.filter(Q(ticket_id__in=ids) | Q(through_id__in=ids)).order_by("pk")
    for message_id, *places, kind, body in written.values_list(
        "pk", "ticket_id", "through_id", "kind", "body"
    ):
        is_internal = kind == MessageKind.NOTE
        notes |= {message_id} if is_internal else set()
        for place in texts.keys() & set(places):
            texts[place].append(Text(body, is_internal=is_internal))
    sent = Q(ticket_id__in=ids) | Q(message__through_id__in=ids)
    files = Attachment.objects.filter(sent).order_by("pk")
    for *places, message_id, name in files.values_list(
        "ticket_id", "message__through_id", "message_id", "name"
    ):
        for place in texts.keys() & set(places):
            texts[place].append(Text(name, is_internal=message_id in notes))
    waited = StateInterval.objects.filter(ticket_id__in=ids).exclude(supplier="", supplier_case="")
    for ticket_id, *words in waited.order_by("pk").values_list(
        "ticket_id", "supplier", "supplier_case"
    ):
        texts[ticket_id] += [Text(word, is_internal=True) for word in words if word]
    put_texts(
        object_type=OBJECT_TYPE,
        objects=[Texts(ticket.pk, ticket.organization_id, texts[ticket.pk]) for ticket in tickets],
    )


def _own_texts(ticket: Ticket) -> Iterator[Text]:
    yield Text(ticket.subject)
    yield Text(ticket.description)
    for answer in ticket.answers:
        yield Text(str(answer.get("value", "")))
    yield Text(f"{ticket.requester.full_name} {ticket.requester.email}", field=Field.PERSON)
    yield Text(ticket.organization.name, field=Field.ORGANIZATION)
