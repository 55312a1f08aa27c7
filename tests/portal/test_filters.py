"""The portal's lists: the filters above the tickets, and the customer whose report is read."""

from typing import Any

import pytest

from foundation.accounts.models import Membership
from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tickets import services

pytestmark = pytest.mark.usefixtures("monday")


def test_the_list_of_tickets_offers_its_four_filters(house: House, sign_in: Any) -> None:
    tabs = sign_in(house.requester).get("/tickets/?show=ended&q=ERP&after=x").context["tabs"]

    assert [(tab.label, tab.url, tab.is_current) for tab in tabs] == [
        ("Waiting for you", "?q=ERP&show=waiting", False),
        ("Open", "?q=ERP&show=open", False),
        ("Ended", "?q=ERP&show=ended", True),
        ("All", "?q=ERP&show=all", False),
    ]


def test_a_reader_of_two_customers_chooses_whose_report_to_read(house: House, sign_in: Any) -> None:
    reader = house.people["report_recipient"]
    Membership.objects.create(organization=house.south, user=reader, roles=["report_recipient"])
    client = sign_in(reader)

    chosen = {
        slug: client.get(f"/reports/?organization={slug}").context["organization"]
        for slug in ("north", "south")
    }

    assert chosen == {"north": house.north, "south": house.south}


def test_a_role_in_another_customer_opens_no_report_of_the_second(
    house: House, sign_in: Any
) -> None:
    reader = house.people["report_recipient"]
    Membership.objects.create(organization=house.south, user=reader, roles=["requester"])

    page = sign_in(reader).get("/reports/?organization=south")

    assert page.context["organization"] == house.north
    assert sign_in(house.requester).get("/reports/").status_code == 404


def test_a_customer_is_shown_the_sentence_and_never_a_note(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, description="It began today. The gateway is down.")
    services.add_note(
        ticket=ticket, body="The gateway hides a canary.", by=by(house.agent), at=MONDAY_9AM
    )
    client = sign_in(house.requester)

    page = client.get("/tickets/?q=gateway").content.decode()

    assert "The <mark>gateway</mark> is down." in page
    assert "canary" not in page
    assert client.get("/tickets/?q=canary").context["rows"] == []


def test_a_filter_that_says_nothing_is_refused_on_the_portal(house: House, sign_in: Any) -> None:
    make_ticket(house)

    page = sign_in(house.requester).get("/tickets/?q=antes:ayer")

    assert page.context["refusal"] == "“ayer” is no day. Write it as 2026-10-31 or 31/10/2026."
    assert 'value="antes:ayer"' in page.content.decode()
