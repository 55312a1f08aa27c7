"""Who has a ticket open, and what was not seen yet."""

from typing import Any

import pytest
import time_machine

from tests.support.house import MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tickets import services
from tickets.models import Visit
from tickets.queries import visitors_of
from tickets.services.visits import restore_draft

pytestmark = pytest.mark.usefixtures("monday")


def test_unseen_tickets_and_present_colleagues_are_marked(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    def mark() -> tuple[bool, list[str]]:
        section = sign_in(house.agent).get("/admin/queue/").context["sections"][0]
        presence = section.rows[0].presence
        return presence.is_unread, [str(each) for each in presence.others]

    assert mark() == (True, [])
    sign_in(house.agent).post(f"/admin/tickets/{ticket.number}/presence/")
    sign_in(house.staff["agent2"]).post(
        f"/admin/tickets/{ticket.number}/presence/", {"writes": "yes"}
    )
    assert mark() == (False, ["Agent2"])
    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        services.add_note(
            ticket=fresh(ticket),
            body="New.",
            by=by(house.staff["agent2"]),
            at=MONDAY_9AM + MINUTE / 2,
        )
        assert mark() == (True, [])


def test_the_open_ticket_names_the_colleagues_who_have_it_open(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    address = f"/admin/tickets/{ticket.number}/presence/"
    version = fresh(ticket).version
    other = make_ticket(house)
    sign_in(house.staff["bpo"]).post(f"/admin/tickets/{other.number}/presence/")
    sign_in(house.staff["agent2"]).post(address, {"writes": "yes"})
    sign_in(house.staff["desk_supervisor"]).post(address, {"writes": ""})

    seen = sign_in(english(house)).post(address)

    assert text_of(seen.content.decode()) == ("A Agent2 is writing D Desk Supervisor has it open")
    assert (fresh(ticket).version, fresh(ticket).updated_at) == (version, MONDAY_9AM)
    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        assert text_of(sign_in(english(house)).post(address).content.decode()) == ""
    assert sign_in(house.requester).post(address).status_code in {302, 403, 404}


def test_who_has_another_ticket_open_is_no_visitor_of_this_one(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    services.note_visit(ticket=other, is_writing=False, by=by(house.staff["agent2"]), at=MONDAY_9AM)

    assert visitors_of(ticket, reader=house.agent, at=MONDAY_9AM) == []
    here = visitors_of(other, reader=house.agent, at=MONDAY_9AM)
    assert [each.person for each in here] == [house.staff["agent2"]]


def test_a_text_that_is_given_back_leaves_the_drafts_of_others_alone(house: House) -> None:
    ticket = make_ticket(house)
    for name, kind, body in (("agent2", "note", "Of another."), ("agent", "reply", "Mine, later.")):
        services.save_draft(
            ticket=ticket, kind=kind, body=body, by=by(house.staff[name]), at=MONDAY_9AM
        )

    restore_draft(
        ticket=ticket, person=house.agent, kind="reply", body="Mine.", at=MONDAY_9AM + MINUTE
    )

    found = Visit.objects.order_by("pk").values_list("person__email", "draft_kind", "draft")
    assert set(found) == {
        ("agent2@desk.example", "note", "Of another."),
        ("agent@desk.example", "reply", "Mine.\n\nMine, later."),
    }
