"""Import and export of calendars and policies, by API and command: an export can be imported, and
an error names its place.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Category
from foundation.accounts.services import issue_user_token
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.core.classification import Priority
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services import export_terms
from tests.support.house import (
    MONDAY_9AM,
    SETUP,
    House,
    make_ticket,
)
from tests.support.terms import post, terms


def test_an_import_publishes_only_differences(house: House, client: Any) -> None:
    made = post(house, client, terms(warning_percents=[80]))
    assert (made.status_code, made.json()["policies"][0]["number"]) == (201, 1)
    assert post(house, client, export_terms(house.north)).json() == {
        "calendars": [],
        "policies": [],
    }
    # what is left out is the same
    assert post(house, client, terms(warning_percents=[80])).json() == {
        "calendars": [],
        "policies": [],
    }

    changed = export_terms(house.north)
    changed["calendars"][1]["hours"]["5"] = [["09:00", "13:00"]]
    changed["policies"][0]["targets"][0]["days"] = 5
    second = post(house, client, changed).json()

    assert [row["number"] for row in second["calendars"]] == [2]
    assert [row["number"] for row in second["policies"]] == [2]
    assert CalendarVersion.objects.filter(organization=house.north, number=2).count() == 1
    assert make_ticket(house) is not None


@pytest.mark.parametrize(
    ("data", "place"),
    [
        # a hole
        (
            terms(targets=[{"metric": "reaction", "priority": "high", "minutes": 20}]),
            "policies[0].targets",
        ),
        (
            terms(targets=[{"metric": "reaction", "priority": "high", "minutes": 0}]),
            "policies[0].targets[0].minutes",
        ),
        (
            terms(targets=[{"metric": "reaction", "priority": "high", "minutes": -3}]),
            "policies[0].targets[0].minutes",
        ),
        (
            terms(targets=[{"metric": "reaction", "priority": "urgent", "minutes": 3}]),
            "policies[0].targets[0].priority",
        ),
        (
            terms(targets=[{"metric": "speed", "priority": "high", "minutes": 3}]),
            "policies[0].targets[0].metric",
        ),
        (
            terms(
                targets=[
                    {"metric": "reaction", "priority": "high", "category": "Nada", "minutes": 3}
                ]
            ),
            "policies[0].targets[0].category",
        ),
        (terms(contract="C-south"), "policies[0].contract"),
        (terms(contract=None, person="nobody@north.example"), "policies[0].person"),
        (terms(business_calendar="Nights"), "policies[0].business_calendar"),
        (terms(effective_from="tomorrow"), "policies[0].effective_from"),
        (terms(warnings=[50]), "policies[0].warnings"),
        ({"policies": "all"}, "policies"),
        (terms(warning_percents=5), "policies[0].warning_percents"),
        (terms(warning_percents=None), "policies[0].warning_percents"),
        (terms(effective_from="9999-12-31T23:59:59-12:00"), "policies[0].effective_from"),
        (terms(effective_from="0001-01-01T00:00:00+12:00"), "policies[0].effective_from"),
        (
            {
                "calendars": [
                    {
                        "name": "Lun-Vie 09:00-19:00",
                        "role": "extended",
                        "time_zone": "UTC",
                        "hours": {"0": [["09:00", "10:00"]]},
                    }
                ]
            },
            "calendars[0].role",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "N",
                        "role": "extended",
                        "time_zone": "UTC",
                        "hours": {"0": [["09:00", "10:00"]]},
                        "holidays": ["2026-12-25"],
                    }
                ]
            },
            "calendars[0]",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "N",
                        "role": "extended",
                        "time_zone": "UTC",
                        "hours": {"0": [["09:00", "10:00"]]},
                        "holidays": {"2026-12-25": 7},
                    }
                ]
            },
            "calendars[0]",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "Nights",
                        "role": "extended",
                        "time_zone": "America/Mexico_City",
                        "hours": {},
                    }
                ]
            },
            "calendars[0]",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "Nights",
                        "role": "extended",
                        "time_zone": "Mars",
                        "hours": {"0": [["09:00", "10:00"]]},
                    }
                ]
            },
            "calendars[0].time_zone",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "Nights",
                        "role": "moon",
                        "time_zone": "UTC",
                        "hours": {"0": [["09:00", "10:00"]]},
                    }
                ]
            },
            "calendars[0].role",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "N",
                        "role": "extended",
                        "time_zone": "UTC",
                        "hours": {"0": [["10:00", "09:00"]]},
                    }
                ]
            },
            "calendars[0]",
        ),
        (
            {
                "calendars": [
                    {"name": "N", "role": "extended", "time_zone": "UTC", "hours": {"x": []}}
                ]
            },
            "calendars[0]",
        ),
        (
            {
                "calendars": [
                    {
                        "name": "N",
                        "role": "extended",
                        "time_zone": "UTC",
                        "hours": {"0": [["09:00", "10:00"]]},
                        "holidays": {"soon": ""},
                    }
                ]
            },
            "calendars[0]",
        ),
    ],
)
def test_wrong_terms_are_refused_with_their_place_and_nothing_is_saved(
    house: House, client: Any, data: Any, place: str
) -> None:
    before = export_terms(house.north)

    refused = post(house, client, data)

    assert refused.status_code == 400, refused.content
    assert place in refused.json()["fields"], refused.json()
    assert export_terms(house.north) == before


def test_only_administrators_publish(house: House, client: Any) -> None:
    assert post(house, client, terms(), who="desk_manager").status_code == 403
    assert not PolicyVersion.objects.exists()


def test_the_command_writes_out_and_publishes(house: House, tmp_path: Path, capsys: Any) -> None:
    Category.objects.update(name_es="Sistemas")
    file = tmp_path / "terms.json"
    file.write_text(json.dumps(terms()))

    with pytest.raises(CommandError, match="administrator"):
        call_command("sla_terms", "north", **{"file": str(file)})
    with pytest.raises(CommandError, match="nowhere"):
        call_command("sla_terms", "nowhere")
    call_command("sla_terms", "north", file=str(file), email="administrator@desk.example")
    assert "1 policies published" in capsys.readouterr().out
    call_command("sla_terms", "north")
    written = capsys.readouterr().out
    assert json.loads(written)["policies"][0]["targets"][0]["days"] == 3
    assert '\n  "policies": [\n' in written
    file.write_text("{")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("sla_terms", "north", file=str(file), email="administrator@desk.example")


@pytest.mark.parametrize("value", [90.9, True, "90", float("inf")])
def test_an_imported_target_is_a_whole_number(house: House, client: Any, value: Any) -> None:
    rows = [
        {"metric": "resolution", "priority": priority.code, "minutes": value}
        for priority in Priority
    ]
    answer = post(
        house,
        client,
        terms(targets=rows)
        if value != float("inf")
        else str(terms(targets=rows)).replace("'", '"').replace("inf", "1e400"),
    )
    assert (answer.status_code, PolicyTarget.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    "content",
    [
        {"holidays": {"20261225": "Navidad"}},
        {"hours": {"0": [["09:00", "10:00"]], "00": [["11:00", "12:00"]]}},
        {"time_zone": "Etc/GMT+6"},
        {"time_zone": "Factory"},
        {"hours": {"0": [["²:00", "10:00"]]}},
    ],
)
def test_an_imported_calendar_is_written_in_one_way(
    house: House, client: Any, content: dict[str, Any]
) -> None:
    row = {
        "name": "N",
        "role": "extended",
        "time_zone": "America/Mexico_City",
        "hours": {"0": [["09:00", "10:00"]]},
        **content,
    }
    assert post(house, client, {"calendars": [row]}).status_code == 400
    assert not Calendar.objects.filter(name="N").exists()


def test_a_category_without_targets_uses_its_support_types(house: House, client: Any) -> None:
    types = ("technological", "functional", "technical")
    rows = [
        {"metric": "resolution", "priority": p.code, "support_type": each, "minutes": 600}
        for p in Priority
        for each in types
    ]
    category = house.services["erp"].category
    assert category is not None
    narrow = {
        "metric": "resolution",
        "priority": "critical",
        "support_type": "functional",
        "category": category.name_es,
        "minutes": 60,
    }
    assert post(house, client, terms(targets=[*rows, narrow])).status_code == 201


def test_terms_that_were_saved_since_they_were_read_are_not_overwritten(
    house: House, client: Any
) -> None:
    def read() -> str:
        token = issue_user_token(user=house.staff["administrator"], by=SETUP, at=MONDAY_9AM)
        headers = {"Authorization": f"Bearer {token}"}
        return str(client.get("/api/v1/terms/?organization=north", headers=headers)["ETag"])

    def write(percent: int, **headers: str) -> Any:
        return post(house, client, terms(warning_percents=[percent]), headers=headers)

    seen = read()
    first = write(70, **{"If-Match": seen})
    second = write(80, **{"If-Match": seen})
    third = write(80, **{"If-Match": first["ETag"]})

    assert (first.status_code, second.status_code, third.status_code) == (201, 412, 201)
    assert second.json()["code"] == "stale"
    assert second.json()["detail"].startswith("Somebody saved a contract, a priority matrix")
    assert [each.warning_percents for each in PolicyVersion.objects.order_by("pk")] == [[70], [80]]
    assert read() == third["ETag"] != first["ETag"]
    house.contract.save()
    assert write(90, **{"If-Match": third["ETag"]}).status_code == 412
    assert write(90, **{"If-Match": "*"}).status_code == 201
    assert write(95, **{"If-Match": "x"}).status_code == 400
    assert write(95).status_code == 201


def test_every_unknown_word_is_named_beside_the_known_ones(house: House, client: Any) -> None:
    refused = post(house, client, {"polices": [], "calender": []})

    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "Unknown words: calender, polices. Known are: calendars, policies.",
    )
