"""Tags over the API."""

from typing import Any

import pytest

from tests.support.house import House, make_ticket

pytestmark = pytest.mark.usefixtures("monday")


def test_tags_are_added_listed_and_taken_off(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/tags/"

    added = client.post(url, {"tags": ["VPN", "cierre de mes"]})
    more = client.post(url, {"tags": ["vpn", "red"]})

    assert added.status_code == 201
    assert [each["name"] for each in more.json()] == ["cierre de mes", "red", "VPN"]
    assert client.get(url).json() == more.json()
    listed = client.get("tickets/?tag=Vpn").json()["results"]
    assert [each["number"] for each in listed] == [ticket.number]
    pk = more.json()[2]["id"]
    assert client.delete(f"tickets/{other.number}/tags/{pk}/").status_code == 204
    assert len(client.get(url).json()) == 3
    assert client.delete(f"{url}{pk}/").status_code == 204
    assert client.delete(f"{url}{pk}/").status_code == 204
    assert [each["name"] for each in client.get(url).json()] == ["cierre de mes", "red"]


def test_what_is_no_tag_is_refused(house: House, api: Any) -> None:
    url = f"tickets/{make_ticket(house).number}/tags/"
    client = api(house.agent)

    for wrong in ([], ["a,b"], ["x" * 41], "vpn", [""], [f"t{n}" for n in range(21)]):
        assert client.post(url, {"tags": wrong}).status_code == 400
    assert client.get(url).json() == []


def test_a_customer_neither_reads_nor_filters_by_tags(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    api(house.agent).post(f"tickets/{ticket.number}/tags/", {"tags": ["vpn"]})
    client = api(house.requester)

    assert client.get(f"tickets/{ticket.number}/tags/").status_code == 403
    assert client.get("tickets/?tag=vpn").status_code == 403
    assert "vpn" not in str(client.get(f"tickets/{ticket.number}/").json())
