"""The lists of recurring tickets and of their days: their pages, and what they cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.support.house import House
from tests.support.pages import english
from tests.support.recurring import recurring
from tests.support.statements import statements
from tickets.models import Recurrence
from tickets.services import raise_due

pytestmark = pytest.mark.usefixtures("monday")

LIST = "/admin/recurring/"
TEN = datetime(2026, 3, 2, 16, tzinfo=UTC)


def page(recurrence: Recurrence) -> str:
    return f"{LIST}{recurrence.pk}/"


def test_the_list_costs_the_same_with_many(house: House, client: Client) -> None:
    client.force_login(english(house, "desk_supervisor"))
    raise_due(recurrence_id=recurring(house).pk, at=TEN)
    one = statements(client, LIST)
    for number in range(12):
        found = recurring(house, name=f"Other {number}")
        raise_due(recurrence_id=found.pk, at=TEN)

    assert statements(client, LIST) == one
    found = Recurrence.objects.order_by("-pk")[0]
    single = statements(client, page(found))
    for ahead in range(1, 5):
        raise_due(recurrence_id=found.pk, at=TEN + timedelta(days=ahead))
    assert statements(client, page(found)) == single


def test_the_days_have_pages(house: House, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.recurring.views.PER_PAGE", 2)
    found = recurring(house)
    for ahead in range(3):
        raise_due(recurrence_id=found.pk, at=TEN + timedelta(days=ahead))
    client.force_login(english(house, "agent"))

    first = client.get(page(found)).context["page"]
    second = client.get(f"{page(found)}?after={first.after}").context["page"]

    assert [each.day.day for each in [*first.rows, *second.rows]] == [4, 3, 2]


@pytest.mark.parametrize(("show", "names"), [("running", "abc"), ("paused", "fed")])
def test_the_list_has_pages(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch, show: str, names: str
) -> None:
    monkeypatch.setattr("desk.recurring.views.PER_PAGE", 2)
    for name in "abcdef":
        found = recurring(house, name=name)
        if name > "c":
            Recurrence.objects.filter(pk=found.pk).update(is_paused=True, next_at=None)
    client.force_login(english(house, "agent"))

    first = client.get(f"{LIST}?show={show}").context["page"]
    second = client.get(f"{LIST}?show={show}&after={first.after}").context["page"]

    assert "".join(each.name for each in [*first.rows, *second.rows]) == names
