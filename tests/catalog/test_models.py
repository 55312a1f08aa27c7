"""Validation of template fields: a choice needs options, keys are unique in a template."""

import pytest
from django.core.exceptions import ValidationError

from catalog.models import FieldType, TemplateField
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
