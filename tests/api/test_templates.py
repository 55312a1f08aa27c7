"""Raising a ticket by a template of the catalogue over the API."""

from typing import Any

import pytest

from catalog.models import FieldType, TemplateField
from tests.support.house import House
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def add_field(house: House, key: str, kind: FieldType, **values: Any) -> None:
    names = {"label_es": f"{key} es", "label_en": f"{key} en"}
    TemplateField.objects.create(template=house.template, key=key, type=kind, **(names | values))


def body(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "subject": "The tax is doubled",
        "description": "Since today.",
        "template": house.template.slug,
        **changes,
    }


def test_a_template_brings_what_is_not_said(house: House, api: Any) -> None:
    add_field(house, "module", FieldType.CHOICE, options_es="Ventas\nCompras", is_required=True)
    add_field(house, "day", FieldType.DATE)
    add_field(house, "boss", FieldType.PERSON)
    answers = {
        "module": "Compras",
        "day": "2026-03-31",
        "boss": house.people["coordinator"].email.upper(),
    }

    raised = api(house.requester).post("tickets/", body(house, answers=answers))

    assert raised.status_code == 201, raised.json()
    ticket = Ticket.objects.get()
    template = house.template
    assert (ticket.template, ticket.service, ticket.kind) == (
        template,
        template.service,
        template.kind,
    )
    assert (ticket.impact, ticket.urgency) == (template.default_impact, template.default_urgency)
    assert [(each["label_es"], each["value"]) for each in ticket.answers] == [
        ("module es", "Compras"),
        ("day es", "2026-03-31"),
        ("boss es", "Coordinator North"),
    ]
    other = api(house.requester).post(
        "tickets/",
        body(house, subject="Another", answers=answers, impact="extensive", urgency="critical"),
    )
    assert (other.json()["impact"], other.json()["urgency"]) == ("extensive", "critical")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"template": "no-such"}, "template"),
        ({"service": "network"}, "service"),
        ({"kind": "service_request"}, "kind"),
        ({"answers": {}}, "answers.module"),
        ({"answers": {"module": "Otro"}}, "answers.module"),
        ({"answers": {"module": "Ventas", "day": "soon"}}, "answers.day"),
        ({"answers": {"module": "Ventas", "boss": "nobody@north.example"}}, "answers.boss"),
        ({"answers": {"module": "Ventas", "boss": "outsider@south.example"}}, "answers.boss"),
        ({"answers": {"module": "Ventas", "color": "red"}}, "answers"),
        ({"answers": "Ventas"}, "answers"),
    ],
)
def test_what_does_not_go_with_the_template_is_refused(
    house: House, api: Any, changes: dict[str, Any], field: str
) -> None:
    add_field(house, "module", FieldType.CHOICE, options_es="Ventas\nCompras", is_required=True)
    add_field(house, "day", FieldType.DATE)
    add_field(house, "boss", FieldType.PERSON)

    refused = api(house.requester).post("tickets/", body(house, **changes))

    assert refused.status_code == 400
    assert field in refused.json()["fields"]
    assert not Ticket.objects.exists()


def test_without_a_template_service_impact_and_urgency_are_needed(house: House, api: Any) -> None:
    bare = body(house, answers={"module": "Ventas"})
    del bare["template"]

    refused = api(house.requester).post("tickets/", bare)

    assert refused.status_code == 400
    assert set(refused.json()["fields"]) == {"service", "impact", "urgency", "answers"}


def test_a_template_that_needs_a_file_is_for_the_portal(house: House, api: Any) -> None:
    add_field(house, "photo", FieldType.FILE, is_required=True)

    refused = api(house.requester).post("tickets/", body(house))

    assert refused.status_code == 400
    assert not Ticket.objects.exists()
