"""Every field of every page of the configuration, emptied, overlong, far in time, or taken by
another row: the page says so at the field, and nothing is a server error.
"""

import re
from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from catalog.models import Category, Contract, ContractService
from foundation.accounts.models import Organization, ServiceAccount, Team
from foundation.calendars.models import Calendar
from foundation.calendars.services import publish_calendar_version
from tests.support.audits import Undone
from tests.support.house import MONDAY_9AM, SETUP, House
from tests.support.html import ChangeForm
from tests.support.pages import pages
from tests.support.world import world

__all__ = ["world"]
ODD: list[list[str]] = [
    [],
    [""],
    ["9999-12-31T23:59"],
    ["0001-01-01"],
    ["x" * 10_000],
    ["٣"],
    ["9" * 30],
    ["-1"],
    ["[" * 5_000],
]


PARTS = 3  # of the pages, which run on several cores
# What nobody types, and the rows of a table after its first one, whose fields are the same.
UNTYPED = re.compile(r"csrfmiddlewaretoken|_saveasnew|-[1-9][0-9]*-")
CHOSEN = re.compile(r'<(?:select|input type="(?:checkbox|radio|hidden)") name="([^"]+)"')

# On PostgreSQL a text or number that is too long for its column is an error: only these differ,
# and only in fields that are typed.
IS_POSTGRES = connection.vendor == "postgresql"
TRIED = [["x" * 10_000], ["9" * 30]] if IS_POSTGRES else ODD


def send(client: Client, path: str, data: dict[str, Any]) -> str:
    """Send it, take it back, and return what is wrong with the answer: neither saved nor refused
    with an error on the page.
    """
    answer: Any = None
    try:
        with transaction.atomic():
            answer = client.post(path, data)
            raise Undone
    except Undone:
        if answer.status_code == 302 or (answer.status_code == 200 and answer.context["errors"]):
            return ""
        return f"{answer.status_code} without an error"


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_every_field_of_every_page_is_saved_or_refused_with_words(
    world: dict[str, str], house: House, sign_in: Callable[..., Any], part: int
) -> None:
    client = sign_in(house.staff["administrator"])
    client.raise_request_exception = False
    failed = []
    opened = pages(client)
    for path, model, sent in opened[part::PARTS]:
        other = model._base_manager.order_by("pk")[1:2].first()
        page = client.get(path).content.decode()
        chosen = CHOSEN.findall(page) if IS_POSTGRES else []
        if 'name="_saveasnew"' in page:
            sent["_saveasnew"] = ["1"]  # a version in force never changes
        for address, data, names in (
            (path, sent, [name for name in sent if not UNTYPED.search(name)]),
            added(client, path, sent),
        ):
            for name in (each for each in names if each not in chosen):
                taken = getattr(other, name, None) if other is not None else None
                for value in [*TRIED, *([[str(taken)]] if taken is not None else [])]:
                    wrong = send(client, address, {**data, name: value})
                    if wrong:
                        failed.append((address, name, value[:1], wrong))

    assert len(opened) >= 15
    assert failed == [], sorted({(each[0], each[1], str(each[2])[:20], each[3]) for each in failed})


def added(
    client: Client, path: str, sent: dict[str, list[str]]
) -> tuple[str, dict[str, list[str]], list[str]]:
    """Return address and data of the page that adds a row like this one, and the fields that it has
    beyond those of the row's page.
    """
    address = re.sub(r"\d+/change/$", "add/", path)
    page = client.get(address)
    if page.status_code != 200:
        return address, {}, []
    empty = ChangeForm(page.content.decode()).sent
    data = empty | {name: value for name, value in sent.items() if name in empty}
    more = empty.keys() - sent.keys()
    return address, data, sorted(name for name in more if not UNTYPED.search(name))


def rename(client: Any, row: models.Model, name: str, value: str) -> list[str]:
    """Give the row a value of another one; return the fields with an error."""
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    sent = ChangeForm(client.get(path).content.decode()).sent
    answer = client.post(path, {**sent, name: [value]})
    assert answer.status_code == 200
    return list(answer.context["adminform"].form.errors)


def test_a_taken_name_is_an_error_of_the_form(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    second = copy(house.contract)
    second.pk = None
    second.reference = "C-9"
    second.save()
    accounts = [
        ServiceAccount.objects.create(
            organization=house.north, name=name, contact=house.people["coordinator"]
        )
        for name in ("Watcher", "Other")
    ]
    calendars = list(Calendar.objects.filter(organization=house.north).order_by("pk")[:2])

    assert rename(client, second, "reference", house.contract.reference) == ["reference"]
    assert rename(client, accounts[1], "name", "Watcher") == ["name"]
    assert rename(client, calendars[1], "name", f" {calendars[0].name} ") == ["name"]
    assert Contract.objects.filter(reference="C-9").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceAccount.objects.filter(pk=accounts[1].pk).update(name="Watcher")


def test_emptied_domains_are_no_domains(house: House, sign_in: Any) -> None:
    Organization.objects.filter(pk=house.north.pk).update(email_domains=["north.example"])
    client = sign_in(house.staff["administrator"])
    path = f"/admin/accounts/organization/{house.north.pk}/change/"
    sent = ChangeForm(client.get(path).content.decode()).sent

    assert client.post(path, {**sent, "email_domains": ""}).status_code == 302

    assert Organization.objects.get(pk=house.north.pk).email_domains == []


def change(client: Any, row: models.Model, **values: str) -> dict[str, list[str]]:
    """Send the page of a row with other values; return the errors of its fields, none if saved."""
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    sent = ChangeForm(client.get(path).content.decode()).sent
    answer = client.post(path, {**sent, **values})
    return {} if answer.status_code == 302 else dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (
            "Norte.example\tnorte.mx, norte.mx;a-b.example",
            ["norte.example", "norte.mx", "a-b.example"],
        ),
        ("", []),
    ],
)
def test_domains_are_typed_one_per_line(
    house: House, sign_in: Any, typed: str, kept: list[str]
) -> None:
    client = sign_in(house.staff["administrator"])

    assert change(client, house.north, email_domains=typed) == {}

    assert Organization.objects.get(pk=house.north.pk).email_domains == kept


@pytest.mark.parametrize("typed", ["[" * 5_000, '{"a": 1}', "nor te", "x\u200b.mx", "a@b.mx"])
def test_what_is_no_domain_is_named(house: House, sign_in: Any, typed: str) -> None:
    client = sign_in(house.staff["administrator"])

    assert list(change(client, house.north, email_domains=typed)) == ["email_domains"]


@pytest.mark.parametrize(("days", "wrong"), [("365", []), ("366", ["reopen_days"])])
def test_a_ticket_is_reopened_within_a_year(
    house: House, sign_in: Any, days: str, wrong: list[str]
) -> None:
    client = sign_in(house.staff["administrator"])

    assert list(change(client, house.contract, reopen_days=days)) == wrong


@pytest.mark.parametrize(
    ("day", "is_far"),
    [("1989-12-31", True), ("1990-01-01", False), ("2046-03-02", False), ("2046-03-03", True)],
)
@pytest.mark.usefixtures("monday")
def test_a_holiday_lies_within_reach(house: House, sign_in: Any, day: str, is_far: bool) -> None:
    calendar = Calendar.objects.filter(organization=house.north, role="business").first()
    assert calendar is not None
    client = sign_in(house.staff["administrator"])

    errors = change(client, calendar, holidays=f"{day} Far")

    assert ("holidays" in errors) is is_far
    with pytest.raises(ValidationError, match="20"), transaction.atomic():
        publish_calendar_version(
            calendar=calendar,
            time_zone="America/Mexico_City",
            hours={"0": [["09:00", "18:00"]]},
            holidays={"9999-12-31": "Far"},
            effective_from=MONDAY_9AM,
            by=SETUP,
            at=MONDAY_9AM,
        )


@pytest.mark.parametrize("counter", ["-1", "٣", "0"])
def test_counters_that_differ_from_the_rows_are_refused(
    house: House, sign_in: Any, counter: str
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    sent = ChangeForm(client.get(path).content.decode()).sent
    name = next(name for name in sent if name.endswith("INITIAL_FORMS") and sent[name] > ["0"])
    rows = ContractService.objects.filter(contract=house.contract)
    before = list(rows.values_list("pk", flat=True))
    assert before

    answer = client.post(path, {**sent, name: [counter]})

    assert answer.status_code == 200
    assert list(rows.values_list("pk", flat=True)) == before


def test_an_address_with_invisible_letters_is_refused_and_several_come_by_tab(
    house: House, sign_in: Any
) -> None:
    team = Team.objects.create(name="Desk", level=1)
    client = sign_in(house.staff["administrator"])
    members = f"{house.agent.email}\t{house.staff['agent2'].email}"

    assert list(change(client, team, email="desk@x\u200b.mx")) == ["email"]
    assert change(client, team, members=members) == {}

    assert set(team.members.all()) == {house.agent, house.staff["agent2"]}


def test_a_number_or_instant_in_digits_of_other_scripts_is_refused(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])

    def refused(**values: str) -> dict[str, list[str]]:
        return change(client, house.contract, **values)

    assert list(refused(validation_days="٣", starts_on="٢٠٢٦-01-01")) == [
        "starts_on",
        "validation_days",
    ]
    add = "/admin/sla/policyversion/add/"
    sent = ChangeForm(client.get(add).content.decode()).sent
    page = client.post(add, {**sent, "effective_from": "٢٠٢٦-12-31T23:59"})
    assert "effective_from" in page.context["adminform"].form.errors
    assert client.get("/admin/catalog/contract/٣/change/").status_code == 302
    assert client.get(f"/admin/catalog/contract/{house.contract.pk}/change/").status_code == 200


def test_a_name_is_one_line(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    category = house.template.service.category

    assert change(client, category, name_es=" Con\tTAB ") == {}

    category.refresh_from_db()
    assert category.name_es == "Con TAB"


def test_two_categories_have_names_that_differ(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    other = Category.objects.create(name_es="Redes")

    for taken in ("Sistemas", "SISTEMAS "):
        assert list(change(client, other, name_es=taken)) == ["name_es"]
    for taken in ("Systems", "systems "):
        assert list(change(client, other, name_en=taken)) == ["name_en"]
    assert change(client, other, name_en="Networks") == {}
    assert change(client, other, name_en="") == {}


def test_a_country_is_written_in_any_case_and_one_without_regions_says_so(
    house: House, sign_in: Any
) -> None:
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client = sign_in(administrator)

    assert change(client, house.north, country="us", region="tx") == {}
    house.north.refresh_from_db()
    assert (house.north.country, house.north.region) == ("US", "TX")
    assert change(client, house.north, country="mx", region="jal")["region"] == [
        "“MX” has no region “JAL” with holidays of its own: give the country alone."
    ]
