"""The form of a template: a field of each type, its limits, and what the ticket keeps of it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import FieldType, TemplateField
from foundation.accounts.models import Membership, User
from tests.support.files import PNG
from tests.support.house import House
from tickets.models import Attachment, Ticket

ADDRESS = "/catalog/erp-error/"


pytestmark = pytest.mark.usefixtures("monday")


def form(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "organization": house.north.pk,
        "subject": "Tax doubled",
        "description": "Since today.",
        "impact": "minor",
        "urgency": "low",
        **changes,
    }


def add_field(house: House, key: str, kind: FieldType, **values: Any) -> None:
    names = {"label_es": f"{key} es", "label_en": f"{key} en"}
    TemplateField.objects.create(template=house.template, key=key, type=kind, **(names | values))


def join_south(house: House) -> User:
    """Make the requester of the north a requester of the south too."""
    Membership.objects.create(organization=house.south, user=house.requester, roles=["requester"])
    return house.requester


def test_each_type_of_field_has_its_own_input_between_subject_and_description(
    house: House, sign_in: Any
) -> None:
    add_field(house, "line", FieldType.TEXT, position=1)
    add_field(house, "story", FieldType.LONG_TEXT, position=2)
    add_field(house, "module", FieldType.CHOICE, position=3, options_es="Ventas\nCompras")
    add_field(house, "day", FieldType.DATE, position=4)
    add_field(house, "boss", FieldType.PERSON, position=5)
    add_field(house, "photo", FieldType.FILE, position=6)

    fields = sign_in(house.requester).get(ADDRESS).context["form"].fields

    assert list(fields) == [
        "organization",
        "subject",
        "field_line",
        "field_story",
        "field_module",
        "field_day",
        "field_boss",
        "field_photo",
        "description",
        "impact",
        "urgency",
        "attachments",
    ]
    assert [
        (type(fields[f"field_{name}"]).__name__, type(fields[f"field_{name}"].widget).__name__)
        for name in ("line", "story", "module", "day", "boss", "photo")
    ] == [
        ("CharField", "TextInput"),
        ("WatchedTextField", "Textarea"),
        ("ChoiceField", "Select"),
        ("DateField", "DateInput"),
        ("ModelChoiceField", "Select"),
        ("FilesField", "MultipleFileInput"),
    ]
    assert fields["field_module"].choices == [("", "—"), ("Ventas", "Ventas"), ("Compras",) * 2]
    assert (fields["field_story"].widget.attrs["rows"], fields["field_line"].label) == (
        3,
        "line en",
    )


def test_the_ticket_keeps_every_answer_in_order_and_leaves_out_the_empty_ones(
    house: House, sign_in: Any
) -> None:
    add_field(house, "line", FieldType.TEXT, position=1)
    add_field(house, "story", FieldType.LONG_TEXT, position=2, label_en="")
    add_field(house, "day", FieldType.DATE, position=3)
    add_field(house, "later", FieldType.DATE, position=4)
    add_field(house, "photo", FieldType.FILE, position=5)

    sign_in(house.requester).post(
        ADDRESS,
        form(
            house,
            field_line="First",
            field_story="Second",
            field_day="2026-03-31",
            field_later="",
            field_photo=SimpleUploadedFile("screen.png", PNG),
        ),
    )

    assert Ticket.objects.get().answers == [
        {"label_es": "line es", "label_en": "line en", "value": "First"},
        {"label_es": "story es", "label_en": "story es", "value": "Second"},
        {"label_es": "day es", "label_en": "day en", "value": "2026-03-31"},
    ]
    assert Attachment.objects.get().name == "screen.png"


@pytest.mark.parametrize(
    ("key", "longest"),
    [("field_line", 500), ("field_story", 5000), ("subject", 200)],
)
def test_texts_of_the_form_are_accepted_up_to_their_limit(
    house: House, sign_in: Any, key: str, longest: int
) -> None:
    add_field(house, "line", FieldType.TEXT)
    add_field(house, "story", FieldType.LONG_TEXT)
    client = sign_in(house.requester)

    refused = client.post(ADDRESS, form(house, **{key: "x" * (longest + 1)}))
    done = client.post(ADDRESS, form(house, **{key: "x" * longest}))

    assert (refused.status_code, list(refused.context["form"].errors)) == (400, [key])
    assert done.status_code == 302


@pytest.mark.parametrize(
    "kind",
    [FieldType.TEXT, FieldType.LONG_TEXT, FieldType.DATE, FieldType.PERSON, FieldType.FILE],
)
def test_a_required_field_of_any_type_refuses_the_form_without_it(
    house: House, sign_in: Any, kind: FieldType
) -> None:
    add_field(house, "extra", kind, is_required=True)

    refused = sign_in(house.requester).post(ADDRESS, form(house))

    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["field_extra"])
    assert not Ticket.objects.exists()


def test_a_field_for_a_person_offers_active_unsuspended_members_by_name(
    house: House, sign_in: Any
) -> None:
    add_field(house, "boss", FieldType.PERSON)
    Membership.objects.filter(user=house.people["approver"]).update(is_suspended=True)
    User.objects.filter(pk=house.people["service_owner"].pk).update(is_active=False)

    fields = sign_in(house.requester).get(ADDRESS).context["form"].fields

    assert [str(person) for person in fields["field_boss"].queryset] == [
        "Company Manager North",
        "Coordinator North",
        "Report Recipient North",
        "Requester North",
        "Site Supervisor North",
    ]


def test_a_person_of_the_other_company_is_refused_beside_the_field(
    house: House, sign_in: Any
) -> None:
    add_field(house, "boss", FieldType.PERSON)
    client = sign_in(join_south(house))

    foreign = client.post(ADDRESS, form(house, field_boss=house.outsider.pk))
    nowhere = client.post(ADDRESS, form(house, organization="", field_boss=house.outsider.pk))
    own = client.post(
        ADDRESS, form(house, organization=house.south.pk, field_boss=house.outsider.pk)
    )

    assert (foreign.status_code, foreign.context["form"].errors) == (
        400,
        {"field_boss": ["Choose a person of the same company."]},
    )
    assert (nowhere.status_code, list(nowhere.context["form"].errors)) == (400, ["organization"])
    assert own.status_code == 302
    assert Ticket.objects.get().organization == house.south


def test_the_company_is_a_choice_only_for_members_of_several(house: House, sign_in: Any) -> None:
    one = sign_in(house.requester).get(ADDRESS).context["form"].fields["organization"]
    several = sign_in(join_south(house)).get(ADDRESS).context["form"].fields["organization"]

    assert (one.widget.is_hidden, one.initial) == (True, house.north.pk)
    assert list(one.queryset) == [house.north]
    assert (several.widget.is_hidden, several.initial) == (False, None)
    assert list(several.queryset) == [house.north, house.south]


def test_the_form_proposes_the_impact_and_urgency_of_its_template(
    house: House, sign_in: Any
) -> None:
    house.template.default_impact = "extensive"
    house.template.default_urgency = "high"
    house.template.save()

    fields = sign_in(house.requester).get(ADDRESS).context["form"].fields

    assert (fields["impact"].initial, fields["urgency"].initial) == ("extensive", "high")


def test_a_covered_ticket_is_confirmed_without_a_warning(house: House, sign_in: Any) -> None:
    page = sign_in(house.requester).post(ADDRESS, form(house), follow=True)

    ticket = Ticket.objects.get()
    assert page.redirect_chain == [(f"/tickets/{ticket.number}/", 302)]
    assert [str(each) for each in page.context["messages"]] == [
        f"{ticket.number} was raised. We sent you a copy by e-mail."
    ]


def test_the_catalogue_lists_the_templates_of_the_contracted_services(
    house: House, sign_in: Any
) -> None:
    page = sign_in(house.requester).get("/catalog/")

    assert f'href="{ADDRESS}"' in page.content.decode()
