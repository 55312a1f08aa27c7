"""Responses to htmx: redirects, error pages and panels."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, make_ticket
from tests.support.tickets import step
from tickets.models import Message

pytestmark = pytest.mark.usefixtures("monday")
HTMX = {"HX-Request": "true"}


def test_a_redirect_is_followed_by_the_browser_and_not_swapped(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    answer = sign_in(house.requester).post(
        f"/tickets/{ticket.number}/reply/", {"body": "One thing more."}, headers=HTMX
    )

    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/tickets/{ticket.number}/")
    assert Message.objects.get().body == "One thing more."


def test_an_error_page_replaces_the_body_and_only_for_htmx(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)

    swapped = client.get("/admin/tickets/TK-999999/", headers=HTMX)
    plain = client.get("/admin/tickets/TK-999999/")

    assert (swapped.status_code, swapped["HX-Retarget"], swapped["HX-Reswap"]) == (
        404,
        "body",
        "innerHTML",
    )
    assert (plain.status_code, "HX-Retarget" in plain) == (404, False)


def test_a_page_that_is_no_error_is_left_as_it_is(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    page = sign_in(house.agent).get(f"/admin/tickets/{ticket.number}/", headers=HTMX)

    assert (page.status_code, "HX-Retarget" in page) == (200, False)
