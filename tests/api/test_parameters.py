"""A query parameter that a view does not know is refused by name, and not ignored."""

from typing import Any

import pytest
from django.urls import get_resolver

from api.parameters import KnownParameters
from tests.support.house import House, make_ticket


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("statuss=open", "statuss"),
        ("ordering=password", "ordering"),
        ("assignee=null", "assignee"),
        ("state=new&requester__password__gte=p&State=new", "State, requester__password__gte"),
    ],
)
def test_an_unknown_filter_is_named(house: House, api: Any, query: str, unknown: str) -> None:
    answer = api(house.agent).get(f"tickets/?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert f"parámetro {unknown}" in answer.json()["detail"]
    assert "received_after, received_before, state" in answer.json()["detail"]
    assert sorted(answer.json()["fields"]) == unknown.split(", ")


def test_the_known_ones_and_the_format_are_read(house: House, api: Any) -> None:
    make_ticket(house)
    agent = api(house.agent)

    assert len(agent.get("tickets/?state=new&q=invoice&format=json").json()["results"]) == 1
    assert agent.get("tickets/?state=closed").json()["results"] == []


def test_other_addresses_know_their_own(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    manager = api(house.staff["desk_manager"])

    assert manager.get(f"tickets/{ticket.number}/?state=new").status_code == 400
    assert manager.get("audits/?state=open").status_code == 400
    assert manager.get("coverage/?organization=north&week=2").status_code == 400
    assert manager.get("terms/?organization=north&when=now").status_code == 400
    report = "reports/service-level/?organization=north&month=2026-03"
    assert manager.get(report).status_code == 200
    assert manager.get(f"{report}&language=en").status_code == 400


def test_every_view_of_the_api_names_its_parameters() -> None:
    views = {
        getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        for pattern in get_resolver("api.urls").url_patterns
    }
    ours = {view for view in views if view is not None and view.__module__.startswith("api.")}

    assert len(ours) >= 5
    assert [view.__name__ for view in ours if not issubclass(view, KnownParameters)] == []
