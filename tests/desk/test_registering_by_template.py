"""Registration by a template of the catalogue: its kind, its service and its own fields."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import FieldType, TemplateField
from foundation.accounts.models import Membership
from tests.support.files import PNG
from tests.support.house import House
from tests.support.pages import english
from tickets.models import Attachment, Ticket

ADDRESS = "/admin/register/"
CHOOSE = "/admin/register/form/"

pytestmark = pytest.mark.usefixtures("monday")


def add_field(house: House, key: str, kind: FieldType, **values: Any) -> None:
    names = {"label_es": f"{key} es", "label_en": f"{key} en"}
    TemplateField.objects.create(template=house.template, key=key, type=kind, **(names | values))


def typed(house: House, **changes: Any) -> dict[str, Any]:
    member = Membership.objects.get(user=house.requester)
    return {
        "membership": member.pk,
        "channel": "phone",
        "template": house.template.slug,
        "subject": "The tax is doubled",
        "description": "Since today.",
        "impact": "minor",
        "urgency": "low",
        **changes,
    }


def test_a_template_brings_its_fields_and_keeps_what_was_typed(house: House, sign_in: Any) -> None:
    add_field(house, "line", FieldType.TEXT)
    client = sign_in(english(house))
    assert "field_line" not in client.get(ADDRESS).content.decode()

    part = client.post(CHOOSE, typed(house), headers={"HX-Request": "true"})
    whole = client.post(CHOOSE, typed(house))

    for page in (part, whole):
        assert page.status_code == 200
        fields = list(page.context["form"].fields)
        assert fields.index("field_line") == fields.index("description") - 1
        assert not {"kind", "service"} & set(fields)
        assert page.context["form"]["subject"].value() == "The tax is doubled"
        assert page.context["form"]["impact"].value() == house.template.default_impact
    assert "<html" not in part.content.decode()
    assert "<html" in whole.content.decode()
    assert not Ticket.objects.exists()
    assert "hx-preserve" in part.content.decode()
    typed_before = typed(house, template="", impact="extensive")
    none = client.post(CHOOSE, typed_before, headers={"HX-Request": "true"})
    assert {"kind", "service"} <= set(none.context["form"].fields)
    assert none.context["form"]["impact"].value() == "extensive"


def test_it_is_registered_with_answers_and_files(house: House, sign_in: Any) -> None:
    add_field(house, "module", FieldType.CHOICE, options_es="Ventas\nCompras", is_required=True)
    add_field(house, "boss", FieldType.PERSON)
    add_field(house, "photo", FieldType.FILE)
    client = sign_in(english(house))
    boss = house.people["coordinator"]
    answers = {
        "field_module": "Compras",
        "field_boss": boss.pk,
        "field_photo": SimpleUploadedFile("photo.png", PNG),
    }

    client.post(ADDRESS, typed(house, **answers))

    ticket = Ticket.objects.get()
    assert (ticket.template, ticket.service) == (house.template, house.template.service)
    assert ticket.kind == house.template.kind
    assert [(each["label_en"], each["value"]) for each in ticket.answers] == [
        ("module en", "Compras"),
        ("boss en", str(boss)),
    ]
    assert Attachment.objects.get().name == "photo.png"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"field_module": ""}, "field_module"),
        ({"field_module": "Otro"}, "field_module"),
        ({"template": "no-such"}, "template"),
    ],
)
def test_what_the_template_needs_is_asked_for(
    house: House, sign_in: Any, changes: dict[str, str], field: str
) -> None:
    add_field(house, "module", FieldType.CHOICE, options_es="Ventas\nCompras", is_required=True)

    refused = sign_in(english(house)).post(ADDRESS, typed(house, field_module="Ventas") | changes)

    assert refused.status_code == 400
    assert field in refused.context["form"].errors
    assert not Ticket.objects.exists()


def test_a_person_of_another_company_is_refused(house: House, sign_in: Any) -> None:
    add_field(house, "boss", FieldType.PERSON)

    refused = sign_in(english(house)).post(ADDRESS, typed(house, field_boss=house.outsider.pk))

    assert refused.status_code == 400
    assert "field_boss" in refused.context["form"].errors


def test_a_template_that_is_switched_off_is_not_offered(house: House, sign_in: Any) -> None:
    house.template.is_active = False
    house.template.save()

    page = sign_in(english(house)).get(ADDRESS).content.decode()

    assert f'value="{house.template.slug}"' not in page
