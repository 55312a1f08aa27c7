"""Putting a ticket aside on its page."""

from typing import Any

import pytest

from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import started
from tickets import services
from tickets.models import Snooze, Ticket

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
        ({"until": "2026-03-03T10:30"}, MONDAY_9AM + DAY + 1.5 * HOUR),
    ],
)
def test_a_ticket_is_put_aside_and_brought_back(
    house: House, sign_in: Any, typed: dict[str, str], until: Any
) -> None:
    ticket = started(house)
    client = sign_in(english(house))

    done = client.post(address(ticket, "snooze/"), typed, follow=True)

    assert Snooze.objects.get().until == until
    assert words_of_messages(done)[0].startswith("Put aside until Mar ")
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


def test_only_who_has_the_ticket_is_offered_it(house: House, sign_in: Any) -> None:
    mine = started(house)
    nobodys = make_ticket(house)
    client = sign_in(english(house))

    assert address(mine, "snooze/") in client.get(address(mine)).content.decode()
    assert address(nobodys, "snooze/") not in client.get(address(nobodys)).content.decode()
    refused = client.post(address(nobodys, "snooze/"), {"preset": "hours"})
    assert refused.status_code == 403
    assert "take it first" in text_of(refused.content.decode())


def test_a_customer_does_not_see_that_it_is_put_aside(house: House, sign_in: Any) -> None:
    ticket = started(house)
    services.snooze_ticket(
        ticket=fresh(ticket), until=MONDAY_9AM + HOUR, by=by(house.agent), at=MONDAY_9AM
    )

    house.requester.language = "en"
    house.requester.save()
    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/", follow=True)

    assert page.status_code == 200
    assert "Put aside" not in text_of(page.content.decode())
