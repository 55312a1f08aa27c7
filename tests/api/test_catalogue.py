"""The catalogue and the history of a ticket over the API."""

from typing import Any

import pytest

from catalog.models import ContractService, TemplateField
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import services

pytestmark = pytest.mark.usefixtures("monday")


def slugs(answer: Any) -> list[str]:
    return [template["slug"] for each in answer.json() for template in each["templates"]]


def test_the_catalogue_has_the_templates_with_their_fields(house: House, api: Any) -> None:
    TemplateField.objects.create(
        template=house.template,
        key="system",
        type="choice",
        label_es="Sistema",
        label_en="System",
        options_es="Uno\nDos",
        options_en="One\nTwo",
        is_required=True,
    )

    answer = api(house.requester).get("catalogue/")

    assert answer.status_code == 200
    (found,) = [
        template
        for each in answer.json()
        for template in each["templates"]
        if template["slug"] == house.template.slug
    ]
    assert (found["kind"], found["service"]) == (house.template.kind, house.template.service.slug)
    assert (found["impact"], found["urgency"]) == (
        house.template.default_impact,
        house.template.default_urgency,
    )
    (field,) = [each for each in found["fields_of_its_own"] if each["key"] == "system"]
    assert field["type"] == "choice"
    assert field["name"] == "System"
    assert field["is_required"] is True
    assert len(field["options"]) == 2


def test_a_customer_sees_what_is_contracted(house: House, api: Any) -> None:
    assert house.template.slug in slugs(api(house.requester).get("catalogue/"))
    ContractService.objects.filter(contract=house.contract, service=house.template.service).delete()

    assert house.template.slug not in slugs(api(house.requester).get("catalogue/"))
    named = api(house.agent).get("catalogue/?organization=north")
    assert house.template.slug not in slugs(named)
    assert house.template.slug in slugs(api(house.agent).get("catalogue/"))


def test_another_customer_is_not_named(house: House, api: Any) -> None:
    answer = api(house.requester).get("catalogue/?organization=south")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["organization"]
    assert api(house.requester).get("catalogue/?service=erp").status_code == 400


def test_the_history_says_who_did_what(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    services.add_note(ticket=fresh(ticket), body="Luis.", by=by(house.agent), at=MONDAY_9AM)

    found = api(house.agent).get(f"tickets/{ticket.number}/history/").json()

    assert [each["verb"] for each in found][-2:] == ["ticket.state_changed", "message.note"]
    assert found[-2]["sentence"] == "Estado: Nuevo → En proceso"
    assert found[-2]["by"].startswith("Agent")
    assert found[-2]["at"] == "2026-03-02T15:00:00Z"
    assert found[0]["verb"] == "ticket.raised"


def test_a_customer_does_not_read_the_history(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    assert api(house.requester).get(f"tickets/{ticket.number}/history/").status_code == 403
    assert api(house.outsider).get(f"tickets/{ticket.number}/history/").status_code in (403, 404)
