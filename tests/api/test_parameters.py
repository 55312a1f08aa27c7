"""A query parameter that a view does not know is refused by name, and not ignored."""

from typing import Any

import pytest
from django.urls import get_resolver

from api.parameters import KnownParameters
from tests.support.house import House, fresh, make_ticket
from tests.support.pages import english


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


@pytest.mark.parametrize("slug", ["nope", "south", ""])
def test_a_customer_that_does_not_exist_and_one_of_others_are_refused_alike(
    house: House, api: Any, slug: str
) -> None:
    make_ticket(house)
    house.requester.language = "es"
    house.requester.save()
    client = api(house.requester)

    answer = client.get(f"tickets/?organization={slug}")
    own = client.get("tickets/?organization=north")

    if slug:
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["organization"])
        assert answer.json()["detail"] == f"No existe ninguna organización “{slug}”."
    assert len(own.json()["results"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "unknown"),
    [
        ("", {"subject": "A fault", "description": "x", "urgencia": "low"}, ["urgencia"]),
        ("{}/replies/", {"body": "Hello.", "files": [], "text": "x"}, ["files", "text"]),
        ("{}/transitions/", {"transition": "cancel", "Reason": "x"}, ["Reason"]),
        ("{}/classification/", {"urgency": "low", "from_the_start": True}, ["from_the_start"]),
        ("{}/escalations/", {"reason": "It hurts.", "level": 2}, ["level"]),
    ],
)
def test_a_key_of_a_body_that_nothing_reads_is_named(
    house: House, api: Any, path: str, body: dict[str, Any], unknown: list[str]
) -> None:
    ticket = make_ticket(house)
    version = ticket.version

    answer = api(house.requester).post("tickets/" + path.format(ticket.number), body)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, unknown)
    assert "Known: " in answer.json()["fields"][unknown[0]]
    assert fresh(ticket).version == version


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/tickets/TK-000001/reply"])
def test_what_is_sent_without_the_last_slash_is_sent_again_whole(
    house: House, client: Any, path: str
) -> None:
    """After 301 a client asks by GET, and the body is lost."""
    answer = client.post(path, {"subject": "x"}, headers={"Host": "testserver"})

    assert (answer.status_code, answer["Location"]) == (308, f"{path}/")


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


@pytest.mark.parametrize("path", ["tickets/", "coverage/", "terms/", "reports/service-level/"])
def test_an_organization_that_nobody_sees_and_an_empty_value_are_refused_everywhere(
    house: House, api: Any, path: str
) -> None:
    client = api(house.staff["administrator" if path == "terms/" else "desk_manager"])

    unknown, empty = (client.get(f"{path}?organization={name}") for name in ("nowhere", "%20"))

    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["organization"])
    assert ("nowhere" in unknown.json()["detail"]) == (not path.startswith("reports"))
    assert (empty.status_code, empty.json()["fields"].keys()) == (400, {"organization"})
    if path != "tickets/":
        missing = client.get(path)
        assert (missing.status_code, missing.json()["fields"].keys()) == (400, {"organization"})
        assert missing.json()["detail"] == "Indique la organización por su nombre corto."


def test_every_view_of_the_api_names_its_parameters() -> None:
    views = {
        getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        for pattern in get_resolver("api.urls").url_patterns
    }
    ours = {view for view in views if view is not None and view.__module__.startswith("api.")}

    assert len(ours) >= 5
    assert [view.__name__ for view in ours if not issubclass(view, KnownParameters)] == []


def test_a_search_takes_filters_and_says_which_one_it_does_not_understand(
    house: House, api: Any
) -> None:
    agent = api(english(house))
    make_ticket(house)
    make_ticket(house, organization=house.south, requester=house.outsider)

    found = agent.get("tickets/?q=cliente:south invoice").json()["results"]
    refused = agent.get("tickets/?q=before:yesterday")

    assert [each["organization"] for each in found] == ["south"]
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "“yesterday” is no day. Write it as 2026-10-31 or 31/10/2026.",
    )
