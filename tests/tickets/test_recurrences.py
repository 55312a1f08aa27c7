"""Recurring tickets are saved, paused, resumed and deleted by supervisors."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pytest
from django.utils import translation

from foundation.accounts.models import Membership, Organization
from foundation.activity.models import Record
from foundation.calendars.queries import business_calendar_on
from foundation.core.errors import Invalid
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by
from tests.support.recurring import planned, recurring
from tickets import queries, services, verbs
from tickets.models import Recurrence, RecurrenceDay
from tickets.recurrence import ClosedDays
from tickets.services import ActionNotAllowed, StaleRecurrence

TEN = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10:00 of that Monday in Mexico City


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def refused(house: House, rule: str = "FREQ=DAILY", **changes: object) -> dict[str, str]:
    with pytest.raises(Invalid) as error:
        recurring(house, rule, **changes)
    assert not Recurrence.objects.exists()
    return {name: str(words) for name, words in error.value.fields.items()}


def verbs_of(recurrence: Recurrence) -> list[str]:
    facts = Record.objects.filter(object_type="recurrence", object_id=recurrence.pk)
    return list(facts.order_by("pk").values_list("verb", flat=True))


def test_the_next_ticket_is_planned_in_the_customers_zone(house: House) -> None:
    found = recurring(house, tags="backup, Backup", tasks="Servers\n\n Databases ")

    assert (found.next_at, found.done_until) == (TEN, date(2026, 3, 1))
    assert (found.rule, found.tags, found.tasks) == ("FREQ=DAILY", "backup", "Servers\nDatabases")
    assert (found.keeper, found.version) == (house.staff["desk_supervisor"], 1)
    assert queries.next_instants(found, MONDAY_9AM, 3) == [TEN, TEN + DAY, TEN + 2 * DAY]
    assert verbs_of(found) == [verbs.RECURRENCE_SAVED]


def test_a_time_that_is_past_today_waits_for_tomorrow(house: House) -> None:
    found = recurring(house, at=TEN)

    assert found.next_at == TEN + DAY


def test_seconds_of_the_time_are_left_out(house: House) -> None:
    assert recurring(house, at_time=time(10, 0, 30)).next_at == TEN


def test_days_off_are_those_of_the_customers_calendar(house: House) -> None:
    version = business_calendar_on(house.north, MONDAY_9AM)
    assert version is not None
    type(version).objects.filter(pk=version.pk).update(holidays={"2026-03-03": "Fiesta"})

    found = recurring(house, closed_days=ClosedDays.NEXT)

    local = [each.date().day for each in queries.next_instants(found, MONDAY_9AM, 6)]
    # the holiday moves onto the Wednesday, the weekend onto the Monday; each day once
    assert local == [2, 4, 5, 6, 9, 10]


@pytest.mark.parametrize(
    ("rule", "changes", "fields"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", {}, {"rule"}),
        ("FREQ=DAILY;UNTIL=20260228", {"starts_on": date(2026, 1, 1)}, {"rule"}),
        ("FREQ=WEEKLY;BYDAY=SU", {"closed_days": ClosedDays.SKIP}, {"rule"}),
        ("FREQ=DAILY", {"name": " "}, {"name"}),
        ("FREQ=DAILY", {"name": "x" * 81}, {"name"}),
        ("FREQ=DAILY", {"subject": "a"}, {"subject"}),
        ("FREQ=DAILY", {"description": " "}, {"description"}),
        ("FREQ=DAILY", {"description": "password: Tr0ub4dor&3"}, {"description"}),
        ("FREQ=DAILY", {"tags": ",".join(map(str, range(21)))}, {"tags"}),
        ("FREQ=DAILY", {"tags": 'a "b"'}, {"tags"}),
        ("FREQ=DAILY", {"tasks": "x" * 201}, {"tasks"}),
        ("FREQ=DAILY", {"tasks": "x\n" * 41}, {"tasks"}),
        (
            "FREQ=DAILY",
            {"answers": [{"label_es": "a", "label_en": "a", "value": "password: Tr0ub4dor&3"}]},
            {"answers"},
        ),
    ],
)
def test_what_would_never_come_or_be_refused_is_refused(
    house: House, rule: str, changes: dict[str, object], fields: set[str]
) -> None:
    assert refused(house, rule, **changes).keys() == fields


def test_the_requester_must_be_one_who_may_raise_tickets(house: House) -> None:
    reader = Membership.objects.get(user=house.people["report_recipient"])
    requester = Membership.objects.get(user=house.requester)
    requester.is_suspended = True
    requester.save()

    for membership in (reader, requester):
        words = refused(house, membership=membership)["requester"]
        assert words == (
            f"{membership.user} is no valid user of {house.north} who may raise tickets."
        )


def test_the_assignee_must_attend_the_customer(house: House) -> None:
    house.level_two.organizations.set([house.south])  # the consultant serves the south alone

    words = refused(house, assignee=house.staff["commercial"])["assignee"]
    assert words == f"Commercial does not attend tickets of {house.north}."
    assert refused(house, assignee=house.staff["consultant"]).keys() == {"assignee"}
    assert recurring(house, assignee=house.agent).assignee == house.agent


def test_a_name_is_of_one_recurring_ticket_of_a_customer(house: House) -> None:
    first = recurring(house)
    with pytest.raises(Invalid) as error:
        recurring(house, name=" Backups ")
    south = Membership.objects.get(user=house.outsider)

    assert error.value.fields.keys() == {"name"}
    assert recurring(house, membership=south).name == first.name


@pytest.mark.parametrize("role", ["agent", "consultant", "administrator", "audit_area"])
def test_supervisors_alone_plan(house: House, role: str) -> None:
    found = recurring(house)
    person = by(house.staff[role])

    with pytest.raises(ActionNotAllowed):
        services.save_recurrence(plan=planned(house, name="Other"), by=person, at=MONDAY_9AM)
    for act in (
        services.pause_recurrence,
        services.resume_recurrence,
        services.delete_recurrence,
    ):
        with pytest.raises(ActionNotAllowed):
            act(recurrence=found, by=person, at=MONDAY_9AM)


def test_a_supervisor_of_another_customer_plans_nothing_here(house: House) -> None:
    house.level_two.organizations.set([house.south])
    house.level_two.members.add(house.staff["desk_supervisor"])

    with pytest.raises(ActionNotAllowed):
        recurring(house)


def test_a_change_begins_from_now_and_says_who_was_faster(house: House) -> None:
    found = recurring(house)
    manager = by(house.staff["desk_manager"])

    changed = services.save_recurrence(
        plan=planned(house, "FREQ=WEEKLY;BYDAY=FR", at_time=time(9)),
        recurrence=found,
        expected_version=1,
        by=manager,
        at=TEN,
    )
    with pytest.raises(StaleRecurrence) as stale:
        services.save_recurrence(
            plan=planned(house), recurrence=found, expected_version=1, by=manager, at=TEN
        )

    assert changed.pk == found.pk
    assert changed.next_at == datetime(2026, 3, 6, 15, tzinfo=UTC)
    assert changed.version == 2
    assert str(stale.value) == (
        "Desk Manager changed it meanwhile. Nothing was saved: look at it and save again."
    )
    assert Recurrence.objects.get().rule == "FREQ=WEEKLY;BYDAY=FR"


def test_a_change_of_the_time_does_not_raise_the_day_again(house: House) -> None:
    found = recurring(house)
    services.raise_due(recurrence_id=found.pk, at=TEN)

    changed = services.save_recurrence(
        plan=planned(house, at_time=time(18)),
        recurrence=found,
        by=by(house.staff["desk_supervisor"]),
        at=TEN + HOUR,
    )

    assert changed.next_at == TEN + DAY + 8 * HOUR
    assert RecurrenceDay.objects.count() == 1


def test_it_stays_with_its_customer(house: House) -> None:
    found = recurring(house)
    south = Membership.objects.get(user=house.outsider)

    with pytest.raises(Invalid) as error:
        services.save_recurrence(
            plan=planned(house, membership=south),
            recurrence=found,
            by=by(house.staff["desk_supervisor"]),
            at=MONDAY_9AM,
        )

    assert error.value.fields["requester"] == (
        f"It is of {house.north}: write a new one for another customer."
    )
    assert Recurrence.objects.get().organization == house.north


def test_a_pause_raises_nothing_for_its_days(house: House) -> None:
    found = recurring(house)
    supervisor = by(house.staff["desk_supervisor"])

    paused = services.pause_recurrence(recurrence=found, by=supervisor, at=MONDAY_9AM)
    services.pause_recurrence(recurrence=found, by=supervisor, at=MONDAY_9AM)
    assert paused.next_at is None
    assert services.raise_due(recurrence_id=found.pk, at=TEN + DAY) is None
    assert queries.next_instants(paused, TEN, 3) == []

    resumed = services.resume_recurrence(recurrence=found, by=supervisor, at=TEN + 3 * DAY)
    services.resume_recurrence(recurrence=found, by=supervisor, at=TEN + 3 * DAY)
    assert resumed.next_at == TEN + 4 * DAY
    assert verbs_of(found) == [
        verbs.RECURRENCE_SAVED,
        verbs.RECURRENCE_PAUSED,
        verbs.RECURRENCE_RESUMED,
    ]


def test_one_that_is_changed_in_its_pause_stays_paused(house: House) -> None:
    found = recurring(house)
    supervisor = by(house.staff["desk_supervisor"])
    services.pause_recurrence(recurrence=found, by=supervisor, at=MONDAY_9AM)

    changed = services.save_recurrence(
        plan=planned(house, "FREQ=DAILY;UNTIL=20260303"),
        recurrence=found,
        by=supervisor,
        at=MONDAY_9AM,
    )

    assert (changed.is_paused, changed.next_at) == (True, None)
    with pytest.raises(Invalid, match="The rule gives no more days"):
        services.resume_recurrence(recurrence=found, by=supervisor, at=TEN + 5 * DAY)


def test_only_one_without_tickets_is_deleted(house: House) -> None:
    supervisor = by(house.staff["desk_supervisor"])
    kept = recurring(house)
    other = recurring(house, name="Other")
    services.raise_due(recurrence_id=kept.pk, at=TEN)

    services.delete_recurrence(recurrence=other, by=supervisor, at=TEN)
    with pytest.raises(Invalid, match="It has come due already"):
        services.delete_recurrence(recurrence=kept, by=supervisor, at=TEN)

    assert list(Recurrence.objects.all()) == [kept]
    assert verbs_of(other)[-1] == verbs.RECURRENCE_DELETED


def test_another_zone_of_the_customer_moves_the_next_ticket(house: House) -> None:
    found = recurring(house)
    Organization.objects.filter(pk=house.north.pk).update(time_zone="America/Bogota")

    assert services.plan_anew(recurrence_id=found.pk, at=MONDAY_9AM - HOUR) is True
    assert services.plan_anew(recurrence_id=found.pk, at=MONDAY_9AM - HOUR) is False
    assert Recurrence.objects.get().next_at == TEN - HOUR
    # one that is due is left to the sweep that raises it
    assert services.plan_anew(recurrence_id=found.pk, at=TEN) is False


def test_a_customer_has_a_limited_number(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.services.recurrences.MOST_RECURRENCES", 1)
    recurring(house)

    with pytest.raises(Invalid, match="has 1 recurring tickets: delete one first"):
        recurring(house, name="Other")


def test_what_is_due_is_raised_before_a_change_or_a_pause(house: House) -> None:
    found = recurring(house)
    supervisor = by(house.staff["desk_supervisor"])
    late = TEN + DAY + HOUR

    services.save_recurrence(
        plan=planned(house, subject="Another one"), recurrence=found, by=supervisor, at=late
    )
    services.pause_recurrence(recurrence=found, by=supervisor, at=late + DAY)

    subjects = RecurrenceDay.objects.order_by("day").values_list("ticket__subject", flat=True)
    assert list(subjects) == ["Check the backups", "Check the backups", "Another one"]


def test_a_calendar_that_is_closed_for_a_while_ends_nothing(house: House) -> None:
    found = recurring(house, "FREQ=WEEKLY;BYDAY=TU", closed_days=ClosedDays.SKIP)
    version = business_calendar_on(house.north, MONDAY_9AM)
    assert version is not None
    rows = type(version).objects.filter(pk=version.pk)
    hours = version.hours
    rows.update(hours={day: spans for day, spans in hours.items() if day != "1"})
    assert services.plan_anew(recurrence_id=found.pk, at=MONDAY_9AM) is True
    assert Recurrence.objects.get().next_at is None

    rows.update(hours=hours)

    assert [each[1] for each in queries.running_recurrences(0, 9)] == [found.pk]
    assert services.plan_anew(recurrence_id=found.pk, at=MONDAY_9AM) is True
    assert Recurrence.objects.get().next_at == TEN + DAY


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2101, 1, 1), date(9999, 12, 31)])
def test_a_start_beyond_its_years_is_refused(house: House, day: date) -> None:
    assert refused(house, starts_on=day).keys() == {"starts_on"}


def test_what_is_put_off_is_raised_before_a_change(house: House) -> None:
    found = recurring(house)
    services.put_off(recurrence_id=found.pk, at=TEN)

    services.save_recurrence(
        plan=planned(house, subject="Another one"),
        recurrence=found,
        by=by(house.staff["desk_supervisor"]),
        at=TEN,
    )

    assert RecurrenceDay.objects.get().ticket.subject == "Check the backups"
