"""An endpoint is told what its reader may read, and nothing else."""

import json

from foundation.accounts.models import Membership, Team
from foundation.webhooks import services
from foundation.webhooks.models import Delivery, Endpoint
from tests.support.changes import assign, tag
from tests.support.house import MINUTE, MONDAY_9AM, House, by, make_ticket
from tests.support.receiver import Receiver
from tests.support.tickets import classify, step
from tests.support.webhooks import deliver, endpoint, statuses
from tickets.services import TaskPlan, add_note, add_tasks, merge_tickets, reply_to_customer


def as_customer(house: House, receiver: Receiver) -> Endpoint:
    return endpoint(
        house, receiver.url, reader=house.people["coordinator"], organization=house.north
    )


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [(each["type"], each["data"]["ticket"]["number"]) for each in receiver.events]


def test_a_customer_is_told_what_the_customer_reads(house: House, receiver: Receiver) -> None:
    as_customer(house, receiver)
    mine = make_ticket(house)
    make_ticket(house, requester=house.outsider, subject="Secret of the south")
    agent = by(house.agent)
    assign(house, mine, MONDAY_9AM)
    tag(house, mine, "vip", MONDAY_9AM)
    add_note(ticket=mine, body="They never pay.", by=agent, at=MONDAY_9AM)
    step(house, mine, "start", MONDAY_9AM + MINUTE)
    reply_to_customer(ticket=mine, body="We look at it.", by=agent, at=MONDAY_9AM + MINUTE)
    classify(house, mine, MONDAY_9AM + MINUTE)

    deliver(MONDAY_9AM + MINUTE)

    assert told(receiver) == [
        ("ticket.raised", mine.number),
        ("ticket.state_changed", mine.number),
        ("message.reply", mine.number),
        ("ticket.classified", mine.number),
    ]
    everything = b"".join(each.body for each in receiver.received).decode()
    for hidden in ("vip", "never pay", "south"):
        assert hidden not in everything
    changed, reply = (receiver.events[n]["data"] for n in (1, 2))
    assert changed["change"] == {"from": "new", "to": "in_progress"}
    assert changed["by"] == {"side": "desk", "name": None, "channel": "desk"}
    assert reply["message"]["body"] == "We look at it."
    assert reply["ticket"]["url"].endswith(f"/tickets/{mine.number}/")
    assert "/admin/" not in everything


def test_the_staff_are_told_of_notes_and_of_who_did_it(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, kinds=["message.note", "ticket.tagged"])
    ticket = make_ticket(house)
    add_note(ticket=ticket, body="They never pay.", by=by(house.agent), at=MONDAY_9AM)
    tag(house, ticket, "vip", MONDAY_9AM)

    deliver()

    note, tagged = (each["data"] for each in receiver.events)
    assert (note["message"]["kind"], note["message"]["body"]) == ("note", "They never pay.")
    assert note["by"] == {"side": "desk", "name": "Agent", "channel": "desk"}
    assert tagged["change"] == {"tag": "vip"}


def test_staff_of_some_customers_are_told_of_those_alone(house: House, receiver: Receiver) -> None:
    group = Team.objects.create(name="South alone", level=1)
    group.members.add(house.staff["agent2"])
    group.organizations.add(house.south)
    endpoint(house, receiver.url, reader=house.staff["agent2"], kinds=["ticket.raised"])
    make_ticket(house)
    theirs = make_ticket(house, requester=house.outsider)

    deliver()

    assert told(receiver) == [("ticket.raised", theirs.number)]
    assert statuses() == ["withheld", "delivered"]


def test_a_reader_who_left_is_told_nothing_more(house: House, receiver: Receiver) -> None:
    as_customer(house, receiver)
    make_ticket(house)
    Membership.objects.filter(user=house.people["coordinator"]).update(is_suspended=True)

    deliver()

    assert (receiver.received, set(statuses())) == ([], {"withheld"})


def test_a_coordinator_who_becomes_a_requester_is_told_of_their_own_alone(
    house: House, receiver: Receiver
) -> None:
    as_customer(house, receiver)
    make_ticket(house)
    Membership.objects.filter(user=house.people["coordinator"]).update(roles=["requester"])

    deliver()

    assert (receiver.received, set(statuses())) == ([], {"withheld"})


def test_secrets_leave_masked_and_machines_as_the_contract_says(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, receiver.url, kinds=["message.reply"])
    ticket = make_ticket(house, description="Server 10.20.30.40, password: Tr0ub4dor&3")
    for masks in (False, True):
        house.contract.masks_mail = masks
        house.contract.save()
        reply_to_customer(
            ticket=ticket,
            body=f"Try 10.9.8.7 with password: Zx9!kkQ2 {masks}",
            by=by(house.agent),
            at=MONDAY_9AM,
        )
        deliver()

    open_one, masked_one = (each["data"] for each in receiver.events)
    for data in (open_one, masked_one):
        assert "Tr0ub4dor" not in json.dumps(data)
        assert "Zx9!kkQ2" not in json.dumps(data)
    assert "10.20.30.40" in open_one["ticket"]["description"]
    assert "10.9.8.7" in open_one["message"]["body"]
    assert "10." not in masked_one["ticket"]["description"] + masked_one["message"]["body"]


def test_titles_of_tasks_leave_masked_too(house: House, receiver: Receiver) -> None:
    house.contract.masks_mail = True
    house.contract.save()
    endpoint(house, receiver.url, kinds=["ticket.task_added"])
    add_tasks(
        ticket=make_ticket(house),
        plans=[TaskPlan("Reset 10.20.30.40")],
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    deliver()

    (event,) = receiver.events
    assert event["data"]["change"] == {"task": "Reset ••••••"}


def test_the_number_of_a_ticket_that_the_reader_does_not_see_is_left_out(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, receiver.url, kinds=["ticket.merged"])
    kept = make_ticket(house)
    merged = make_ticket(house)
    merge_tickets(ticket=merged, survivor=kept, by=by(house.agent), at=MONDAY_9AM)

    deliver()

    (event,) = receiver.events
    assert event["data"]["change"] == {"survivor": kept.number}
    assert event["data"]["ticket"]["merged_into"] == kept.number


def waiting_for(house: House, receiver: Receiver, **values: object) -> Endpoint:
    """An endpoint of the staff with a note and a raised ticket that its server did not take."""
    made = endpoint(house, receiver.url, kinds=["message.note", "ticket.raised"])
    ticket = make_ticket(house)
    add_note(ticket=ticket, body="They never pay.", by=by(house.agent), at=MONDAY_9AM)
    receiver.answer = lambda _came: 404
    deliver(MONDAY_9AM)
    receiver.answer = lambda _came: 200
    receiver.received.clear()
    services.change_endpoint(
        endpoint=made, values=values, by=by(house.staff["administrator"]), at=MONDAY_9AM + MINUTE
    )
    deliver(MONDAY_9AM + MINUTE)
    return made


def test_what_waits_is_written_anew_for_another_reader(house: House, receiver: Receiver) -> None:
    coordinator = house.people["coordinator"]

    waiting_for(
        house, receiver, reader=coordinator, organization=house.north, kinds=["ticket.raised"]
    )

    (event,) = receiver.events
    assert event["type"] == "ticket.raised"
    assert "/admin/" not in event["data"]["ticket"]["url"]
    assert statuses() == ["delivered", "withheld"]


def test_what_waits_for_another_customer_or_kind_is_withheld(
    house: House, receiver: Receiver
) -> None:
    waiting_for(house, receiver, organization=house.south)

    assert receiver.received == []
    assert statuses() == ["withheld", "withheld"]


def test_what_was_delivered_is_not_sent_again_to_who_may_not_read_it(
    house: House, receiver: Receiver
) -> None:
    made = as_customer(house, receiver)
    make_ticket(house)
    deliver(MONDAY_9AM)
    Membership.objects.filter(user=house.people["coordinator"]).update(is_suspended=True)
    receiver.received.clear()
    (event_id,) = Delivery.objects.values_list("event_id", flat=True)

    services.send_again(
        endpoint=made,
        event_ids=[event_id],
        by=by(house.staff["administrator"]),
        at=MONDAY_9AM + MINUTE,
    )
    deliver(MONDAY_9AM + MINUTE)

    assert (receiver.received, statuses()) == ([], ["withheld"])
