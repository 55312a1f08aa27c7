"""Export and import of terms as data: what is known, what is new, where an error is."""

from typing import Any

import pytest
from django.utils import translation

from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services.versions import ensure_calendars
from foundation.core.errors import Invalid, NotAllowed
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services import export_terms, import_terms
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, by
from tests.support.policies import every_priority, publish_for

PRIORITIES = ("critical", "high", "medium", "low")
HOURS = {"0": [["09:00", "10:00"]]}


def enter(house: House, who: str = "administrator", **data: Any) -> dict[str, Any]:
    house.north.refresh_from_db()
    return import_terms(organization=house.north, data=data, by=by(house.staff[who]), at=MONDAY_9AM)


def rows(**values: Any) -> list[dict[str, Any]]:
    return [{"metric": "reaction", "priority": each, "minutes": 30} | values for each in PRIORITIES]


def calendar(**values: Any) -> dict[str, Any]:
    return {
        "name": "Shared",
        "role": "extended",
        "time_zone": "America/Mexico_City",
        "hours": HOURS,
    } | values


def test_the_export_has_the_newest_version_of_each_subject(house: House) -> None:
    publish_for(house, every_priority(minutes=30))
    publish_for(house, every_priority(minutes=40), effective_from=MONDAY_9AM + DAY)
    publish_for(house, every_priority("attention", days=3), person=house.requester)

    found = export_terms(house.north)["policies"]

    assert sorted((each["person"] or "", each["number"]) for each in found) == [
        ("", 2),
        (house.requester.email, 1),
    ]
    of_all = next(each for each in found if each["person"] is None)
    assert of_all["effective_from"] == (MONDAY_9AM + DAY).isoformat()
    assert of_all["targets"][0] == {
        "metric": "reaction",
        "priority": "critical",
        "support_type": "",
        "category": None,
        "minutes": 40,
        "days": None,
        "in_business_days": True,
    }


def test_what_was_exported_is_known(house: House) -> None:
    ensure_calendars(organization=house.north, by=SETUP, at=MONDAY_9AM - DAY)
    publish_for(house, every_priority(minutes=30), effective_from=MONDAY_9AM + 5 * DAY)
    house.north.refresh_from_db()
    data = export_terms(house.north)

    assert enter(house, **data) == {"calendars": [], "policies": []}
    for row in data["policies"]:
        row["effective_from"] = (MONDAY_9AM + 6 * DAY).isoformat()
    assert enter(house, **data) == {"calendars": [], "policies": []}
    assert PolicyVersion.objects.count() == 1


def test_an_import_returns_what_it_published(house: House) -> None:
    made = enter(house, policies=[{"contract": "C-north", "targets": rows()}])

    assert [(each["contract"], each["number"]) for each in made["policies"]] == [("C-north", 1)]
    version = PolicyVersion.objects.get()
    assert (version.contract, version.effective_from) == (house.contract, MONDAY_9AM)
    assert PolicyTarget.objects.filter(policy=version, minutes=30).count() == 4


def test_a_calendar_with_the_name_of_another_customers_is_a_new_one(house: House) -> None:
    foreign = Calendar.objects.create(organization=house.south, name="Shared", role="extended")

    enter(house, calendars=[calendar(effective_from=(MONDAY_9AM - DAY).isoformat())])

    own = Calendar.objects.exclude(pk=foreign.pk).get(name="Shared")
    assert own.organization == house.north
    assert CalendarVersion.objects.get(calendar=own).effective_from == MONDAY_9AM - DAY
    assert not CalendarVersion.objects.filter(calendar=foreign).exists()


def test_a_known_calendar_takes_new_hours_from_now_on_and_keeps_its_role(house: House) -> None:
    enter(house, calendars=[calendar(effective_from=(MONDAY_9AM - DAY).isoformat())])
    hours = {"1": [["09:00", "10:00"]]}

    with pytest.raises(Invalid) as caught:
        enter(house, calendars=[calendar(role="business", hours=hours)])
    past = (MONDAY_9AM - HOUR).isoformat()
    made = enter(house, calendars=[calendar(hours=hours, effective_from=past)])

    assert list(caught.value.fields) == ["calendars[0].role"]
    assert [each["number"] for each in made["calendars"]] == [2]
    newest = CalendarVersion.objects.order_by("number").last()
    assert newest is not None
    assert (newest.hours, newest.effective_from) == (hours, MONDAY_9AM)


def test_only_a_person_who_configures_imports(house: House) -> None:
    for who in ("desk_manager", "commercial", "agent"):
        with pytest.raises(NotAllowed):
            enter(house, who, policies=[])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"targets": rows(priority="urgent")}, "policies[0].targets[0].priority"),
        ({"targets": rows(category="Nothing")}, "policies[0].targets[0].category"),
        ({"targets": rows(minutes="30")}, "policies[0].targets[0].minutes"),
        ({"targets": rows(minutes=0)}, "policies[0].targets[0].minutes"),
        ({"targets": rows(metric="speed")}, "policies[0].targets[0].metric"),
        ({"targets": rows(colour="red")}, "policies[0].targets[0].colour"),
        ({"targets": "all"}, "policies[0].targets"),
        ({"targets": ["all"]}, "policies[0].targets"),
        ({"contract": "C-south"}, "policies[0].contract"),
        ({"business_calendar": "None"}, "policies[0].business_calendar"),
        ({"person": "nobody@north.example"}, "policies[0].person"),
        ({"effective_from": "soon"}, "policies[0].effective_from"),
        ({"effective_from": "2026-12-01T00:00:00"}, "policies[0].effective_from"),
        ({"effective_from": "2026-02-30T00:00:00+00:00"}, "policies[0].effective_from"),
        ({"effective_from": "٢٠٢٦-12-01T00:00:00+00:00"}, "policies[0].effective_from"),
        ({"effective_from": []}, "policies[0].effective_from"),
        ({"effective_from": 5}, "policies[0].effective_from"),
        ({"strange": 1}, "policies[0].strange"),
    ],
)
def test_an_error_has_the_path_of_its_field(house: House, row: dict[str, Any], field: str) -> None:
    good = {"contract": "C-north", "targets": rows()}

    with pytest.raises(Invalid) as caught:
        enter(house, policies=[good | row, good])

    assert list(caught.value.fields) == [field]
    assert not PolicyVersion.objects.exists()


def test_an_instant_may_be_at_most_twenty_years_ahead(house: House) -> None:
    row = {"targets": rows(), "effective_from": "2046-03-01T00:00:00-06:00"}

    with pytest.raises(Invalid) as caught:
        enter(house, policies=[{**row, "effective_from": "2066-04-01T00:00:00-06:00"}])
    made = enter(house, policies=[row])

    assert made["policies"][0]["effective_from"] == "2046-03-01T06:00:00+00:00"
    assert list(caught.value.fields) == ["policies[0].effective_from"]


@pytest.mark.parametrize("calendars", [True, False])
@pytest.mark.parametrize(
    "instant",
    [
        "0001-01-01T00:00:00Z",
        "1989-12-31T23:00:00Z",
        "2046-03-03T00:00:00Z",
        "2127-01-01T00:00:00+00:00",
        "9999-12-31T23:59:00-06:00",
    ],
)
def test_an_instant_out_of_reach_is_refused_with_the_reach(
    house: House, calendars: bool, instant: str
) -> None:
    row = calendar() if calendars else {"targets": rows()}
    data = {"calendars" if calendars else "policies": [row | {"effective_from": instant}]}
    with translation.override("en"), pytest.raises(Invalid) as caught:
        enter(house, **data)

    place = "calendars[0]" if calendars else "policies[0]"
    words = "Give a day from 1990-01-01 on, and at most 20 years ahead."
    assert caught.value.fields == {f"{place}.effective_from": words}
    assert not PolicyVersion.objects.exists()
    assert not Calendar.objects.filter(name="Shared").exists()


def test_a_person_is_found_by_an_address_in_any_case(house: House) -> None:
    enter(house, policies=[{"person": house.requester.email.upper(), "targets": rows()}])

    assert PolicyVersion.objects.get().person == house.requester


def test_unknown_words_and_null_characters_are_refused(house: House) -> None:
    with pytest.raises(Invalid, match="colours") as caught:
        enter(house, colours=[])
    with pytest.raises(Invalid):
        enter(house, policies=[{"contract": "C\x00"}])

    assert list(caught.value.fields) == ["colours"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"person": "no@x.example"}, "person: There is no person with this address."),
        ({"targets": rows(priority="urgent")}, "targets[0].priority: This is no priority."),
        ({"targets": "all"}, "targets: Write a list of objects."),
    ],
)
def test_the_words_of_an_error_begin_with_the_path_of_its_field(
    house: House, row: dict[str, Any], words: str
) -> None:
    with translation.override("en"), pytest.raises(Invalid) as caught:
        enter(house, policies=[{"targets": rows()} | row])

    assert str(caught.value.message) == f"policies[0].{words}"
