"""The portal's lists: the filters above the tickets, and the customer whose report is read."""

from typing import Any

import pytest

from foundation.accounts.models import Membership
from tests.support.house import House

pytestmark = pytest.mark.usefixtures("monday")


def test_the_list_of_tickets_offers_its_four_filters(house: House, sign_in: Any) -> None:
    tabs = sign_in(house.requester).get("/tickets/?show=ended&q=ERP&page=2").context["tabs"]

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
