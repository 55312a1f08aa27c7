"""The queue: its lists, groups, pages, filters and columns."""

import html
import re
from collections.abc import Sequence
from typing import Any

import pytest

from foundation.accounts.models import Organization, Team
from foundation.core.classification import Impact
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.tickets import step
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def shown(client: Any, query: str) -> list[Ticket]:
    """Return the tickets of a page of the queue, in their order, without those of closed groups."""
    sections = client.get(f"/admin/queue/?{query}").context["sections"]
    return [row.ticket for section in sections for row in section.rows]


def headings(client: Any, query: str = "") -> list[tuple[str, int, int]]:
    """Return the groups of a page: name, number of tickets, rows that are shown."""
    sections = client.get(f"/admin/queue/?{query}").context["sections"]
    return [(str(each.group), each.count, len(each.rows)) for each in sections]


def give(house: House, ticket: Ticket, name: str) -> None:
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff[name], by=by(house.staff[name]), at=MONDAY_9AM
    )


def test_each_list_holds_its_tickets(house: House, sign_in: Any) -> None:
    early = MONDAY_9AM - 51 * MINUTE
    mine, of_another, free, ended, asked, ordered = (make_ticket(house) for _ in range(6))
    late = make_ticket(house, at=early, impact=Impact.EXTENSIVE)
    for ticket, name in ((mine, "agent"), (of_another, "agent2"), (late, "agent2")):
        give(house, ticket, name)
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")
    step(house, asked, "start", MONDAY_9AM, user=house.staff["agent2"])
    step(house, asked, "pend_user", MONDAY_9AM, user=house.staff["agent2"], message="Which?")
    step(house, ordered, "start", MONDAY_9AM, user=house.staff["agent2"])
    step(
        house,
        ordered,
        "pend_supplier",
        MONDAY_9AM,
        user=house.staff["agent2"],
        supplier="Acme",
        supplier_case="7",
        promised_on=(MONDAY_9AM + DAY).date(),
    )
    client = sign_in(house.agent)

    assert shown(client, "view=mine") == [mine]
    assert shown(client, "view=unassigned") == [free]
    assert shown(client, "view=ended") == [ended]
    assert shown(client, "view=customer") == [asked]
    assert shown(client, "view=supplier") == [ordered]
    assert shown(client, "view=group") == []
    assert sorted(ticket.pk for ticket in shown(client, "view=all&sort=number")) == [
        mine.pk,
        of_another.pk,
        free.pk,
        asked.pk,
        ordered.pk,
        late.pk,
    ]
    assert shown(client, "view=any") == [late, ordered, asked, ended, free, of_another, mine]
    assert shown(client, "view=nonsense") == shown(client, "view=all") == shown(client, "")
    assert client.get("/admin/queue/?view=nonsense").context["reading"].name == "all"


def test_my_group_holds_its_tickets_and_those_of_my_colleagues(house: House, sign_in: Any) -> None:
    desk = Team.objects.create(name="Desk", level=1)
    desk.members.add(house.agent, house.staff["agent2"])
    of_colleague, above, free, of_other = (make_ticket(house) for _ in range(4))
    give(house, of_colleague, "agent2")
    give(house, of_other, "desk_supervisor")
    step(house, above, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")

    assert shown(sign_in(house.agent), "view=group&sort=number") == [of_colleague]
    assert shown(sign_in(house.staff["consultant"]), "view=group&sort=number") == [above]
    assert free in shown(sign_in(house.agent), "view=unassigned")


def test_the_rows_stand_in_groups_with_their_counts(house: House, sign_in: Any) -> None:
    relevant, overdue, today, ours, asked, ordered = (make_ticket(house) for _ in range(6))
    for ticket, state, hours in (
        (relevant, "in_progress", 100),
        (overdue, "pending_user", -1),
        (today, "solved", 3),
        (ours, "new", 30),
        (asked, "pending_user", 30),
        (ordered, "pending_supplier", 30),
    ):
        Ticket.objects.filter(pk=ticket.pk).update(
            state=state,
            queue_at=MONDAY_9AM + hours * HOUR,
            is_relevant=ticket == relevant,
            **(
                {"solved_at": MONDAY_9AM, "solution_type": "definitive"}
                if state == "solved"
                else {}
            ),
        )
    client = sign_in(english(house))

    assert headings(client) == [
        ("relevant", 1, 1),
        ("overdue", 1, 1),
        ("today", 1, 1),
        ("ours", 1, 1),
        ("customer", 1, 0),
        ("supplier", 1, 0),
    ]
    assert shown(client, "") == [relevant, overdue, today, ours]
    closed = client.get("/admin/queue/groups/supplier/").content.decode()
    assert (ordered.number in closed, asked.number in closed) == (True, False)
    assert client.get("/admin/queue/groups/overdue/").status_code == 404
    # with a state, a search, or another order, or in a list of one kind there are no groups
    for query in ("state=pending_user", "q=invoice", "sort=number", "view=customer"):
        assert [group for group, _count, _rows in headings(client, query)] == ["None"], query


def test_the_day_ends_at_midnight_of_the_desk(house: House, sign_in: Any) -> None:
    last, first = (make_ticket(house) for _ in range(2))
    midnight = MONDAY_9AM + 15 * HOUR
    Ticket.objects.filter(pk=last.pk).update(queue_at=midnight - MINUTE)
    Ticket.objects.filter(pk=first.pk).update(queue_at=midnight)

    assert headings(sign_in(house.agent)) == [("today", 1, 1), ("ours", 1, 1)]


def test_pages_follow_one_another_without_a_count(house: House, sign_in: Any) -> None:
    made = [make_ticket(house) for _ in range(52)]
    client = sign_in(house.agent)

    first = client.get("/admin/queue/").context
    second = client.get(f"/admin/queue/?after={first['page'].after}").context
    back = client.get(f"/admin/queue/?before={second['page'].before}").context

    def rows(context: Any) -> list[Ticket]:
        return [row.ticket for section in context["sections"] for row in section.rows]

    assert (rows(first), rows(second), rows(back)) == (made[:50], made[50:], made[:50])
    assert (first["page"].before, second["page"].after) == ("", "")
    assert [section.count for section in second["sections"]] == [52]
    nothing = client.get(f"/admin/queue/?view=mine&after={first['page'].after}").content.decode()
    assert 'href="?view=mine"' in nothing


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("number", [0, 1, 2]),
        ("-number", [2, 1, 0]),
        ("priority", [2, 0, 1]),
        ("activity", [1, 2, 0]),
        ("-activity", [0, 2, 1]),
        ("nonsense", [1, 2, 0]),
    ],
)
def test_the_rows_are_sorted_as_the_address_says(
    house: House, sign_in: Any, order: str, expected: Sequence[int]
) -> None:
    made = [make_ticket(house) for _ in range(3)]
    for ticket, priority, minutes in ((made[0], 2, 1), (made[1], 3, 3), (made[2], 1, 2)):
        Ticket.objects.filter(pk=ticket.pk).update(
            priority=priority,
            updated_at=MONDAY_9AM + minutes * MINUTE,
            queue_at=MONDAY_9AM + (10 - minutes) * HOUR,
        )
    client = sign_in(house.agent)

    assert shown(client, f"sort={order}") == [made[place] for place in expected]


def test_a_column_sorts_one_way_and_then_the_other(house: House, sign_in: Any) -> None:
    make_ticket(house)
    client = sign_in(house.agent)

    def heads(query: str) -> dict[str, tuple[str, str]]:
        found = client.get(f"/admin/queue/?{query}").context["heads"]
        return {head.name: (head.address, head.direction) for head in found}

    assert heads("")["number"] == ("?sort=number", "")
    assert heads("")["clock"] == ("?sort=clock", "ascending")
    assert heads("sort=number")["number"] == ("?sort=-number", "ascending")
    assert heads("sort=-number")["number"] == ("?sort=number", "descending")
    assert heads("sort=-number&after=x")["activity"] == ("?sort=activity", "")
    assert heads("sort=activity")["activity"] == ("?sort=-activity", "descending")
    assert heads("")["subject"] == ("", "")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("organization=south", [2]),
        ("priority=1", [1]),
        ("state=in_progress", [0]),
        ("assignee=none", [1, 2]),
        ("assignee={agent}", [0]),
        ("team={team}", []),
        ("service=network", [1]),
        ("q=printer", [1]),
        ("q=cliente:south", [2]),
        ("q=printer&organization=south", []),
        ("state=nonsense", [0, 1, 2]),
        ("assignee=999999", [0, 1, 2]),
        ("team=999999&q=printer", [1]),
        ("q=", [0, 1, 2]),
    ],
)
def test_filters_narrow_the_list(
    house: House, sign_in: Any, query: str, expected: Sequence[int]
) -> None:
    made = [
        make_ticket(house),
        make_ticket(house, subject="Printer", service="network", impact=Impact.EXTENSIVE),
        make_ticket(house, organization=house.south, requester=house.outsider),
    ]
    step(house, made[0], "start", MONDAY_9AM)
    client = sign_in(house.agent)
    typed = query.format(agent=house.agent.pk, team=house.level_two.pk)

    found = shown(client, f"view=all&sort=number&{typed}")

    assert found == [made[place] for place in expected]


def test_a_search_that_says_nothing_is_refused_and_kept(house: House, sign_in: Any) -> None:
    make_ticket(house)

    page = sign_in(english(house)).get("/admin/queue/?q=invoice antes:ayer")

    assert page.status_code == 200
    assert page.context["refusal"] == ("“ayer” is no day. Write it as 2026-10-31 or 31/10/2026.")
    assert page.context["refusal"] in text_of(page.content.decode())
    assert 'value="invoice antes:ayer"' in page.content.decode()
    assert page.context["sections"] == []


def test_a_hit_is_shown_in_its_sentence(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, description="It began today. The gateway is down. Please help.")
    services.add_note(
        ticket=ticket, body="Canary: the secret okapi.", by=by(house.agent), at=MONDAY_9AM
    )
    client = sign_in(english(house))

    def hits(query: str) -> list[str]:
        page = client.get(f"/admin/queue/?view=any&q={query}")
        return [
            f"{row.hit.where}: {''.join(piece.text for piece in row.hit.pieces)}"
            for section in page.context["sections"]
            for row in section.rows
            if row.hit
        ]

    assert hits("gateways") == ["Description: The gateway is down."]
    assert hits("okapi") == ["Internal note: Canary: the secret okapi."]
    assert hits("invoice") == []  # the subject shows it
    assert hits("north requester") == ["Requester: Requester North <requester@north.example>"]
    page = client.get("/admin/queue/?view=any&q=gateway").content.decode()
    assert "The <mark>gateway</mark> is down." in page


def test_why_a_list_is_empty_is_said_in_three_ways(house: House, sign_in: Any) -> None:
    client = sign_in(english(house))
    make_ticket(house)

    def text(query: str) -> str:
        return text_of(client.get(f"/admin/queue/?{query}").content.decode())

    assert "Nothing is assigned to you." in text("view=mine")
    assert "All in time. No ticket is at risk." in text("view=at_risk")
    assert "No ticket matches the filters. Remove filters" in text("view=all&q=nothing")
    assert "Search in all tickets" in text("view=all&q=nothing")
    assert "Search in all tickets" not in text("view=any&q=nothing")


def test_the_columns_are_those_of_the_address(house: House, sign_in: Any) -> None:
    make_ticket(house)
    client = sign_in(house.agent)

    def names(query: str) -> list[str]:
        return [head.name for head in client.get(f"/admin/queue/?{query}").context["heads"]][4:]

    assert names("") == ["state", "assignee", "activity"]
    assert names("columns=service,state") == ["state", "service"]
    assert names("columns=team&columns=requester") == ["requester", "team"]
    assert names("columns=nonsense") == ["state", "assignee", "activity"]


def test_a_restricted_agent_sees_another_customer_nowhere(house: House, sign_in: Any) -> None:
    Organization.objects.filter(pk=house.south.pk).update(name="Canary south")
    make_ticket(house)
    hidden = make_ticket(
        house, organization=house.south, requester=house.outsider, subject="Canary subject"
    )
    north_only = Team.objects.create(name="North", level=1)
    north_only.members.add(house.staff["desk_supervisor"])
    north_only.organizations.add(house.north)
    client = sign_in(house.staff["desk_supervisor"])

    for address in (
        "/admin/queue/",
        "/admin/queue/?view=any&q=canary",
        "/admin/queue/?organization=south",
        "/admin/queue/counts/",
        "/admin/queue/news/?since=2020-01-01T00:00:00%2B00:00",
        "/admin/queue/groups/customer/",
        "/admin/queue/export/csv/?view=any",
        "/admin/queue/people/",
    ):
        page = client.get(address).content.decode()
        assert hidden.number not in page, address
        assert "Canary" not in page.replace("canary", ""), address
    assert client.get("/admin/queue/").context["lists"][8][1].count == 1


def test_addresses_of_the_queue_stay_on_it(house: House, sign_in: Any) -> None:
    page = sign_in(house.agent).get("/admin/queue/?q=%3Cscript%3E&view=any").content.decode()

    assert "<script>" not in page.split("<main", 1)[1]


def test_a_filter_that_is_no_more_is_left_out_and_named(house: House, sign_in: Any) -> None:
    make_ticket(house)

    page = sign_in(english(house)).get("/admin/queue/?q=nothing&team=999999&state=x")

    assert page.context["sections"] == []
    assert "say nothing here and were left out: State, Group." in text_of(page.content.decode())


def test_a_closed_group_goes_on_in_its_own_list(house: House, sign_in: Any) -> None:
    mine = [make_ticket(house) for _ in range(52)]
    other = make_ticket(house)
    solved = {"state": "solved", "solved_at": MONDAY_9AM, "solution_type": "definitive"}
    Ticket.objects.update(queue_at=MONDAY_9AM + 30 * HOUR, **solved)
    Ticket.objects.exclude(pk=other.pk).update(assignee=house.agent)
    client = sign_in(house.agent)

    first = client.get("/admin/queue/groups/customer/?view=mine").content.decode()
    more = re.search(r'hx-get="([^"]*after=[^"]*)"', first)
    assert more is not None
    rest = client.get(html.unescape(more[1])).content.decode()

    assert [ticket.number in rest for ticket in (*mine[49:], other)] == [False, True, True, False]
    assert "more-customer" not in rest
