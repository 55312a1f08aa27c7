"""A person of the desk looks at a ticket as its customer does."""

from typing import Any

import pytest

from foundation.accounts.models import Membership, User
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tickets import queries, services, verbs
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def seen(ticket: Ticket) -> list[User | None]:
    """Return who looked at the ticket as its customer."""
    facts = queries.timeline(fresh(ticket))
    return [each.person for each in facts if each.verb == verbs.SEEN_AS_CUSTOMER]


def with_note(house: House) -> Ticket:
    ticket = make_ticket(house)
    services.add_note(ticket=fresh(ticket), body="Ask Luis.", by=by(house.agent), at=MONDAY_9AM)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look at it.", by=by(house.agent), at=MONDAY_9AM
    )
    return ticket


def test_the_staff_see_what_the_requester_sees_and_it_is_recorded(
    house: House, sign_in: Any
) -> None:
    ticket = with_note(house)
    client = sign_in(house.agent)

    answer = client.post(f"/tickets/{ticket.number}/as-customer/")

    page = answer.content.decode()
    words = text_of(page)
    assert answer.status_code == 200
    assert "We look at it." in words
    assert "Ask Luis." not in words
    assert "Whose turn is it?" in words  # the requester's language
    assert "Así ve Requester North el ticket" in words  # the agent's
    assert "inert>" in page
    assert seen(ticket) == [house.agent]
    button = client.get(f"/admin/tickets/{ticket.number}/panels/customer/").content.decode()
    assert f'action="/tickets/{ticket.number}/as-customer/"' in button


def test_it_is_refused_where_there_is_nothing_to_see(house: House, sign_in: Any) -> None:
    ticket = with_note(house)

    assert (
        sign_in(house.requester).post(f"/tickets/{ticket.number}/as-customer/").status_code == 403
    )
    assert sign_in(house.staff["commercial"]).post(
        f"/tickets/{ticket.number}/as-customer/"
    ).status_code in (403, 404)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)
    gone = sign_in(house.agent).post(f"/tickets/{ticket.number}/as-customer/")
    assert gone.status_code == 403
    assert "ya no tiene acceso" in text_of(gone.content.decode())
    assert seen(ticket) == []


def test_its_address_alone_shows_nothing(house: House, sign_in: Any) -> None:
    ticket = with_note(house)

    answer = sign_in(house.agent).get(f"/tickets/{ticket.number}/as-customer/")

    assert answer.status_code in (302, 405)
    assert seen(ticket) == []
