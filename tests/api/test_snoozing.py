"""Snoozing a ticket over the API."""

from typing import Any

import pytest

from tests.support.house import House
from tests.support.tickets import started

pytestmark = pytest.mark.usefixtures("monday")


def test_over_the_api(house: House, api: Any) -> None:
    ticket = started(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/"

    done = client.post(f"{url}snooze/", {"until": "2026-03-03T15:00:00Z"})
    assert (done.status_code, done.json()["snoozed_until"]) == (200, "2026-03-03T15:00:00Z")
    assert client.get(url).json()["snoozed_until"] == "2026-03-03T15:00:00Z"
    assert api(house.requester).get(url).json()["snoozed_until"] is None
    assert client.post(f"{url}snooze/", {"until": "2026-03-01T15:00:00Z"}).status_code == 400
    assert client.post(f"{url}snooze/", {}).status_code == 400
    assert api(house.requester).delete(f"{url}snooze/").status_code == 403
    assert client.delete(f"{url}snooze/").json()["snoozed_until"] is None
