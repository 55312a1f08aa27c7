from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Contract, ContractVersion, MatrixVersion
from foundation.accounts.models import User
from foundation.core.errors import Invalid
from sla.policies.models import PolicyVersion
from sla.policies.services import check_version
from tests.support.house import (
    DAY,
    MONDAY_9AM,
    House,
)
from tests.support.html import text_of
from tests.support.policies import every_priority, publish_for


def test_the_configuration_page_publishes_and_refuses_by_the_same_rules(
    house: House, sign_in: Any
) -> None:
    administrator: User = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client = sign_in(administrator)
    path = "/admin/sla/policyversion/add/"
    form = {
        "organization": house.north.pk,
        "contract": house.contract.pk,
        "person": "",
        "effective_from": "",
        "warning_percents": "50, 90",
        "targets-TOTAL_FORMS": "1",
        "targets-INITIAL_FORMS": "0",
        "targets-0-metric": "resolution",
        "targets-0-priority": "1",
        "targets-0-days": "2",
        "targets-0-in_business_days": "on",
    }

    refused = client.post(path, form)
    assert "Resolution has no target for: High, Medium, Low" in refused.content.decode()
    assert not PolicyVersion.objects.exists()

    for number in (1, 2, 3):
        form |= {
            f"targets-{number}-metric": "resolution",
            f"targets-{number}-priority": str(number + 1),
            f"targets-{number}-minutes": "90",
        }
    saved = client.post(path, form | {"targets-TOTAL_FORMS": "4"})
    assert saved.status_code == 302
    version = PolicyVersion.objects.get()
    assert (version.organization, version.number, version.targets.count(), version.percents) == (
        house.north,
        1,
        4,
        (50, 90),
    )

    again = client.post(
        f"/admin/sla/policyversion/{version.pk}/change/", form | {"targets-TOTAL_FORMS": "0"}
    )
    assert again.status_code == 403  # it is in force


def test_a_target_that_is_struck_out_does_not_count(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    form = {
        "organization": house.north.pk,
        "contract": house.contract.pk,
        "warning_percents": "50, 90",
        "targets-TOTAL_FORMS": "5",
        "targets-INITIAL_FORMS": "0",
    }
    for number, priority in enumerate((1, 2, 3, 4, 4)):
        form |= {
            f"targets-{number}-metric": "resolution",
            f"targets-{number}-priority": str(priority),
            f"targets-{number}-minutes": str(90 + number),
        }

    doubled = client.post("/admin/sla/policyversion/add/", form)
    saved = client.post("/admin/sla/policyversion/add/", form | {"targets-3-DELETE": "on"})

    assert (doubled.status_code, saved.status_code) == (200, 302)
    assert "Resolución tiene dos objetivos para Baja" in text_of(doubled.content.decode())
    targets = PolicyVersion.objects.get().targets.order_by("priority")
    assert list(targets.values_list("priority", "minutes")) == [(1, 90), (2, 91), (3, 92), (4, 94)]


@pytest.mark.parametrize("whose", ["contract", "person", "organization"])
def test_saving_a_policy_in_force_makes_a_version_for_the_same_subject(
    house: House, sign_in: Any, whose: str
) -> None:
    """Posts what a browser posts: the inputs of the page and nothing else."""
    owner = {
        "contract": {"contract": house.contract},
        "person": {"person": house.requester},
        "organization": {},
    }[whose]
    first = publish_for(house, every_priority(minutes=40), **owner)
    client = sign_in(house.staff["administrator"])
    path = f"/admin/sla/policyversion/{first.pk}/change/"
    form = _inputs(client.get(path).content.decode())
    assert "organization" not in form

    saved = client.post(path, form | {"targets-0-minutes": "30", "_saveasnew": "1"})

    assert saved.status_code == 302
    second = PolicyVersion.objects.latest("pk")
    assert (second.number, second.contract, second.person) == (2, first.contract, first.person)
    assert sorted(second.targets.values_list("minutes", flat=True)) == [30, 40, 40, 40]
    page = client.get("/admin/sla/policyversion/").content.decode()
    assert ("reemplazada" in page, "en vigor" in page) == (True, True)


def test_a_policy_that_waits_is_changed_between_its_neighbours_alone(house: House) -> None:
    for day in (10, 20):
        publish_for(
            house, every_priority(minutes=day), at=MONDAY_9AM, effective_from=MONDAY_9AM + day * DAY
        )
    second = PolicyVersion.objects.get(number=1)
    second.effective_from = MONDAY_9AM + 30 * DAY

    with pytest.raises(Invalid) as refused:
        check_version(second, at=MONDAY_9AM)

    assert "effective_from" in refused.value.fields


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "Crítica: no puede trabajar × Menor o localizado: una persona"),
        ("en", "Critical: cannot work × Minor: one person"),
    ],
)
def test_the_cells_of_the_matrix_are_named_in_the_readers_language(
    house: House, sign_in: Any, language: str, words: str
) -> None:
    administrator: User = house.staff["administrator"]
    administrator.language = language
    administrator.save()

    assert (
        words
        in sign_in(administrator)
        .get(f"/admin/catalog/contract/{house.contract.pk}/change/")
        .content.decode()
    )


def test_a_contract_without_a_customer_is_refused_and_no_error_of_ours(
    house: House, sign_in: Any
) -> None:
    refused = sign_in(house.staff["administrator"]).post(
        "/admin/catalog/contract/add/", {"reference": "X"}
    )

    assert refused.status_code == 200
    assert not Contract.objects.filter(reference="X").exists()


class _Form(HTMLParser):
    """Collects what a browser would post of the page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.select = ""
        self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and name and given.get("type") not in {"submit", "checkbox"}:
            self.values[name] = given.get("value") or ""
        if tag == "input" and given.get("type") == "checkbox" and "checked" in given:
            self.values[name] = given.get("value") or "on"
        self.select = name if tag == "select" else self.select
        if tag == "option" and self.select and "selected" in given:
            self.values[self.select] = given.get("value") or ""


def _inputs(page: str) -> dict[str, str]:
    form = _Form()
    form.feed(page[page.index('id="policyversion_form"') :])
    return {name: value for name, value in form.values.items() if "__prefix__" not in name}


def posted_values(page: Any) -> dict[str, Any]:
    """Return what a browser would post of a contract's page as it was opened."""
    form = page.context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value is not None}
    values |= {bound.html_name: bound.value() for bound in form if bound.name.startswith("cell_")}
    for formset in (each.formset for each in page.context["inline_admin_formsets"]):
        values |= {
            f"{formset.prefix}-TOTAL_FORMS": formset.initial_form_count(),
            f"{formset.prefix}-INITIAL_FORMS": formset.initial_form_count(),
        }
        for row in formset.initial_forms:
            values |= {bound.html_name: bound.value() for bound in row if bound.value() is not None}
    return {
        name: value for name, value in values.items() if not isinstance(value, (list, type(None)))
    }


def test_the_contract_page_shows_the_whole_matrix_and_its_versions(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    page = client.get(path)
    assert page.content.decode().count('name="cell_') == 16
    values = posted_values(page)
    agreed = {"cell_low_minor": "critical", "validation_days": 7, "reason": "Agreed."}

    assert client.post(path, values | agreed).status_code == 302

    matrix = MatrixVersion.objects.get(contract=house.contract)
    assert (matrix.number, matrix.cells["low"]["minor"], matrix.cells["critical"]["minor"]) == (
        1,
        "critical",
        "high",
    )
    version = ContractVersion.objects.get(contract=house.contract)
    assert (version.number, version.terms["validation_days"], version.reason) == (1, 7, "Agreed.")
    assert "Agreed." in client.get(path).content.decode()


def test_a_validation_period_below_three_days_is_refused(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    values = posted_values(client.get(path)) | {"reason": "Agreed."}

    refused = client.post(path, values | {"validation_days": 2})
    saved = client.post(path, values | {"validation_days": 3})

    assert list(refused.context["adminform"].form.errors) == ["validation_days"]
    assert saved.status_code == 302


def test_a_contract_saved_without_a_difference_has_no_new_version(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    values = posted_values(client.get(path)) | {"cell_low_minor": "critical", "validation_days": 7}

    for _ in range(2):
        client.post(path, values)

    assert (MatrixVersion.objects.count(), ContractVersion.objects.count()) == (1, 1)


def test_a_matrix_is_in_force_from_an_instant_of_the_customers_zone(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    values = posted_values(client.get(path)) | {"cell_low_minor": "high"}
    ahead = timezone.now().year + 1

    saved = client.post(path, values | {"matrix_from": f"{ahead}-05-01T00:00"})

    assert saved.status_code == 302
    assert MatrixVersion.objects.get().effective_from == datetime(ahead, 5, 1, 6, tzinfo=UTC)


def test_a_matrix_of_the_past_is_refused(house: House, sign_in: Any) -> None:
    administrator: User = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client = sign_in(administrator)
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    values = posted_values(client.get(path))

    past = client.post(path, values | {"cell_low_minor": "high", "matrix_from": "2026-01-01T00:00"})

    assert (past.status_code, list(past.context["adminform"].form.errors)) == (200, ["matrix_from"])
    assert "the past stays as it was" in past.content.decode()
    assert not MatrixVersion.objects.exists()
