"""Macros over the API."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tickets import services
from tickets.services import MacroActs

pytestmark = pytest.mark.usefixtures("monday")

ACTS = MacroActs(takes=True, kind="reply", body_es="¿Cuál?", step="pend_user", tags="VPN, red")


def test_macros_are_listed_and_run(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    macro = services.save_macro(
        name="Ask",
        acts=ACTS,
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    client = api(house.agent)
    path = f"tickets/{ticket.number}/macros/"

    assert client.get("macros/").json() == [
        {
            "id": macro.pk,
            "name": "Ask",
            "takes": True,
            "step": "pend_user",
            "solution_type": "",
            "kind": "reply",
            "body_es": "¿Cuál?",
            "body_en": "",
            "minutes": None,
            "activity": "analysis",
            "tags": ["VPN", "red"],
            "tasks": [],
        }
    ]
    assert client.post(path, {"macro": macro.pk}, If_Match='"987"').status_code == 412
    done = client.post(path, {"macro": macro.pk})
    assert done.status_code == 200
    assert (done.json()["state"], done.json()["assignee"]) == ("pending_user", "Agent")
    again = client.post(path, {"macro": macro.pk})
    assert (again.status_code, again.json()["code"]) == (409, "macro_refused")
    assert client.post(path, {"macro": 987654}).status_code == 404
    assert client.post(path, {}).status_code == 400
    for other in (house.requester, house.staff["audit_area"]):
        assert api(other).post(path, {"macro": macro.pk}).status_code == 403
        assert api(other).get("macros/").status_code == 403
