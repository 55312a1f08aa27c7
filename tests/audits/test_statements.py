from typing import Any

from audits.models import EvidenceClass
from tests.support.audits import (
    ask,
    leave,
    prepare,
    text,
)
from tests.support.house import House
from tests.support.statements import statements
from tickets.models import Ticket


def test_the_lists_of_audits_cost_the_same_for_one_and_for_three(
    house: House, sign_in: Any
) -> None:
    desk = sign_in(house.agent)
    portal = None
    ask(house)
    one = statements(desk, "/admin/audits/")
    portal = sign_in(house.requester)
    mine = statements(portal, "/audits/")
    for year in (1, 2):
        Ticket.objects.update(received_at=f"201{year}-03-05T12:00:00Z")
        ask(house)

    assert statements(portal, "/audits/") == mine
    assert statements(sign_in(house.agent), "/admin/audits/") == one


def test_the_pages_of_an_audit_cost_the_same_for_little_and_for_much(
    house: House, sign_in: Any
) -> None:
    items = [("erp", f"Item {number}") for number in range(1, 13)]
    audit = ask(house, items=items)
    leave(house, audit, 1)
    prepare(house, audit, 2)
    doors = [
        (house.staff["bpo"], f"/admin/audits/{audit.ticket.number}/"),
        (house.requester, f"/audits/{audit.ticket.number}/"),
    ]

    def spent() -> list[int]:
        return [statements(sign_in(person), path) for person, path in doors]

    before = spent()
    for number in range(3, 9):
        leave(house, audit, number)
    for number in range(9, 12):
        prepare(
            house,
            audit,
            number,
            classification=EvidenceClass.POLICY,
            file=text("policy"),
            summary="Yes.",
        )
        prepare(house, audit, number)

    assert spent() == before
