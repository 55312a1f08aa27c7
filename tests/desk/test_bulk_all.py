"""Acts on all tickets that match a list."""

from typing import Any

import pytest

from foundation.accounts.models import Team
from tests.support.house import MONDAY_9AM, SECOND, House, make_ticket
from tests.support.pages import english, words_of_messages
from tickets import services

pytestmark = pytest.mark.usefixtures("monday")

PREVIEW = "/admin/queue/preview/"


def test_all_that_match_are_the_first_hundred_of_the_list(
    house: House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 3)
    monkeypatch.setattr("desk.queue.views.PAGE_SIZE", 2)
    team = Team.objects.create(name="North", level=1)
    team.members.add(house.agent)
    team.organizations.add(house.north)
    made = [make_ticket(house, at=MONDAY_9AM - number * SECOND) for number in range(5)]
    hidden = make_ticket(house, organization=house.south, requester=house.outsider)
    client = sign_in(english(house))
    asked = {"act": "step", "step": "start", "all": "1", "next": "/admin/queue/?sort=number"}

    page = client.get("/admin/queue/?sort=number").content.decode()
    shown = client.post(PREVIEW, asked)
    everything = client.post(PREVIEW, asked | {"next": "/admin/queue/?view=mine"}, follow=True)

    assert 'name="all"' in page
    assert 'name="all"' not in client.get("/admin/queue/?view=mine").content.decode()
    numbers = [each.before.number for each, _told, _text in shown.context["rehearsed"]]
    assert len(numbers) == 3
    assert set(numbers) <= {ticket.number for ticket in made}
    assert hidden.number not in shown.content.decode()
    assert words_of_messages(everything) == ["The list is empty now."]
