"""A matter that the customer wrote on a ticket becomes a ticket of its own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from catalog.models import Service
from foundation.accounts.models import Membership
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.errors import Invalid, NotAllowed
from foundation.documents.checking import CheckedFile, check_upload
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, make_ticket
from tests.support.tickets import started
from tickets import queries, services, verbs
from tickets.models import Message, Ticket
from tickets.services import NewTicket
from tickets.states import State

LATER = MONDAY_9AM + 5 * HOUR


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def file(name: str) -> CheckedFile:
    body = name.encode()
    return check_upload(name=name, stream=ContentFile(body), size_bytes=len(body))


def reply(house: House, ticket: Ticket, body: str, *files: CheckedFile) -> Message:
    return services.reply_as_customer(
        ticket=ticket, body=body, by=by(house.requester), at=MONDAY_9AM + HOUR, files=files
    )


def part(house: House, **values: Any) -> NewTicket:
    return NewTicket(
        **{
            "membership": Membership.objects.get(user=house.requester, organization=house.north),
            "subject": "The printer fails too",
            "description": "And the printer fails.",
            "kind": Kind.INCIDENT,
            "service": Service.objects.order_by("pk")[0],
            "impact": Impact.MINOR,
            "urgency": Urgency.LOW,
            **values,
        }
    )


def split(house: House, ticket: Ticket, message: Message | None, **values: Any) -> Ticket:
    return services.split_ticket(
        ticket=ticket, message=message, part=part(house, **values), by=by(house.agent), at=LATER
    )


def test_the_times_run_from_when_the_customer_wrote_it(house: House) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket, "And the printer fails.")

    found = split(house, ticket, message)

    assert found.received_at == message.created_at
    assert found.created_at == LATER
    assert (found.state, found.channel) == (State.OPEN, message.channel)
    assert found.owner == house.agent
    started_at = set(Clock.objects.filter(ticket=found).values_list("started_at", flat=True))
    assert started_at == {message.created_at}
    assert (
        OutboxMessage.objects.filter(
            template="ticket_received", to_email=house.requester.email
        ).count()
        == 2
    )


def test_nothing_moves_and_both_name_the_other(house: House) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket, "And the printer fails.", file("printer.txt"))
    before = Ticket.objects.get(pk=ticket.pk)

    found = split(house, ticket, message)

    assert Ticket.objects.get(pk=ticket.pk).version == before.version
    assert Message.objects.get(pk=message.pk).ticket == ticket
    assert [each.name for each in queries.files_of(ticket, message)] == ["printer.txt"]
    assert [each.name for each in queries.files_of(found, None)] == ["printer.txt"]
    labels = [(each.label, each.other) for each in queries.relations_of(found, house.agent)]
    assert labels == [("Split off from", ticket)]
    labels = [(each.label, each.other) for each in queries.relations_of(ticket, house.agent)]
    assert labels == [("Split into", found)]
    for each in (ticket, found):
        assert verbs.LINKED in [entry.verb for entry in queries.timeline(each)]


def test_the_names_of_its_files_are_found(house: House) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket, "See the file.", file("zebra.txt"))
    found = split(house, ticket, message)

    hits = queries.matching(Ticket.objects.order_by("pk"), "zebra", reader=house.agent)

    assert list(hits) == [ticket, found]


def test_the_description_is_split_too(house: House) -> None:
    ticket = make_ticket(house)

    first = split(house, ticket, None)
    second = split(house, ticket, None, subject="A third matter")

    assert first.received_at == second.received_at == ticket.received_at
    assert first.channel == ticket.channel == Channel.PORTAL
    others = [each.other for each in queries.relations_of(ticket, house.agent)]
    assert others == [first, second]


def test_what_was_written_long_ago_runs_from_the_oldest_arrival(house: House) -> None:
    ticket = make_ticket(house)
    at = MONDAY_9AM + timedelta(days=40)

    found = services.split_ticket(
        ticket=ticket, message=None, part=part(house), by=by(house.agent), at=at
    )

    assert found.received_at == at - timedelta(days=31)


def test_a_message_of_the_desk_or_of_another_ticket_is_not_split(house: House) -> None:
    ticket = started(house)
    other = make_ticket(house)
    ours = services.reply_to_customer(
        ticket=ticket, body="Hello.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )

    for message in (ours, reply(house, other, "Another matter.")):
        with pytest.raises(Invalid, match="Only what the customer wrote"):
            split(house, ticket, message)
    assert Ticket.objects.count() == 2


def test_a_person_of_another_customer_is_no_requester(house: House) -> None:
    ticket = make_ticket(house)
    foreign = Membership.objects.get(user=house.outsider)

    with pytest.raises(Invalid, match="of the customer of") as refused:
        split(house, ticket, None, membership=foreign)

    assert set(refused.value.fields) == {"requester"}
    assert Ticket.objects.count() == 1


def test_who_does_not_work_at_the_desk_splits_nothing(house: House) -> None:
    ticket = make_ticket(house)

    for person in (house.staff["bpo"], house.staff["consultant"], house.requester):
        with pytest.raises(NotAllowed):
            services.split_ticket(
                ticket=ticket, message=None, part=part(house), by=by(person), at=MONDAY_9AM
            )
    assert Ticket.objects.count() == 1


def test_a_colleague_of_the_requester_may_be_the_requester_of_the_part(house: House) -> None:
    ticket = make_ticket(house)
    coordinator = house.people["coordinator"]
    membership = Membership.objects.get(user=coordinator, organization=house.north)

    found = split(house, ticket, None, membership=membership)

    assert found.requester == coordinator
    assert found.received_at + DAY > ticket.received_at
