"""Recurring tickets are raised: each day once, with what they carry, or with the reason why not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import translation

from foundation.accounts.models import Membership, Organization, User
from foundation.activity.models import Record
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from foundation.duty.models import Absence
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from sla.clocks.models import Clock
from sla.metrics import Metric
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by
from tests.support.recurring import planned, recurring
from tickets import queries, services, verbs
from tickets.models import NotRaised, Recurrence, RecurrenceDay, Task, Ticket
from tickets.services import ActionNotAllowed
from tickets.states import State
from tickets.tasks import renew_recurrences, sweep_recurrences

TEN = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10:00 of that Monday in Mexico City


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def sweep(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_recurrences()


def days() -> list[tuple[int, str, bool]]:
    """Return the day of the month, the problem and whether there is a ticket, in order."""
    rows = RecurrenceDay.objects.order_by("day")
    return [(each.day.day, each.problem, each.ticket_id is not None) for each in rows]


def test_a_ticket_is_raised_at_its_time_with_all_that_it_carries(house: House) -> None:
    found = recurring(
        house, tags="backup", tasks="Servers\nDatabases", assignee=house.staff["agent2"]
    )

    assert (sweep(TEN - MINUTE), sweep(TEN + MINUTE), sweep(TEN + MINUTE)) == (0, 1, 0)

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.description) == (
        "Check the backups",
        "Look at last night's log.",
    )
    assert (ticket.requester, ticket.organization) == (house.requester, house.north)
    assert (ticket.kind, ticket.impact, ticket.urgency) == ("request", "minor", "low")
    assert (ticket.state, ticket.channel) == (State.OPEN, Channel.SYSTEM)
    assert (ticket.received_at, ticket.created_at) == (TEN, TEN + MINUTE)
    assert ticket.classified_at == TEN  # by the desk, when it was planned
    assert ticket.assignee == house.staff["agent2"]
    assert [tag.name for tag in queries.tags_of(ticket)] == ["backup"]
    assert list(Task.objects.order_by("pk").values_list("title", flat=True)) == [
        "Servers",
        "Databases",
    ]
    # its times run from the planned instant
    clock = Clock.objects.get(ticket=ticket, metric=Metric.REACTION)
    assert clock.started_at == TEN
    assert queries.recurrence_of(ticket) == found
    fact = Record.objects.get(verb=verbs.RAISED)
    assert (fact.person_id, fact.system, fact.channel) == (None, "recurring tickets", "system")
    assert Recurrence.objects.get().next_at == TEN + DAY


def test_each_day_gets_one_ticket_also_after_days_without_a_worker(house: House) -> None:
    recurring(house)
    back = TEN + 3 * DAY

    while sweep(back):
        pass

    assert days() == [(2, "", True), (3, "", True), (4, "", True), (5, "", True)]
    assert list(Ticket.objects.order_by("pk").values_list("received_at", flat=True)) == [
        TEN,
        TEN + DAY,
        TEN + 2 * DAY,
        TEN + 3 * DAY,
    ]
    assert Recurrence.objects.get().next_at == TEN + 4 * DAY


def test_days_too_long_ago_are_noted_and_told_and_raised_by_a_person(house: House) -> None:
    found = recurring(house)
    back = TEN + 8 * DAY + HOUR

    while sweep(back):
        pass

    assert days()[:3] == [(2, "late", False), (3, "late", False), (4, "", True)]
    letters = OutboxMessage.objects.filter(template="recurrence_failed").order_by("pk")
    # one letter tells of days that are too late one after the other
    assert [each.to_email for each in letters] == ["desk_supervisor@desk.example"]
    first = RecurrenceDay.objects.order_by("day")[0]
    ticket = services.raise_missed(day=first, by=by(house.staff["desk_manager"]), at=back)
    assert (ticket.received_at, days()[0]) == (back, (2, "", True))
    fact = Record.objects.get(verb=verbs.RECURRENCE_MADE_UP)
    assert fact.person_id == house.staff["desk_manager"].pk
    assert fact.payload == {"day": "2026-03-02", "problem": "late", "ticket": ticket.pk}
    with pytest.raises(Invalid, match="was raised already"):
        services.raise_missed(day=first, by=by(house.staff["desk_manager"]), at=back)
    assert queries.recurrence_of(ticket) == found


def test_who_may_not_plan_raises_no_missed_day(house: House) -> None:
    recurring(house)
    sweep(TEN + 8 * DAY)
    first = RecurrenceDay.objects.order_by("day")[0]

    with pytest.raises(ActionNotAllowed):
        services.raise_missed(day=first, by=by(house.agent), at=TEN + 8 * DAY)


def test_the_database_refuses_a_second_row_of_a_day(house: House) -> None:
    recurring(house)
    sweep(TEN)
    row = RecurrenceDay.objects.get()
    row.pk = None
    row.ticket = None
    row.problem = NotRaised.LATE

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_rule_that_ends_raises_its_last_ticket_and_stops(house: House) -> None:
    found = recurring(house, "FREQ=DAILY;COUNT=2")

    while sweep(TEN + 5 * DAY):
        pass

    assert days() == [(2, "", True), (3, "", True)]
    assert Recurrence.objects.get(pk=found.pk).is_over
    assert services.raise_due(recurrence_id=found.pk, at=TEN + 5 * DAY) is None


def suspended(house: House) -> None:
    Membership.objects.filter(user=house.requester).update(is_suspended=True)


def without_role(house: House) -> None:
    Membership.objects.filter(user=house.requester).update(roles=["report_recipient"])


def left(house: House) -> None:
    User.objects.filter(pk=house.requester.pk).update(is_active=False)


def unknown_customer(house: House) -> None:
    Organization.objects.filter(pk=house.north.pk).update(is_active=False)


def withdrawn(house: House) -> None:
    type(house.services["network"]).objects.filter(slug="network").update(is_active=False)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (suspended, NotRaised.REQUESTER),
        (without_role, NotRaised.REQUESTER),
        (left, NotRaised.REQUESTER),
        (unknown_customer, NotRaised.REQUESTER),
        (withdrawn, NotRaised.SERVICE),
    ],
)
def test_what_cannot_be_raised_is_kept_and_its_keeper_told_why(
    house: House, change: Any, problem: NotRaised
) -> None:
    recurring(house)
    User.objects.filter(pk=house.staff["desk_supervisor"].pk).update(language="en")
    change(house)

    sweep(TEN)

    assert days() == [(2, problem, False)]
    assert not Ticket.objects.exists()
    assert Recurrence.objects.get().next_at == TEN + DAY  # it goes on
    letter = OutboxMessage.objects.get(template="recurrence_failed")
    text = render_message(letter).text
    assert letter.to_email == "desk_supervisor@desk.example"
    assert "The recurring ticket “Backups” of Company north was due on Mar 2, 2026, 10:00" in text
    assert str(problem.label) in text
    fact = Record.objects.get(verb=verbs.RECURRENCE_FAILED)
    assert fact.payload == {"day": "2026-03-02", "problem": str(problem)}
    day = RecurrenceDay.objects.get()
    with pytest.raises(Invalid) as refused:
        services.raise_missed(day=day, by=by(house.staff["desk_supervisor"]), at=TEN)
    assert str(refused.value) == str(problem.label)


def test_a_ticket_that_is_refused_leaves_nothing_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    recurring(house, tags="backup")
    monkeypatch.setattr("tickets.services.tagging.MOST_TAGS", 0)

    sweep(TEN)

    assert days() == [(2, "refused", False)]
    assert not Ticket.objects.exists()


def test_supervisors_are_told_when_the_keeper_is_gone(house: House) -> None:
    recurring(house)
    keeper = house.staff["desk_supervisor"]
    other = User.objects.create(
        email="second@desk.example", full_name="Second", staff_roles=["desk_supervisor"]
    )
    User.objects.filter(pk=keeper.pk).update(staff_roles=["agent"])
    suspended(house)

    sweep(TEN)

    letters = OutboxMessage.objects.filter(template="recurrence_failed")
    assert [each.to_email for each in letters] == [other.email]


@pytest.mark.parametrize(
    ("substitute", "is_away_too", "expected"),
    [(None, False, None), ("agent2", False, "agent2"), ("agent2", True, None)],
)
def test_who_is_away_is_not_given_it(
    house: House, substitute: str | None, is_away_too: bool, expected: str | None
) -> None:
    recurring(house, assignee=house.agent)
    away = {"starts_at": MONDAY_9AM, "ends_at": MONDAY_9AM + DAY}
    other = house.staff[substitute] if substitute else None
    Absence.objects.create(person=house.agent, substitute=other, **away)
    if is_away_too and other is not None:
        Absence.objects.create(person=other, **away)

    sweep(TEN)

    assert Ticket.objects.get().assignee == (house.staff[expected] if expected else None)


def test_who_attends_the_customer_no_more_is_not_given_it(house: House) -> None:
    recurring(house, assignee=house.agent)
    User.objects.filter(pk=house.agent.pk).update(staff_roles=["commercial"])

    sweep(TEN)

    assert Ticket.objects.get().assignee is None


def test_a_zone_that_moved_the_time_is_seen_before_it_is_raised(house: House) -> None:
    recurring(house)
    Organization.objects.filter(pk=house.north.pk).update(time_zone="America/Tijuana")

    assert sweep(TEN) == 1  # it was due by what was planned
    assert days() == []
    assert Recurrence.objects.get().next_at == TEN + 2 * HOUR
    sweep(TEN + 2 * HOUR)
    assert days() == [(2, "", True)]


def test_the_hourly_run_plans_anew_what_moved(house: House) -> None:
    recurring(house)
    recurring(house, name="Other")
    Organization.objects.filter(pk=house.north.pk).update(time_zone="America/Bogota")

    with time_machine.travel(MONDAY_9AM - HOUR, tick=False):
        assert (renew_recurrences(), renew_recurrences()) == (2, 0)


def test_one_that_fails_does_not_keep_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = recurring(house)
    recurring(house, name="Other", subject="Another one")
    raise_due = services.raise_due

    def failing(*, recurrence_id: int, at: datetime) -> object:
        if recurrence_id == first.pk:
            raise RuntimeError("the disk is full")
        return raise_due(recurrence_id=recurrence_id, at=at)

    monkeypatch.setattr(services, "raise_due", failing)

    assert sweep(TEN) == 2
    assert [each.subject for each in Ticket.objects.all()] == ["Another one"]
    assert f"The recurring ticket {first.pk} could not be raised" in caplog.text
    monkeypatch.undo()
    assert sweep(TEN) == 0  # others come before it for a while
    assert sweep(TEN + 5 * MINUTE) == 1  # nothing of it is lost
    assert Ticket.objects.latest("pk").received_at == TEN
    assert Ticket.objects.count() == 2


def test_a_person_cannot_raise_a_planned_ticket_for_another(house: House) -> None:
    request = planned(house).request
    with pytest.raises(services.MayNotRaise):
        services.raise_ticket(
            request=type(request)(**{**request.__dict__, "planned_at": TEN}),
            by=by(house.people["coordinator"]),
            at=TEN,
        )
