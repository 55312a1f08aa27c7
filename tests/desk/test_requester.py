"""Another requester, on the ticket's page."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.support.house import House, by, colleague, fresh, make_ticket
from tests.support.html import ChangeForm, text_of
from tests.support.pages import english, words_of_messages
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def address(ticket: Ticket, act: str) -> str:
    return f"/admin/tickets/{ticket.number}/{act}"


def send(client: Client, ticket: Ticket, **typed: str) -> Any:
    data = {"version": str(ticket.version), "keeps_following": "on"} | typed
    return client.post(address(ticket, "requester/"), data, follow=True)


def test_what_it_changes_is_shown_and_then_saved(house: House, sign_in: Any) -> None:
    second = colleague(house)
    ticket = make_ticket(house)
    client = sign_in(english(house))

    shown = send(client, ticket, requester="Second@North.example").content.decode()

    words = text_of(shown)
    for part in (
        "Nothing is saved yet. This would change:",
        "Second North reads all of the conversation, gets its news and accepts the solution.",
        "Requester North can still read it.",
        "Site : — → Plant 2",
        "Contract and clocks stay as they are.",
    ):
        assert part in words
    assert fresh(ticket).requester == house.requester
    action = re.escape(address(ticket, "requester/"))
    (form,) = re.findall(rf'<form[^>]*action="{action}".*?</form>', shown, re.DOTALL)
    sent = ChangeForm(form, "novalidate").sent
    other = send(client, ticket, seen=sent["seen"][0], requester=second.email, keeps_following="")
    assert "Requester North cannot read it any more." in text_of(other.content.decode())
    assert fresh(ticket).requester == house.requester
    saved = client.post(address(ticket, "requester/"), sent, follow=True)
    assert words_of_messages(saved) == ["Second North is the requester now."]
    assert fresh(ticket).requester == second


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "This field is required."),
        ("requester@south.example", "Nobody of Company north has this address."),
        ("requester@north.example", "Requester North is the requester already."),
    ],
)
def test_who_cannot_be_the_requester_is_refused_beside_the_field(
    house: House, sign_in: Any, typed: str, words: str
) -> None:
    ticket = make_ticket(house)

    refused = send(sign_in(english(house)), ticket, requester=typed)

    assert words in text_of(refused.content.decode())
    assert f'value="{typed}"' in refused.content.decode() or not typed
    assert fresh(ticket).requester == house.requester


def test_a_ticket_that_changed_meanwhile_says_what_changed(house: House, sign_in: Any) -> None:
    second = colleague(house)
    ticket = make_ticket(house)
    client = sign_in(english(house))
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.agent, by=by(house.agent), at=ticket.received_at
    )

    seen = f"{second.email}-True"
    refused = send(client, ticket, requester=second.email, seen=seen)

    assert (refused.status_code, fresh(ticket).requester) == (409, house.requester)
    assert second.email in refused.content.decode()


def test_only_people_who_may_raise_tickets_there_are_offered(house: House, sign_in: Any) -> None:
    colleague(house)
    ticket = make_ticket(house)

    offered = sign_in(house.agent).get(address(ticket, "requesters/")).content.decode()

    assert "second@north.example" in offered
    for other in ("requester@north.example", "south.example", "desk.example"):
        assert other not in offered


def test_who_cannot_change_it_is_offered_nothing(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    for who, is_offered in (("agent", True), ("consultant", False)):
        panel = sign_in(house.staff[who]).get(address(ticket, "panels/customer/"))
        assert (address(ticket, "requester/") in panel.content.decode()) is is_offered
