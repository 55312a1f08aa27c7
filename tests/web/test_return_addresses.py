"""GET on the URL of a form redirects to the page that shows the form."""

from typing import Any

import pytest

from tests.support.house import (
    House,
    make_ticket,
)


@pytest.mark.parametrize(
    ("who", "tail"),
    [
        ("agent", "classify/"),
        ("agent", "say/"),
        ("agent", "assign/"),
        ("agent", "deescalate/"),
        ("agent", "step/solve/"),
    ],
)
def test_a_user_who_comes_back_to_a_forms_address_is_sent_to_its_page(
    house: House, sign_in: Any, who: str, tail: str
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.staff[who])

    back = client.get(f"/admin/tickets/{ticket.number}/{tail}")

    assert (back.status_code, back["Location"]) == (302, f"/admin/tickets/{ticket.number}/")
    assert client.put(f"/admin/tickets/{ticket.number}/{tail}").status_code == 405


@pytest.mark.parametrize("tail", ["reply/", "escalate/", "follow-up/", "step/cancel/"])
def test_the_portals_forms_lead_back_too(house: House, sign_in: Any, tail: str) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)

    back = client.get(f"/tickets/{ticket.number}/{tail}")
    switched = client.post(
        "/language/", {"language": "en", "next": f"/tickets/{ticket.number}/{tail}"}, follow=True
    )

    assert (back.status_code, back["Location"]) == (302, f"/tickets/{ticket.number}/")
    assert switched.status_code == 200
