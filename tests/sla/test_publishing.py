"""Publication of policies: numbers, checks of targets, subjects, calendars and extensions."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from foundation.accounts.models import Membership
from foundation.activity.models import Record
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import publish_calendar_version
from foundation.calendars.services.versions import ensure_calendars
from foundation.core.classification import Priority
from foundation.core.errors import Invalid
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services import check_targets
from sla.targets import Term
from tests.support.calendars import LONG_DAYS, business, publish
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SETUP, House
from tests.support.policies import every_priority, publish_for

EVEN_LONGER = {str(day): [["07:00", "21:00"]] for day in range(5)}


@pytest.fixture(autouse=True)
def _calendars(house: House) -> None:
    ensure_calendars(organization=house.north, by=SETUP, at=MONDAY_9AM - 30 * DAY)


def extended(house: House, hours: Any = None, zone: str = "America/Mexico_City") -> Calendar:
    calendar = Calendar.objects.create(organization=house.north, name="Wide", role="extended")
    publish_calendar_version(
        calendar=calendar,
        time_zone=zone,
        hours=hours or EVEN_LONGER,
        holidays={},
        effective_from=MONDAY_9AM - 20 * DAY,
        by=SETUP,
        at=MONDAY_9AM - 20 * DAY,
    )
    house.north.refresh_from_db()
    return calendar


def test_versions_are_numbered_by_subject_and_recorded(house: House) -> None:
    first = publish_for(house, every_priority(minutes=30))
    second = publish_for(house, every_priority(minutes=40), effective_from=MONDAY_9AM)
    contract = publish_for(house, every_priority(minutes=50), contract=house.contract)
    person = publish_for(house, every_priority(minutes=50), person=house.requester)

    assert [each.number for each in (first, second, contract, person)] == [1, 2, 1, 1]
    assert first.published_at == MONDAY_9AM - DAY
    facts = Record.objects.filter(verb="policy.version_published").order_by("pk")
    assert [(fact.object_id, fact.payload["number"]) for fact in facts] == [
        (first.pk, 1),
        (second.pk, 2),
        (contract.pk, 1),
        (person.pk, 1),
    ]
    rows = PolicyTarget.objects.filter(policy=second)
    assert {(row.priority, row.minutes, row.organization_id) for row in rows} == {
        (priority, 40, house.north.pk) for priority in Priority
    }


def test_the_subject_names_the_policy(house: House) -> None:
    of_all = publish_for(house, [])
    of_contract = publish_for(house, [], contract=house.contract)
    of_person = publish_for(house, [], person=house.requester)

    assert str(of_all) == f"{house.north} v1"
    assert str(of_contract) == f"{house.contract} v1"
    assert str(of_person) == f"{house.requester} v1"


def test_a_person_must_be_a_valid_user(house: House) -> None:
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    for person in (house.outsider, house.requester):
        with pytest.raises(Invalid) as caught:
            publish_for(house, [], person=person)
        assert list(caught.value.fields) == ["person"]

    assert not PolicyVersion.objects.exists()


def test_a_version_in_the_past_is_refused(house: House) -> None:
    with pytest.raises((Invalid, ValidationError)):
        publish_for(house, [], effective_from=MONDAY_9AM - 2 * DAY)

    assert not PolicyVersion.objects.exists()


def target(priority: Priority, **values: Any) -> PolicyTarget:
    return PolicyTarget(**({"metric": "reaction", "minutes": 30} | values), priority=priority)


def test_two_targets_for_one_priority_are_refused() -> None:
    with pytest.raises(Invalid) as caught:
        check_targets([*every_priority(minutes=30), target(Priority.LOW)])

    assert list(caught.value.fields) == ["targets"]


@pytest.mark.parametrize(
    "wider",
    [{"support_type": "functional"}, {"category_id": 3}, {}],
    ids=["type", "category", "all"],
)
def test_wider_rows_supply_missing_priorities(wider: dict[str, Any]) -> None:
    narrow = target(Priority.LOW, support_type="functional", category_id=3)

    check_targets([narrow, *every_priority(minutes=30, **wider)])


@pytest.mark.parametrize(
    "other",
    [{"metric": "attention"}, {"support_type": "technological"}, {"category_id": 4}],
    ids=["metric", "type", "category"],
)
def test_other_rows_supply_no_missing_priority(other: dict[str, Any]) -> None:
    narrow = target(Priority.LOW, support_type="functional", category_id=3)
    rows = every_priority(**({"minutes": 30} | other))

    with pytest.raises(Invalid) as caught:
        check_targets([narrow, *rows])

    assert str(Priority.HIGH.label) in str(caught.value)
    assert str(Priority.LOW.label) not in str(caught.value)


@pytest.mark.parametrize(
    ("percents", "is_valid"),
    [
        ([], True),
        ([1, 99], True),
        ([0], False),
        ([100], False),
        ([50.5], False),
        ([True], False),
        ("50", False),
    ],
)
def test_warnings_are_whole_numbers_from_1_to_99(
    house: House, percents: Any, is_valid: bool
) -> None:
    version = PolicyVersion(organization=house.north, warning_percents=percents)

    if is_valid:
        version.clean()
    else:
        with pytest.raises(ValidationError) as caught:
            version.clean()
        assert list(caught.value.message_dict) == ["warning_percents"]


def test_a_policy_has_one_subject_and_calendars_of_its_organization(house: House) -> None:
    foreign = Calendar(organization=house.south, name="Foreign", role="business")
    version = PolicyVersion(
        organization=house.north, contract=house.contract, person=house.requester
    )

    with pytest.raises(ValidationError) as both:
        version.clean()
    assert list(both.value.message_dict) == ["person"]
    for name in ("business_calendar", "extended_calendar"):
        with pytest.raises(ValidationError) as caught:
            PolicyVersion(organization=house.north, **{name: foreign}).clean()
        assert list(caught.value.message_dict) == [name]
    PolicyVersion(organization=house.north, business_calendar=business(house)).clean()


def test_saving_completes_the_organization_and_the_instant(house: House) -> None:
    version = PolicyVersion.objects.create(
        contract=house.contract, number=1, effective_from=MONDAY_9AM
    )
    row = PolicyTarget.objects.create(policy=version, metric="reaction", priority=1, minutes=9)

    saved = PolicyVersion.objects.get(pk=version.pk)
    assert (saved.organization, saved.published_at) == (house.north, MONDAY_9AM)
    assert PolicyTarget.objects.get(pk=row.pk).organization_id == house.north.pk


def test_a_target_is_in_minutes_or_in_days() -> None:
    for values in ({}, {"minutes": 5, "days": 5}):
        with pytest.raises(ValidationError) as caught:
            target(Priority.LOW, **({"minutes": None} | values)).clean()
        assert list(caught.value.message_dict) == ["minutes"]

    of_days = target(Priority.LOW, minutes=None, days=5, in_business_days=False)
    of_days.clean()
    target(Priority.LOW).clean()
    assert of_days.target == Term(5, business=False)
    assert target(Priority.LOW).target == 30 * MINUTE
    assert str(of_days).endswith(": 5 d")
    assert str(target(Priority.LOW)).endswith(": 30 min")


def test_an_extension_must_hold_the_hours_that_it_extends(house: House) -> None:
    short = {**EVEN_LONGER, "2": [["10:00", "21:00"]], "4": [["07:00", "18:00"]]}
    calendar = extended(house, short)

    with pytest.raises(Invalid) as caught:
        publish_for(house, [], extended_calendar=calendar)

    assert list(caught.value.fields) == ["extended_calendar"]
    assert business(house).name in str(caught.value)


def test_an_extension_with_the_same_hours_or_in_another_zone_is_accepted(house: House) -> None:
    same = CalendarVersion.objects.filter(calendar=business(house)).get().hours
    calendar = extended(house, same)

    first = publish_for(house, [], extended_calendar=calendar)

    assert first.extended_calendar == calendar
    elsewhere = Calendar.objects.create(organization=house.north, name="Far", role="extended")
    publish_calendar_version(
        calendar=elsewhere,
        time_zone="Europe/Madrid",
        hours={"0": [["10:00", "11:00"]]},
        holidays={},
        effective_from=MONDAY_9AM - 20 * DAY,
        by=SETUP,
        at=MONDAY_9AM - 20 * DAY,
    )
    house.north.refresh_from_db()
    assert publish_for(house, [], contract=house.contract, extended_calendar=elsewhere).number == 1


@pytest.mark.parametrize("planned", [False, True])
def test_a_calendar_does_not_outgrow_its_extension(house: House, planned: bool) -> None:
    calendar = extended(house, LONG_DAYS)
    starts = MONDAY_9AM + 3 * DAY if planned else MONDAY_9AM - DAY
    publish_for(house, [], extended_calendar=calendar, effective_from=starts)

    with pytest.raises(ValidationError) as caught:
        publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY, hours=EVEN_LONGER)
    made = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY, hours=LONG_DAYS)

    assert list(caught.value.message_dict) == ["hours"]
    assert made.calendar == business(house)


def test_a_replaced_policy_does_not_hold_a_calendar_back(house: House) -> None:
    calendar = extended(house, LONG_DAYS)
    publish_for(house, [], extended_calendar=calendar, at=MONDAY_9AM - 2 * DAY)
    publish_for(house, [], at=MONDAY_9AM - HOUR)

    made = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY, hours=EVEN_LONGER)

    assert made.hours == EVEN_LONGER
    assert made.effective_from == MONDAY_9AM + timedelta(days=1)


def test_an_extension_does_not_shrink_below_its_calendar(house: House) -> None:
    calendar = extended(house)
    publish_for(house, [], extended_calendar=calendar)
    house.north.refresh_from_db()

    with pytest.raises(ValidationError):
        publish_calendar_version(
            calendar=calendar,
            time_zone="America/Mexico_City",
            hours={"0": [["10:00", "11:00"]]},
            holidays={},
            effective_from=MONDAY_9AM + DAY,
            by=SETUP,
            at=MONDAY_9AM,
        )
