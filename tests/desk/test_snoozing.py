"""Snoozing a ticket on its page."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import started
from tickets import services
from tickets.models import MessageKind, Snooze, Ticket
from tickets.services import Saying

pytestmark = pytest.mark.usefixtures("monday")


def address(ticket: Ticket, act: str = "") -> str:
    return f"/admin/tickets/{ticket.number}/{act}"


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ({"preset": "hours"}, MONDAY_9AM + 3 * HOUR),
        ({"preset": "tomorrow"}, MONDAY_9AM + DAY),
        ({"preset": "monday"}, MONDAY_9AM + 7 * DAY),
        ({"preset": "week"}, MONDAY_9AM + 7 * DAY),
        ({"preset": "hours", "until": "x"}, MONDAY_9AM + 3 * HOUR),
        ({"until": "2026-03-03T10:30"}, MONDAY_9AM + DAY + 1.5 * HOUR),
    ],
)
def test_a_ticket_is_snoozed_and_brought_back(
    house: House, sign_in: Any, typed: dict[str, str], until: Any
) -> None:
    ticket = started(house)
    client = sign_in(english(house))

    done = client.post(address(ticket, "snooze/"), typed, follow=True)

    assert Snooze.objects.get().until == until
    assert words_of_messages(done)[0].startswith("Snoozed until Mar ")
    assert f'action="{address(ticket, "snooze/end/")}"' in done.content.decode()
    listed = client.get("/admin/queue/?view=snoozed").content.decode()
    assert ticket.number in listed
    assert ticket.number not in client.get("/admin/queue/?view=mine").content.decode()
    back = client.post(address(ticket, "snooze/end/"), {}, follow=True)
    assert words_of_messages(back) == ["It is among your tickets again."]
    assert not Snooze.objects.exists()
    assert address(ticket, "snooze/end/") not in back.content.decode()


@pytest.mark.parametrize(
    "typed",
    [{}, {"until": "2026-03-01T10:00"}, {"until": "soon"}, {"preset": "never"}],
)
def test_a_time_that_is_none_is_refused_in_the_form(
    house: House, sign_in: Any, typed: dict[str, str]
) -> None:
    ticket = started(house)

    refused = sign_in(english(house)).post(address(ticket, "snooze/"), typed)

    assert refused.status_code == 400
    assert not Snooze.objects.exists()
    assert 'name="preset"' in refused.content.decode()


def test_what_is_on_hold_goes_before_it(house: House, sign_in: Any) -> None:
    ticket = started(house)
    services.say(
        ticket=fresh(ticket),
        saying=Saying(
            kind=MessageKind.REPLY, body="Which?", step="pend_user", version=fresh(ticket).version
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
        delay=timedelta(seconds=10),
    )

    sign_in(english(house)).post(address(ticket, "snooze/"), {"preset": "week"})

    assert fresh(ticket).state == "pending_user"
    assert Snooze.objects.get().until == MONDAY_9AM + 7 * DAY


def test_a_supervisor_brings_it_back_and_a_colleague_reads_until_when(
    house: House, sign_in: Any
) -> None:
    ticket = started(house)
    services.snooze_ticket(
        ticket=fresh(ticket), until=MONDAY_9AM + HOUR, by=by(house.agent), at=MONDAY_9AM
    )

    colleague = sign_in(english(house, "agent2")).get(address(ticket)).content.decode()
    assert "Snoozed until Mar 2, 2026, 10:00" in text_of(colleague)
    assert address(ticket, "snooze/end/") not in colleague
    client = sign_in(english(house, "desk_supervisor"))
    back = client.post(address(ticket, "snooze/end/"), {}, follow=True)
    assert words_of_messages(back) == ["It is among the tickets of Agent again."]


def test_the_home_page_leaves_it_out(house: House, sign_in: Any) -> None:
    ticket = started(house)
    client = sign_in(english(house))

    def own() -> str:
        page: str = client.get("/admin/").content.decode()
        return page.partition('id="mine"')[2].partition("</section>")[0]

    assert ticket.number in own()
    services.snooze_ticket(
        ticket=fresh(ticket), until=MONDAY_9AM + HOUR, by=by(house.agent), at=MONDAY_9AM
    )
    assert ticket.number not in own()


def test_only_who_has_the_ticket_is_offered_it(house: House, sign_in: Any) -> None:
    mine = started(house)
    nobodys = make_ticket(house)
    client = sign_in(english(house))

    assert address(mine, "snooze/") in client.get(address(mine)).content.decode()
    assert address(nobodys, "snooze/") not in client.get(address(nobodys)).content.decode()
    refused = client.post(address(nobodys, "snooze/"), {"preset": "hours"})
    assert refused.status_code == 403
    assert "take it first" in text_of(refused.content.decode())


def test_a_customer_does_not_see_that_it_is_snoozed(house: House, sign_in: Any) -> None:
    ticket = started(house)
    services.snooze_ticket(
        ticket=fresh(ticket), until=MONDAY_9AM + HOUR, by=by(house.agent), at=MONDAY_9AM
    )

    house.requester.language = "en"
    house.requester.save()
    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/", follow=True)

    assert page.status_code == 200
    assert "Snoozed" not in text_of(page.content.decode())
