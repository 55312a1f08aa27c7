"""When a version may take effect, the stamp of the terms, and the record of a change."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from catalog.models import Contract, MatrixVersion
from foundation.accounts.models import Organization, Team
from foundation.accounts.tenancy import organization_scope
from foundation.activity.models import Record, RecordIsAppendOnly
from foundation.activity.services import MANY, Fact, record
from foundation.calendars.models import Calendar
from foundation.configuration import verbs
from foundation.configuration.events import ConfigurationChanged
from foundation.configuration.services import record_configuration_change
from foundation.configuration.validity import check_effective, check_place
from foundation.core import events
from foundation.core.errors import Invalid
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, SETUP, House, by

LAST = MONDAY_9AM + HOUR
FOLLOWING = MONDAY_9AM + DAY


@pytest.mark.parametrize(
    ("values", "is_refused"),
    [
        ({"effective_from": MONDAY_9AM - SECOND, "last": None}, True),
        ({"effective_from": MONDAY_9AM, "last": None}, False),
        ({"effective_from": LAST, "last": LAST}, True),
        ({"effective_from": LAST + SECOND, "last": LAST}, False),
        ({"effective_from": FOLLOWING - SECOND, "last": LAST, "following": FOLLOWING}, False),
        ({"effective_from": FOLLOWING, "last": LAST, "following": FOLLOWING}, True),
        ({"effective_from": FOLLOWING, "last": None, "following": FOLLOWING}, True),
    ],
)
def test_a_version_takes_effect_now_or_later_and_between_its_neighbours(
    values: dict[str, Any], is_refused: bool
) -> None:
    if not is_refused:
        check_effective(at=MONDAY_9AM, **values)
        return

    with pytest.raises(Invalid) as refused:
        check_effective(at=MONDAY_9AM, **values)

    assert list(refused.value.fields) == ["effective_from"]


def test_the_place_of_a_version_is_between_its_own_neighbours(house: House) -> None:
    for number in (1, 2, 4, 5):
        MatrixVersion.objects.create(
            contract=house.contract,
            number=number,
            effective_from=MONDAY_9AM + number * HOUR,
            published_at=MONDAY_9AM,
            cells={},
        )
    others = MatrixVersion.objects.all()

    def fits(number: int | None, effective_from: datetime) -> bool:
        version = MatrixVersion(effective_from=effective_from)
        if number is not None:
            version.number = number
        try:
            check_place(version, others, at=MONDAY_9AM)
        except Invalid:
            return False
        return True

    assert [fits(3, MONDAY_9AM + hour * HOUR) for hour in (2, 3, 4)] == [False, True, False]
    assert [fits(None, MONDAY_9AM + hour * HOUR) for hour in (5, 6)] == [False, True]
    assert [fits(1, MONDAY_9AM + hour * HOUR) for hour in (0, 1, 2)] == [True, True, False]


def test_every_write_to_the_terms_renews_the_stamp_of_its_organization(house: House) -> None:
    contract = Contract.objects.get(organization=house.south)

    def stamps() -> dict[str, int]:
        return dict(Organization.objects.values_list("slug", "terms_stamp"))

    def change_one_row() -> None:
        contract.save()

    def change_many_rows() -> None:
        Contract.objects.filter(pk=contract.pk).update(reference="New")

    def add_rows() -> None:
        Calendar.objects.bulk_create(
            [
                Calendar(organization=house.south, name=name, role="extended")
                for name in ("One", "Two", "Three")
            ]
        )

    def delete_a_row() -> None:
        Calendar.objects.get(name="One").delete()

    def delete_rows() -> None:
        Calendar.objects.filter(name="Two").delete()

    for write in (change_one_row, change_many_rows, add_rows, delete_a_row, delete_rows):
        before = stamps()
        write()
        after = stamps()
        assert after["south"] != before["south"], write.__name__
        assert after["north"] == before["north"], write.__name__
    assert Calendar.objects.filter(name="Two").update(name="x") == 0
    assert Calendar.objects.filter(name="Three").update(name="Four") == 1
    assert Calendar.objects.filter(name="Four").delete()[0] == 1
    assert Contract.objects.get(pk=contract.pk).reference == "New"


def test_a_change_of_configuration_is_recorded_with_its_fields(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ConfigurationChanged] = []
    monkeypatch.setitem(events._handlers, ConfigurationChanged, [heard.append])
    team = Team.objects.create(name="Desk")
    actor = by(house.staff["administrator"])
    common: dict[str, Any] = {"by": actor, "at": MONDAY_9AM}
    last = Record.objects.order_by("pk").last()
    assert last is not None

    for instance, created in (
        (house.contract, False),
        (house.agent, False),
        (team, True),
        (house.north, False),
        (house.north, True),
    ):
        record_configuration_change(
            instance=instance, changed_fields=["name"], created=created, **common
        )

    rows = Record.objects.filter(pk__gt=last.pk, person_id=actor.person_id).order_by("pk")
    assert [(row.verb, row.object_type, row.object_id, row.organization_id) for row in rows] == [
        (verbs.CHANGED, "catalog.contract", house.contract.pk, house.north.pk),
        (verbs.CHANGED, "accounts.user", house.agent.pk, None),
        (verbs.CREATED, "accounts.team", team.pk, None),
        (verbs.CHANGED, "accounts.organization", house.north.pk, house.north.pk),
        (verbs.CREATED, "accounts.organization", house.north.pk, house.north.pk),
        ("organization.created", "organization", house.north.pk, house.north.pk),
    ]
    assert [(event.object_type, event.object_id) for event in heard] == [
        (row.object_type, row.object_id) for row in rows[:5]
    ]
    assert rows[0].payload == {"fields": ["name"]}
    assert rows[1].payload == {"fields": ["name"], "staff_roles": ["agent"]}


@pytest.mark.parametrize("count", [1, MANY, MANY + 1])
def test_facts_are_written_in_order_also_when_they_are_many(house: House, count: int) -> None:
    actor = by(house.agent)
    facts = [
        Fact(verb="test.done", object_type="test", object_id=number, payload={"n": number})
        for number in range(count)
    ]

    with organization_scope(house.north.pk), transaction.atomic():
        record(organization_id=house.north.pk, facts=facts, by=actor, at=MONDAY_9AM)
        record(organization_id=None, facts=facts, by=SETUP, at=MONDAY_9AM)

    rows = list(Record.objects.filter(verb="test.done").order_by("pk"))
    assert [row.object_id for row in rows] == [*range(count), *range(count)]
    assert (rows[0].person_id, rows[0].system, rows[0].channel) == (house.agent.pk, "", "desk")
    assert (rows[0].organization_id, rows[0].at) == (house.north.pk, MONDAY_9AM)
    assert rows[count - 1].payload == {"n": count - 1}
    assert (rows[-1].organization_id, rows[-1].system) == (None, "tests")
    assert str(rows[0]) == "test.done test 0"


def test_a_fact_needs_a_transaction_and_is_never_changed_or_deleted(house: House) -> None:
    row = Record.objects.order_by("pk").first()
    assert row is not None

    for act in (
        row.save,
        row.delete,
        Record.objects.all().delete,
        lambda: Record.objects.update(verb="x"),
    ):
        with pytest.raises(RecordIsAppendOnly):
            act()


def test_a_fact_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="in the transaction"):
        record(organization_id=None, facts=[], by=SETUP, at=MONDAY_9AM)
