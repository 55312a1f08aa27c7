"""The queue: its views, its pages, and the assignment of several tickets at once."""

from typing import Any

import pytest

from foundation.core.classification import Impact
from tests.support.house import MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import services
from tickets.models import Ticket

ASSIGN = "/admin/queue/assign/"


pytestmark = pytest.mark.usefixtures("monday")


def words_of_messages(page: Any) -> list[str]:
    return [str(each) for each in page.context["messages"]]


def english(house: House, name: str = "agent") -> Any:
    person = house.staff[name]
    person.language = "en"
    person.save()
    return person


def shown(client: Any, query: str) -> list[Ticket]:
    return [row[0] for row in client.get(f"/admin/queue/?{query}").context["rows"]]


def test_each_view_of_the_queue_holds_its_tickets(house: House, sign_in: Any) -> None:
    early = MONDAY_9AM - 51 * MINUTE
    mine, of_another, free, ended = (make_ticket(house) for _ in range(4))
    late = make_ticket(house, at=early, impact=Impact.EXTENSIVE)
    for ticket, name in ((mine, "agent"), (of_another, "agent2"), (late, "agent2")):
        services.assign_ticket(
            ticket=fresh(ticket),
            assignee=house.staff[name],
            by=by(house.staff[name]),
            at=MONDAY_9AM,
        )
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")
    client = sign_in(house.agent)

    assert shown(client, "view=mine") == [mine]
    assert shown(client, "view=unassigned") == [free]
    assert shown(client, "view=ended") == [ended]
    assert sorted(ticket.pk for ticket in shown(client, "view=all")) == [
        mine.pk,
        of_another.pk,
        free.pk,
        late.pk,
    ]
    assert shown(client, "view=nonsense") == shown(client, "view=all") == shown(client, "")
    assert client.get("/admin/queue/?view=nonsense").context["view"] == "all"


def test_a_page_of_the_queue_has_fifty_tickets(house: House, sign_in: Any) -> None:
    for _ in range(50):
        make_ticket(house)
    client = sign_in(house.agent)
    full = client.get("/admin/queue/").context
    make_ticket(house)

    pages = {
        query: client.get(f"/admin/queue/?{query}").context
        for query in ("", "page=2", "page=0", "page=x", "page=99999", "page=100000")
    }

    assert {
        query: (context["number"], len(context["rows"]), context["has_next"])
        for query, context in pages.items()
    } == {
        "": (1, 50, True),
        "page=2": (2, 1, False),
        "page=0": (1, 50, True),
        "page=x": (1, 50, True),
        "page=99999": (99999, 0, False),
        "page=100000": (1, 50, True),
    }
    assert (len(full["rows"]), full["has_next"]) == (50, False)


def test_a_filter_that_is_not_valid_narrows_nothing_and_an_empty_one_is_no_filter(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)

    found = {
        query: client.get(f"/admin/queue/?{query}").context
        for query in ("state=nonsense", "q=", "q=invoice", "q=nothing")
    }

    assert {
        query: ([row[0] for row in context["rows"]], context["is_filtered"])
        for query, context in found.items()
    } == {
        "state=nonsense": ([ticket], False),
        "q=": ([ticket], False),
        "q=invoice": ([ticket], True),
        "q=nothing": ([], True),
    }


def test_only_the_selected_tickets_are_assigned(house: House, sign_in: Any) -> None:
    one, two, three = (make_ticket(house) for _ in range(3))
    client = sign_in(english(house))
    person = house.staff["agent2"].pk

    both = client.post(ASSIGN, {"ticket": [one.pk, two.pk], "assignee": person}, follow=True)

    assert words_of_messages(both) == ["2 tickets were given to Agent2."]
    assert both.redirect_chain == [("/admin/queue/", 302)]
    assert [fresh(ticket).assignee for ticket in (one, two, three)] == [
        house.staff["agent2"],
        house.staff["agent2"],
        None,
    ]


@pytest.mark.parametrize("lacks", ["ticket", "assignee", "number", "digits"])
def test_bulk_assignment_needs_tickets_and_a_person(house: House, sign_in: Any, lacks: str) -> None:
    ticket = make_ticket(house)
    typed = {"ticket": str(ticket.pk), "assignee": str(house.staff["agent2"].pk)}
    changes = {
        "ticket": {"ticket": ""},
        "assignee": {"assignee": str(house.requester.pk)},
        "number": {"ticket": "one"},
        "digits": {"ticket": f"{ticket.pk:016d}"},
    }

    page = sign_in(english(house)).post(ASSIGN, typed | changes[lacks], follow=True)

    assert words_of_messages(page) == ["Choose at least one ticket and a person."]
    assert fresh(ticket).assignee is None


def test_an_id_of_fifteen_digits_is_still_a_ticket(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    sign_in(house.agent).post(
        ASSIGN, {"ticket": f"{ticket.pk:015d}", "assignee": house.staff["agent2"].pk}
    )

    assert fresh(ticket).assignee == house.staff["agent2"]


def test_bulk_assignment_with_an_ended_ticket_assigns_none(house: House, sign_in: Any) -> None:
    one, ended = (make_ticket(house) for _ in range(2))
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")

    page = sign_in(english(house)).post(
        ASSIGN,
        {"ticket": [one.pk, ended.pk], "assignee": house.staff["agent2"].pk},
        follow=True,
    )

    assert len(words_of_messages(page)) == 1
    assert ended.number in words_of_messages(page)[0]
    assert fresh(one).assignee is None


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/admin/queue/?view=mine", "/admin/queue/?view=mine"),
        ("https://elsewhere.example/", "/admin/queue/"),
        ("", "/admin/queue/"),
    ],
)
def test_the_assignment_redirects_only_to_local_addresses(
    house: House, sign_in: Any, target: str, leads_to: str
) -> None:
    ticket = make_ticket(house)

    done = sign_in(house.agent).post(
        ASSIGN, {"ticket": ticket.pk, "assignee": house.staff["agent2"].pk, "next": target}
    )

    assert (done.status_code, done["Location"]) == (302, leads_to)
