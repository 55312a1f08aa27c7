"""Copies of replies over the API."""

from typing import Any

import pytest

from tests.support.house import House, make_ticket

pytestmark = pytest.mark.usefixtures("monday")

BOSS = "boss@elsewhere.example"
SUPPLIER = "supplier@elsewhere.example"


def test_the_api_takes_them_from_the_staff(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    path = f"tickets/{ticket.number}/replies/"
    staff = api(house.agent)

    sent = staff.post(path, {"body": "Hello.", "cc": [BOSS], "bcc": [SUPPLIER]})

    assert sent.status_code == 201
    assert sent.json()["cc"] == [BOSS]
    assert "bcc" not in sent.json()
    wrong = staff.post(path, {"body": "Again.", "cc": ["nobody"]})
    note = staff.post(path, {"body": "A note.", "kind": "note", "bcc": [BOSS]})
    customer = api(house.requester).post(path, {"body": "Thanks.", "cc": [BOSS]})
    assert [list(each.json()["fields"]) for each in (wrong, note, customer)] == [
        ["cc"],
        ["bcc"],
        ["cc"],
    ]
    read = api(house.requester).get(f"tickets/{ticket.number}/messages/").content.decode()
    assert BOSS in read
    assert SUPPLIER not in read
