"""The list from which a ticket was opened: the way back, the tickets beside it, the next one."""

import re
from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.tickets import step
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")

FROM = "from=view%3Dunassigned%26sort%3Dnumber"


def beside(client: Any, ticket: Ticket, query: str = FROM) -> tuple[str, str, str]:
    """Return the position in words, and the addresses before and after."""
    page = client.get(f"/admin/tickets/{ticket.number}/beside/?{query}")
    words = re.sub(r"(Previous|Next) ticket", "", text_of(page.content.decode())).strip()
    return words, page.context["previous"], page.context["following"]


def address(ticket: Ticket) -> str:
    return f"/admin/tickets/{ticket.number}/?{FROM}"


def test_the_rows_of_the_queue_lead_to_tickets_that_know_their_list(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))

    page = client.get("/admin/queue/?view=unassigned&sort=number&after=x").content.decode()
    assert f'href="{address(ticket)}"' in page
    opened = client.get(address(ticket)).content.decode()
    assert 'href="/admin/queue/?view=unassigned&amp;sort=number"' in opened
    assert re.search(r"data-back.*?>Unassigned</span>", opened, re.DOTALL)
    plain = client.get("/admin/queue/").content.decode()
    assert f"/admin/tickets/{ticket.number}/?from=view%3Dall" in plain


def test_the_tickets_beside_one_are_those_of_its_list(house: House, sign_in: Any) -> None:
    made = [make_ticket(house) for _ in range(3)]
    client = sign_in(english(house))

    assert beside(client, made[0]) == ("1 of 3", "", address(made[1]))
    assert beside(client, made[1]) == ("2 of 3", address(made[0]), address(made[2]))
    assert beside(client, made[2]) == ("3 of 3", address(made[1]), "")
    step(house, made[1], "start", MONDAY_9AM)  # it leaves the list, and stands where it stood
    assert beside(client, made[1]) == ("", address(made[0]), address(made[2]))
    assert client.get(f"/admin/tickets/{made[0].number}/beside/").context["place"] is None


def test_the_groups_that_are_closed_are_left_out(house: House, sign_in: Any) -> None:
    made = [make_ticket(house) for _ in range(3)]
    step(house, made[1], "start", MONDAY_9AM)
    step(house, made[1], "pend_user", MONDAY_9AM, message="?")
    Ticket.objects.filter(pk=made[1].pk).update(queue_at=MONDAY_9AM.replace(year=2027))
    client = sign_in(english(house))

    _words, before, after = beside(client, made[0], "from=view%3Dall")

    assert (before, after) == ("", f"/admin/tickets/{made[2].number}/?from=view%3Dall")


@pytest.mark.parametrize("query", ["", "from=", "from=evil%3D1", "from=view%3Dx"])
def test_a_list_that_says_nothing_is_none_or_all(house: House, sign_in: Any, query: str) -> None:
    ticket = make_ticket(house)

    page = sign_in(english(house)).get(f"/admin/tickets/{ticket.number}/beside/?{query}")

    assert page.status_code == 200
    assert text_of(page.content.decode()) in {"", "1 of 1"}


def test_an_act_comes_back_to_the_list(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    act = f"/admin/tickets/{ticket.number}/say/"

    by_referer = client.post(
        act,
        {"kind": "note", "body": "One"},
        headers={"Referer": f"http://testserver{address(ticket)}"},
    )
    by_htmx = client.post(
        act,
        {"kind": "note", "body": "Two"},
        headers={"HX-Current-URL": f"http://testserver{address(ticket)}"},
    )
    from_nowhere = client.post(act, {"kind": "note", "body": "Three"})

    assert by_referer["Location"] == by_htmx["Location"] == address(ticket)
    assert from_nowhere["Location"] == f"/admin/tickets/{ticket.number}/"


@pytest.mark.parametrize("then", ["", "solve"])
def test_after_sending_the_next_ticket_of_the_list_is_opened(
    house: House, sign_in: Any, then: str
) -> None:
    made = [make_ticket(house) for _ in range(2)]
    client = sign_in(house.agent)
    typed = {
        "kind": "reply",
        "body": "Done.",
        "then": then,
        "solution_type": "definitive",
        "goes_on": "yes",
    }

    def send(ticket: Ticket) -> str:
        page = {"Referer": f"http://testserver{address(ticket)}"}
        act = f"/admin/tickets/{ticket.number}/say/"
        return str(client.post(act, typed, headers=page)["Location"])

    assert send(made[0]) == address(made[1])
    assert send(made[1]) == address(made[1])  # it was the last
    assert fresh(made[0]).state == ("solved" if then else "new")
