"""Every field of every page of the configuration, emptied, overlong, far in time, or taken by
another row: the page says so at the field, and nothing is a server error.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.test import Client

from catalog.models import Contract
from foundation.accounts.models import Organization, ServiceAccount
from foundation.calendars.models import Calendar
from tests.support.audits import Undone
from tests.support.house import House
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
]


def send(client: Client, path: str, data: dict[str, Any]) -> int:
    """Send it, take it back, and return the status."""
    status = 0
    try:
        with transaction.atomic():
            status = client.post(path, data).status_code
            raise Undone
    except Undone:
        return status


@pytest.mark.long
@pytest.mark.once
def test_no_field_of_any_page_is_a_server_error(
    world: dict[str, str], house: House, sign_in: Callable[..., Any]
) -> None:
    client = sign_in(house.staff["administrator"])
    client.raise_request_exception = False
    failed = []
    opened = pages(client)
    for path, model, sent in opened:
        other = model._base_manager.order_by("pk")[1:2].first()
        for name in sent:
            if name == "csrfmiddlewaretoken" or name.endswith("_FORMS"):
                continue  # the counters of rows are hidden, nobody types them
            taken = getattr(other, name, None) if other is not None else None
            for value in [*ODD, *([[str(taken)]] if taken is not None else [])]:
                status = send(client, path, {**sent, name: value})
                if status >= 500:
                    failed.append((path, name, value[:1], status))

    assert len(opened) >= 15
    assert failed == []


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

    assert rename(client, second, "reference", house.contract.reference) == ["__all__"]
    assert rename(client, accounts[1], "name", "Watcher") == ["__all__"]
    assert rename(client, calendars[1], "name", calendars[0].name) == ["__all__"]
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
