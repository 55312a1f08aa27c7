"""Validation of contracts and template fields, and the texts of the catalogue by language."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from catalog.models import Category, Contract, FieldType, TemplateField
from tests.support.house import House


def field(house: House, **values: object) -> TemplateField:
    return TemplateField(
        template=house.template,
        **{"key": "module", "label_es": "Módulo", "label_en": "Module", **values},
    )


def test_a_choice_needs_its_options_and_a_text_does_not(house: House) -> None:
    with pytest.raises(ValidationError) as refused:
        field(house, type=FieldType.CHOICE, options_es=" ").full_clean()

    assert list(refused.value.message_dict) == ["options_es"]
    field(house, type=FieldType.CHOICE, options_es="Ventas\nCompras").full_clean()
    field(house, type=FieldType.TEXT).full_clean()


def test_two_fields_of_one_form_share_no_key(house: House) -> None:
    field(house, type=FieldType.TEXT).save()

    with pytest.raises(ValidationError):
        field(house, type=FieldType.TEXT, label_en="Other").full_clean()


def test_a_contract_may_end_on_its_first_day_but_not_before(house: House) -> None:
    first = date(2026, 3, 2)
    contract = Contract(organization=house.north, reference="C-2", starts_on=first, ends_on=first)

    contract.clean()
    contract.ends_on = date(2026, 3, 1)
    with pytest.raises(ValidationError) as refused:
        contract.clean()

    assert list(refused.value.message_dict) == ["ends_on"]
    Contract(organization=house.north, reference="C-3", ends_on=first).clean()
    Contract(organization=house.north, reference="C-3", starts_on=first).clean()


@pytest.mark.parametrize(
    ("language", "spanish", "english", "shown"),
    [
        ("es", "Sistemas", "Systems", "Sistemas"),
        ("es-mx", "Sistemas", "Systems", "Sistemas"),
        ("en", "Sistemas", "Systems", "Systems"),
        ("en", "Sistemas", "", "Sistemas"),
        ("es", "", "Systems", "Systems"),
        (None, "Sistemas", "Systems", "Sistemas"),
    ],
)
def test_a_name_is_shown_in_the_active_language_or_in_the_other(
    language: str | None, spanish: str, english: str, shown: str
) -> None:
    category = Category(name_es=spanish, name_en=english)

    with translation.override(language):
        assert category.name == shown
        assert str(category) == shown


def test_options_keep_the_spanish_value_and_show_a_complete_translation(house: House) -> None:
    complete = field(house, options_es="Ventas\n\n Compras ", options_en="Sales\nPurchases")
    partial = field(house, options_es="Ventas\nCompras", options_en="Sales")

    with translation.override("en"):
        assert complete.options == [("Ventas", "Sales"), ("Compras", "Purchases")]
        assert partial.options == [("Ventas", "Ventas"), ("Compras", "Compras")]
        assert str(complete) == "Module"
