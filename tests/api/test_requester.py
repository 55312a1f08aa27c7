"""Another requester, over the API."""

from typing import Any

import pytest

from tests.support.house import House, colleague, fresh, make_ticket

pytestmark = pytest.mark.usefixtures("monday")


def test_over_the_api(house: House, api: Any) -> None:
    second = colleague(house)
    ticket = make_ticket(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/requester/"

    shown = client.post(f"{url}preview/", {"requester": second.email, "keeps_following": False})
    assert (shown.status_code, shown.json()) == (
        200,
        {
            "requester": second.email,
            "old_requester": house.requester.email,
            "old_keeps_reading": False,
            "site": "Plant 2",
            "department": None,
            "answer_due_at": None,
        },
    )
    assert fresh(ticket).requester == house.requester
    stale = client.post(url, {"requester": second.email}, If_Match='"99"')
    assert stale.status_code == 412
    refused = client.post(url, {"requester": "requester@south.example"})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["requester"])
    assert api(house.requester).post(url, {"requester": second.email}).status_code == 403
    assert api(house.staff["consultant"]).post(url, {"requester": second.email}).status_code == 403
    done = client.post(url, {"requester": second.email}, If_Match=f'"{ticket.version}"')
    assert (done.status_code, done.json()["requester"]) == (200, second.email)
    assert fresh(ticket).requester == second
    assert api(second).get(f"tickets/{ticket.number}/").status_code == 200
    assert api(house.requester).get(f"tickets/{ticket.number}/").status_code == 200  # follows it
