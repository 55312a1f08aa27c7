"""Tickets that are like another one, with the words that they share."""

from typing import Any

import pytest
from django.db import connection

from foundation.accounts.models import Organization, Team
from foundation.search.similar import telling_words
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.tickets import SOLUTION, step
from tickets import queries, services
from tickets.models import Ticket
from tickets.queries import SimilarTicket

pytestmark = pytest.mark.usefixtures("monday")


@pytest.mark.parametrize(
    ("subject", "description", "expected"),
    [
        ("La VPN no responde desde el lunes", "", ["VPN", "responde", "lunes"]),
        (
            "¿Impresión «lenta»?",
            "Es la LJ-400, error 0x80070005.",
            ["Impresión", "lenta", "LJ-400", "0x80070005"],
        ),
        ("It is on", "with the printer", []),
        ("Error", "ab12" * 1000, ["Error", "ab12" * 16]),
        ("Caída, CAÍDA y caida", "", ["Caída"]),
        (" ".join(f"palabra{n}" for n in range(20)), "", [f"palabra{n}" for n in range(12)]),
    ],
)
def test_the_words_that_tell_what_a_text_is_about(
    subject: str, description: str, expected: list[str]
) -> None:
    assert list(telling_words(subject, description).values()) == expected


def raised(house: House, subject: str, **others: Any) -> Ticket:
    return make_ticket(house, subject=subject, description="It began today.", **others)


def solved(house: House, subject: str, answer: str, **others: Any) -> Ticket:
    ticket = raised(house, subject, **others)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **{**SOLUTION, "message": answer})
    services.add_note(
        ticket=fresh(ticket), body="Internal.", files=[], by=by(house.agent), at=MONDAY_9AM + HOUR
    )
    return fresh(ticket)


def said(found: Any) -> list[tuple[Ticket, list[str], str]]:
    return [(each.ticket, sorted(each.words), each.solution) for each in found]


def test_what_is_perhaps_the_same_matter_and_what_was_solved_before(house: House) -> None:
    strangers = {"organization": house.south, "requester": house.outsider}
    ticket = raised(house, "The VPN tunnel to Ñuñoa fails")
    same = raised(house, "Tunnels of the VPN fail again")
    raised(house, "The printer fails")  # one word of four
    elsewhere = raised(house, "VPN tunnel fails", **strangers)  # open, of another customer
    rejected = raised(house, "VPN tunnel to Ñuñoa fails")
    step(house, rejected, "reject", MONDAY_9AM, reason="Twice.")
    before = solved(house, "VPN tunnel down", "We changed the key of the gateway.", **strangers)

    found = queries.similar_tickets(ticket, reader=house.agent)

    assert said(found.duplicates) == [(same, ["VPN", "fails", "tunnel"], "")]
    assert said(found.solved) == [(before, ["VPN", "tunnel"], "We changed the key of the gateway.")]
    assert elsewhere.pk not in {each.ticket.pk for each in found.duplicates}


def test_the_rarest_words_weigh_most_and_the_most_alike_come_first(house: House) -> None:
    for number in range(8):
        raised(house, f"Order {number} is missing")
    both = raised(house, "Order blocked by kerberos")
    one = raised(house, "Kerberos again")
    ticket = raised(house, "Order with kerberos")

    found = queries.similar_tickets(ticket, reader=house.agent).duplicates

    assert found == [
        SimilarTicket(both, ("kerberos", "Order")),
        SimilarTicket(one, ("kerberos",)),
    ]


def test_a_ticket_that_shares_nothing_has_none(house: House) -> None:
    raised(house, "The printer is out of ink")

    for subject in ("Payroll differs", "It is on"):
        found = queries.similar_tickets(raised(house, subject), reader=house.agent)
        assert (found.duplicates, found.solved) == ([], [])


def test_at_most_three_of_each_are_shown(house: House) -> None:
    made = [raised(house, "Kerberos rejects") for _ in range(5)]
    ticket = raised(house, "Kerberos rejects")

    found = queries.similar_tickets(ticket, reader=house.agent).duplicates

    assert [each.ticket for each in found] == made[:1:-1]


def test_a_restricted_agent_sees_no_other_customers_ticket(house: House, sign_in: Any) -> None:
    Organization.objects.filter(pk=house.south.pk).update(name="Canary south")
    strangers = {"organization": house.south, "requester": house.outsider}
    hidden = solved(house, "Kerberos canary", "Canary answer.", **strangers)
    ticket = raised(house, "Kerberos canary")
    north = Team.objects.create(name="North", level=1)
    north.organizations.add(house.north)
    north.members.add(house.agent)
    address = f"/admin/tickets/{ticket.number}/"

    other = sign_in(house.staff["agent2"]).get(f"{address}panels/after_page/").content.decode()
    own = sign_in(house.agent).get(f"{address}panels/after_page/").content.decode()

    assert hidden.number in other
    assert "Canary answer." in other
    assert hidden.number not in own
    assert "Canary answer." not in own


def test_the_page_names_the_words(house: House, sign_in: Any) -> None:
    before = solved(house, "Kerberos rejects the key", "We renewed the key.")
    ticket = raised(house, "Kerberos rejects everybody")

    page = sign_in(english(house)).get(f"/admin/tickets/{ticket.number}/panels/after_page/")

    text = text_of(page.content.decode())
    assert "Solved before Kerberos rejects the key" in text
    assert f"{before.number} · Solved We renewed the key. Both say: Kerberos , rejects" in text


def test_a_code_of_any_length_is_found(house: House) -> None:
    code = "a1b2" * 700  # PostgreSQL takes no word of more than 2046 letters
    same = make_ticket(house, subject="Token refused", description=f"It says {code}.")
    ticket = make_ticket(house, subject="It is refused", description=f"With {code}")

    found = queries.similar_tickets(ticket, reader=house.agent).duplicates

    assert [each.ticket for each in found] == [same]


def test_common_words_are_left_out_whatever_the_plan(
    house: House,
) -> None:
    ticket = raised(house, "Kerberos rejects")
    same = raised(house, "Kerberos rejects")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # plans of parallel workers, for any table
            for name in (
                "parallel_setup_cost",
                "parallel_tuple_cost",
                "min_parallel_table_scan_size",
            ):
                cursor.execute(f"SET LOCAL {name} = 0")

    assert [
        each.ticket for each in queries.similar_tickets(ticket, reader=house.agent).duplicates
    ] == [same]
