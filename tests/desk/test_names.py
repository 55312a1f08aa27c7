"""Names on the pages of the configuration: what shows nothing is no name, and two that read the
same are one.
"""

from typing import Any

import pytest
from django.test import Client

from catalog.models import TemplateField
from foundation.accounts.models import Department, Organization, Site, Team
from foundation.calendars.models import Calendar
from foundation.core.texts import as_read
from tests.support.house import House
from tests.support.html import ChangeForm

NOTHING = "\u200b\u2800"


@pytest.fixture
def administrator(house: House, sign_in: Any) -> Client:
    house.staff["administrator"].language = "en"
    house.staff["administrator"].save()
    client: Client = sign_in(house.staff["administrator"])
    return client


def page_of(client: Client, row: Any) -> tuple[str, dict[str, Any]]:
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    return path, ChangeForm(client.get(path).content.decode()).sent


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Norte", "norte"),
        ("  Norte\u200b  1 ", "norte 1"),
        ("NOR\u00adTE", "norte"),
        ("Norte\u00a01", "norte 1"),
        ("Ｎｏｒｔｅ", "norte"),
        ("Norte\ufe0f", "norte"),
        ("\u0390".upper(), "\u0390"),
        ("Nor\u034fte", "norte"),
        ("Almacén", "almacén"),
        ("Almace\u0301n", "almacén"),
        (NOTHING, ""),
    ],
)
def test_a_name_is_told_by_what_is_read(name: str, expected: str) -> None:
    assert as_read(name) == expected


READS_AS = "It reads as “Level two”, which exists. Write a name that differs."
IS_TAKEN = "Support group with this Name already exists."


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("LEVEL TWO", READS_AS),
        ("Level\u200b two", READS_AS),
        ("Level  two", IS_TAKEN),  # a name is one line, with one blank between words
        ("Level\u00a0two", IS_TAKEN),
        ("Level\ttwo", IS_TAKEN),
    ],
)
def test_a_group_with_a_name_that_reads_as_another_is_refused(
    house: House, administrator: Client, typed: str, words: str
) -> None:
    other = Team.objects.create(name="Other", level=2)
    path, sent = page_of(administrator, other)

    answer = administrator.post(path, {**sent, "name": typed})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {"name": [words]}
    path, sent = page_of(administrator, house.level_two)
    again = administrator.post(path, {**sent, "name": "LEVEL TWO"})  # its own name
    assert again.status_code == 302


def test_a_name_may_be_that_of_another_customers_row(house: House, administrator: Client) -> None:
    north, south = (
        Calendar.objects.filter(organization=each).order_by("pk").first()
        for each in (house.north, house.south)
    )
    assert north is not None
    assert south is not None
    path, sent = page_of(administrator, south)
    beside = Calendar.objects.filter(organization=house.south).exclude(pk=south.pk).first()
    assert beside is not None

    refused = administrator.post(path, {**sent, "name": beside.name.upper()})
    saved = administrator.post(path, {**sent, "name": f"{north.name.upper()} 7"})

    assert (refused.status_code, saved.status_code) == (200, 302)


def test_a_page_with_names_alike_from_before_is_saved(house: House, administrator: Client) -> None:
    twin = Team.objects.create(name="LEVEL TWO", level=2)
    path, sent = page_of(administrator, twin)

    assert administrator.post(path, {**sent, "level": "3"}).status_code == 302


def rows(prefix: str, *added: dict[str, str]) -> dict[str, str]:
    """Return what the page sends for new rows alone."""
    found = {
        f"{prefix}-TOTAL_FORMS": str(len(added)),
        f"{prefix}-INITIAL_FORMS": "0",
    }
    for number, row in enumerate(added):
        found |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return found


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ("Norte", "Sur", []),
        ("Norte", "NORTE", ["name"]),
        ("Norte", "Nor\u200bte", ["name"]),
        ("Norte", NOTHING, ["name"]),
    ],
)
@pytest.mark.parametrize("model", [Site, Department])
def test_rows_of_a_customer_have_names_that_differ(
    administrator: Client, model: type[Site | Department], first: str, second: str, wrong: list[str]
) -> None:
    customer = Organization.objects.create(name="New", slug="new", country="MX")
    path, sent = page_of(administrator, customer)
    prefix = formset_of(administrator.get(path), model).prefix

    answer = administrator.post(path, {**sent, **rows(prefix, {"name": first}, {"name": second})})

    assert model.objects.filter(organization=customer).count() == (0 if wrong else 2)
    if wrong:
        assert [list(each) for each in formset_of(answer, model).errors] == [[], wrong]


def formset_of(answer: Any, model: type[Any]) -> Any:
    found = (each.formset for each in answer.context["inline_admin_formsets"])
    return next(each for each in found if each.model is model)


def test_a_label_that_shows_nothing_is_refused(house: House, administrator: Client) -> None:
    path, sent = page_of(administrator, house.template)
    prefix = formset_of(administrator.get(path), TemplateField).prefix
    row = {"key": "x", "type": "text", "label_es": NOTHING, "position": "0"}

    refused = administrator.post(path, {**sent, **rows(prefix, row)})
    saved = administrator.post(path, {**sent, **rows(prefix, row | {"label_es": "Floor"})})

    assert [list(each) for each in formset_of(refused, TemplateField).errors] == [["label_es"]]
    assert saved.status_code == 302
