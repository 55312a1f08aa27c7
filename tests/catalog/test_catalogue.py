"""The catalogue: its categories and forms, what is active, and texts in two languages."""

from datetime import date

import pytest
from django.utils import translation

from catalog.models import Category, Contract, ContractService, RequestTemplate, TemplateField
from catalog.queries import UnknownService, catalogue, get_service, get_template
from foundation.core.classification import Kind
from foundation.core.errors import NotFound
from tests.support.house import House

TODAY = date(2026, 3, 2)


def form(house: House, slug: str, service: str = "erp", **values: object) -> RequestTemplate:
    return RequestTemplate.objects.create(
        **{
            "service": house.services[service],
            "slug": slug,
            "kind": Kind.REQUEST,
            "name_es": slug,
            **values,
        }
    )


def slugs(organization_ids: list[int]) -> list[str]:
    return [
        template.slug
        for entry in catalogue(organization_ids, TODAY)
        for template in entry.templates
    ]


def test_an_active_service_is_found_by_its_slug(house: House) -> None:
    assert get_service("erp") == house.services["erp"]

    house.services["erp"].is_active = False
    house.services["erp"].save()

    with pytest.raises(UnknownService) as refused:
        get_service("erp")
    assert list(refused.value.fields) == ["service"]
    assert "erp" in str(refused.value)
    assert get_service("network") == house.services["network"]


def test_a_form_is_found_by_its_slug_while_it_and_its_service_are_active(house: House) -> None:
    other = form(house, "network-error", "network")
    assert get_template("erp-error") == house.template
    assert get_template("network-error") == other

    RequestTemplate.objects.filter(pk=other.pk).update(is_active=False)
    house.services["erp"].is_active = False
    house.services["erp"].save()

    for slug in ("network-error", "erp-error", "no-such-form"):
        with pytest.raises(NotFound):
            get_template(slug)


def test_the_catalogue_lists_active_forms_by_position_and_no_empty_category(house: House) -> None:
    Category.objects.create(name_es="Vacía")
    form(house, "last", position=9)
    form(house, "first", position=0)
    form(house, "closed", is_active=False)
    RequestTemplate.objects.filter(pk=house.template.pk).update(position=5)

    entries = catalogue([house.north.pk], TODAY)

    assert [entry.category.name_es for entry in entries] == ["Sistemas"]
    assert [template.slug for template in entries[0].templates] == ["first", "erp-error", "last"]


def test_the_catalogue_lists_contracted_services_or_all_without_a_contract(house: House) -> None:
    form(house, "network-error", "network")
    ContractService.objects.filter(
        organization=house.north, service=house.services["network"]
    ).delete()

    assert slugs([house.north.pk]) == ["erp-error"]
    assert sorted(slugs([house.south.pk])) == ["erp-error", "network-error"]
    Contract.objects.filter(organization=house.north).update(ends_on=date(2026, 3, 1))
    assert sorted(slugs([house.north.pk])) == ["erp-error", "network-error"]
    house.services["network"].is_active = False
    house.services["network"].save()
    assert slugs([house.north.pk]) == ["erp-error"]


def test_a_name_is_shown_in_the_readers_language_or_in_the_other_one() -> None:
    both = RequestTemplate(name_es="Correo", name_en="Mail", description_en="About mail")
    spanish = Category(name_es="Redes")

    with translation.override("en"):
        assert (both.name, str(both), both.description) == ("Mail", "Mail", "About mail")
        assert (spanish.name, str(spanish)) == ("Redes", "Redes")
    for language in ("es", "es-mx"):
        with translation.override(language):
            assert (both.name, both.description) == ("Correo", "About mail")
    with translation.override(None):
        assert both.name == "Correo"


def test_options_of_a_choice_keep_the_spanish_text_and_show_the_readers() -> None:
    field = TemplateField(
        label_es="Módulo",
        label_en="Module",
        options_es=" Ventas \n\nCompras",
        options_en="Sales\n\n Purchases ",
    )

    with translation.override("en"):
        assert field.options == [("Ventas", "Sales"), ("Compras", "Purchases")]
        assert (field.label, str(field)) == ("Module", "Module")
        field.options_en = "Sales"
        assert field.options == [("Ventas", "Ventas"), ("Compras", "Compras")]
    with translation.override("es"):
        assert field.options == [("Ventas", "Ventas"), ("Compras", "Compras")]
