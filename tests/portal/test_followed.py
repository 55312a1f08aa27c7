"""Merged and followed tickets in the portal."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.usefixtures("monday")


def page_of(client: Any, ticket: Ticket) -> str:
    return str(client.get(f"/tickets/{ticket.number}/").content.decode())


def test_a_merged_ticket_says_where_it_goes_on_and_takes_replies(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house, requester=house.people["coordinator"], subject="All of it")
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=MONDAY_9AM)
    client = sign_in(house.requester)

    page = page_of(client, ticket)

    assert "the same matter as another ticket" in page
    assert f"/tickets/{survivor.number}/" in page
    assert "All of it" in page_of(client, survivor)  # its requester follows it
    client.post(f"/tickets/{ticket.number}/reply/", {"body": "It is worse now."})
    written = Message.objects.get(body="It is worse now.")
    assert (written.ticket, written.through) == (survivor, ticket)
    assert "It is worse now." in page_of(client, ticket)
    coordinator = page_of(sign_in(house.people["coordinator"]), survivor)
    assert "It is worse now." in coordinator
    assert ticket.number in coordinator


def test_who_follows_a_solved_ticket_writes_without_deciding(house: House, sign_in: Any) -> None:
    ticket = solved(house)
    approver = house.people["approver"]
    client = sign_in(approver)
    assert client.get(f"/tickets/{ticket.number}/").status_code == 404
    services.watch_ticket(ticket=fresh(ticket), person=approver, by=by(house.agent), at=MONDAY_9AM)

    page = page_of(client, ticket)

    assert 'name="body"' in page
    assert "still_fails" not in page
    client.post(f"/tickets/{ticket.number}/reply/", {"body": "Fine for me."})
    assert Message.objects.filter(ticket=ticket, author=approver).exists()
    assert fresh(ticket).state == "solved"
