"""The caller's signature over the API."""

from typing import Any

import pytest

from tests.support.house import House
from tickets.models import Signature

pytestmark = pytest.mark.usefixtures("monday")

NONE = {"body_es": "", "body_en": ""}


def test_it_is_read_written_and_taken_away(house: House, api: Any) -> None:
    client = api(house.agent)

    assert client.get("signature/").json() == NONE
    written = client.put("signature/", {"body_es": "**Ana**"})
    assert written.json() == {"body_es": "**Ana**", "body_en": ""}
    assert client.get("signature/").json() == written.json()
    assert api(house.staff["agent2"]).get("signature/").json() == NONE
    assert client.put("signature/", NONE).json() == NONE
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body_es"),
        ({"body_es": "x" * 1001}, "body_es"),
        ({"body_es": "", "body_en": "x"}, "body_es"),
        ({"body_es": "password: Tr0ub4dor&3"}, "body_es"),
        ({"body_es": "x", "color": "red"}, "color"),
    ],
)
def test_what_is_wrong_is_refused_by_field(
    house: House, api: Any, body: dict[str, str], field: str
) -> None:
    refused = api(house.agent).put("signature/", body)

    assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])


@pytest.mark.parametrize("name", ["requester", "coordinator"])
def test_customers_have_none(house: House, api: Any, name: str) -> None:
    assert api(house.people[name]).get("signature/").status_code == 403
