"""The button “Next ticket” of the desk."""

from typing import Any

import pytest

from tests.support.house import House, by, fresh, make_ticket
from tests.support.pages import english, words_of_messages
from tickets import services
from tickets.models import Ticket

NEXT = "/admin/next/"

pytestmark = pytest.mark.usefixtures("monday")


def page_of(ticket: Ticket) -> str:
    return f"/admin/tickets/{ticket.number}/"


def press(client: Any, on: str = "/admin/queue/", **typed: Any) -> Any:
    return client.post(NEXT, typed, headers={"Referer": f"http://testserver{on}"}, follow=True)


def test_one_press_after_another_goes_through_the_tickets_and_begins_again(
    house: House, sign_in: Any
) -> None:
    tickets = [make_ticket(house) for _ in range(3)]
    client = sign_in(english(house))
    seen = []
    on = "/admin/"

    for _ in range(4):
        answer = press(client, on)
        on = answer.redirect_chain[-1][0]
        seen.append(on)

    assert seen == [page_of(each) for each in (*tickets, tickets[0])]
    assert {fresh(each).assignee for each in tickets} == {house.agent}
    assert words_of_messages(press(client, page_of(tickets[0]))) == []


def test_the_message_says_that_it_is_theirs_now(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    answer = press(sign_in(english(house)))

    assert words_of_messages(answer) == [
        f"{ticket.number} is now yours: the most urgent one that you can do."
    ]


def test_without_another_ticket_the_queue_says_so(house: House, sign_in: Any) -> None:
    client = sign_in(english(house))
    answer = press(client)

    assert answer.redirect_chain[-1][0] == "/admin/queue/"
    assert words_of_messages(answer) == ["There is no other ticket for you now."]
    own = make_ticket(house)
    press(client)
    answer = press(client, page_of(own))
    assert words_of_messages(answer) == ["There is no other ticket for you now."]


def test_a_reply_goes_on_with_the_next_ticket_where_there_is_no_list(
    house: House, sign_in: Any
) -> None:
    own = make_ticket(house)
    services.assign_ticket(
        ticket=fresh(own), assignee=house.agent, by=by(house.agent), at=own.created_at
    )
    following = make_ticket(house)
    client = sign_in(english(house))
    typed = {"kind": "reply", "body": "Done.", "version": fresh(own).version, "goes_on": "on"}

    answer = client.post(f"{page_of(own)}say/", typed)

    assert answer.headers["Location"] == page_of(following)
    assert fresh(following).assignee == house.agent


@pytest.mark.parametrize("name", ["bpo", "administrator"])
def test_who_attends_no_tickets_has_no_button(house: House, sign_in: Any, name: str) -> None:
    client = sign_in(english(house, name))

    assert "data-take-next" not in client.get("/admin/queue/").content.decode()
    assert client.post(NEXT).status_code == 403


def test_the_address_alone_gives_nothing(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).get(NEXT)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/queue/")
    assert fresh(ticket).assignee is None
