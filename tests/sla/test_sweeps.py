"""What the sweeps take, at their instants and limits, and what they leave."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from foundation.activity.models import Record
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import publish_calendar_version
from foundation.core.classification import Impact, Urgency
from foundation.core.errors import NotFound
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import clocks_of, closed_until, due_ticket_ids, get_clock
from sla.clocks.services import rebuild_clocks, settle_ticket, start_promise, withdraw_promise
from sla.clocks.services.previewing import preview_classification, preview_contract
from sla.metrics import Metric
from sla.permissions import can_relieve_breaches
from sla.tasks import sweep_clocks
from tests.support.clocks import clock_of, differences
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.policies import promise_resolution, publish_for
from tests.support.tickets import classify, step
from tickets import queries
from tickets.models import Ticket
from tickets.services import Classification

MOMENT = timedelta(microseconds=1)
HALF = MONDAY_9AM + 30 * MINUTE  # half the time of reaction
SOLVED = {"solution_type": "definitive", "message": "Done."}


def facts(ticket: Ticket) -> list[tuple[str, str]]:
    """Return (verb, metric) of the facts of the ticket's clocks after its arrival."""
    rows = Record.objects.filter(object_id=ticket.pk, verb__startswith="clock.").order_by("pk")
    return [
        (row.verb.removeprefix("clock."), row.payload["metric"])
        for row in rows
        if row.verb != "clock.started" or row.at > ticket.received_at
    ]


def test_a_ticket_is_due_after_the_instant_of_its_event_once_and_in_order(house: House) -> None:
    later = make_ticket(house, at=MONDAY_9AM + MINUTE)
    ticket = make_ticket(house)
    Clock.objects.filter(ticket=ticket).update(next_event_at=HALF)

    assert due_ticket_ids(at=HALF, limit=9) == []
    assert due_ticket_ids(at=HALF + MOMENT, limit=9) == [(house.north.pk, ticket.pk)]
    assert due_ticket_ids(at=HALF + HOUR, limit=9) == [
        (house.north.pk, ticket.pk),
        (house.north.pk, later.pk),
    ]
    assert due_ticket_ids(at=HALF + HOUR, limit=1) == [(house.north.pk, ticket.pk)]


def test_a_threshold_is_crossed_after_its_instant_and_its_clock_is_counted(house: House) -> None:
    ticket = make_ticket(house)

    taken = [settle_ticket(ticket_id=ticket.pk, at=at) for at in (HALF, HALF + MOMENT, HALF + HOUR)]

    assert taken == [0, 1, 1]
    assert facts(ticket) == [("warned", "reaction"), ("breached", "reaction")]
    rows = Announcement.objects.order_by("pk").values_list("percent", "at")
    assert list(rows) == [(50, HALF + MOMENT), (100, HALF + HOUR)]


def test_the_sweep_goes_on_after_a_ticket_that_cannot_be_settled(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_ticket(house)
    ticket = make_ticket(house)
    ClockSegment.objects.filter(clock__ticket=broken).delete()
    monkeypatch.setattr("sla.tasks.timezone.now", lambda: HALF + MINUTE)

    taken = sweep_clocks()

    assert taken == 2
    assert facts(broken) == []
    assert facts(ticket) == [("warned", "reaction")]
    failed = [each for each in caplog.records if "could not be worked on" in each.message]
    assert [(each.levelname, each.args) for each in failed] == [("ERROR", ("Ticket", broken.pk))]


def test_a_live_clock_is_not_resumed_by_a_classification_and_a_dropped_one_is(house: House) -> None:
    promise_resolution(house, 600)
    ticket = make_ticket(house)

    classify(house, ticket, MONDAY_9AM + MINUTE, impact=Impact.EXTENSIVE)
    assert facts(ticket) == [
        ("retargeted", "reaction"),
        ("retargeted", "attention"),
        ("withdrawn", "resolution"),
    ]
    classify(house, ticket, MONDAY_9AM + 2 * MINUTE, impact=Impact.MINOR)

    assert facts(ticket)[3:] == [
        ("retargeted", "reaction"),
        ("retargeted", "attention"),
        ("resumed", "resolution"),
        ("retargeted", "resolution"),
    ]
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.state, clock.stopped_at, clock.started_at) == ("running", None, MONDAY_9AM)
    assert differences(ticket) == []


def test_a_customer_does_not_see_a_withdrawn_delivery_and_the_desk_does(house: House) -> None:
    ticket = make_ticket(house)
    start_promise(ticket=fresh(ticket), metric=Metric.DELIVERY, by=SETUP, at=MONDAY_9AM)
    rows = queries.intervals(ticket.pk)

    def seen(viewer: Any) -> str:
        return get_clock(fresh(ticket), rows, "delivery", viewer).clock.state

    assert seen(house.requester) == "running"
    withdraw_promise(ticket=fresh(ticket), metric=Metric.DELIVERY, by=SETUP, at=MONDAY_9AM + HOUR)
    assert (seen(house.agent), seen(None)) == ("withdrawn", "withdrawn")
    with pytest.raises(NotFound):
        seen(house.requester)
    with pytest.raises(NotFound):
        get_clock(fresh(ticket), rows, "rca", None)
    assert get_clock(fresh(ticket), rows, "reaction", house.requester).metric == Metric.REACTION


def test_clocks_are_listed_by_their_ticket_and_closed_outside_the_hours(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    clock = clock_of(ticket)
    night = MONDAY_9AM + 12 * HOUR

    found = clocks_of([ticket.pk])

    assert {pk: [each.metric for each in rows] for pk, rows in found.items()} == {
        ticket.pk: ["reaction", "attention"]
    }
    assert clocks_of([other.pk])[other.pk] == list(
        Clock.objects.filter(ticket=other).order_by("pk")
    )
    assert closed_until(clock, house.north, MONDAY_9AM) is None
    assert closed_until(clock, house.north, night) == MONDAY_9AM + DAY
    clock.state = "paused"
    assert closed_until(clock, house.north, night) is None


def test_a_rebuild_names_a_record_it_cannot_read_and_a_segment_too_many(house: House) -> None:
    ticket = make_ticket(house)
    clock = clock_of(ticket)
    segment = ClockSegment.objects.get(clock=clock)
    segment.pk = None
    segment.number = 2
    segment.save()

    found = rebuild_clocks(ticket=fresh(ticket), write=False)
    assert [(item.clock, item.field, item.kept, item.recorded) for item in found] == [
        ("reaction", "segments", 2, 1)
    ]
    assert len(rebuild_clocks(ticket=fresh(ticket), write=True)) == 1
    assert ClockSegment.objects.filter(clock=clock).count() == 1
    assert differences(ticket) == []


def test_a_preview_tells_what_a_classification_would_change_and_writes_nothing(
    house: House,
) -> None:
    ticket = make_ticket(house, urgency=Urgency.LOW)  # reaction 2 h, attention 20 h
    at = MONDAY_9AM + HOUR
    before = (facts(ticket), fresh(ticket).version)

    def preview(impact: Impact, urgency: Urgency) -> list[tuple[Any, ...]]:
        wanted = Classification(
            impact=impact, urgency=urgency, kind=ticket.kind, service=ticket.service
        )
        found = preview_classification(
            ticket=ticket, classification=wanted, by=by(house.staff["desk_supervisor"]), at=at
        )
        return [
            (row.metric, row.old_target, row.target, row.due_at, row.used, row.becomes_missed)
            for row in found
        ]

    assert preview(Impact.MINOR, Urgency.LOW) == []
    assert preview(Impact.EXTENSIVE, Urgency.CRITICAL) == [
        ("reaction", 2 * HOUR, 40 * MINUTE, MONDAY_9AM + 40 * MINUTE, HOUR, True),
        ("attention", 20 * HOUR, 3 * HOUR, MONDAY_9AM + 3 * HOUR, HOUR, False),
    ]
    assert (facts(ticket), fresh(ticket).version) == before


def test_a_preview_tells_the_clocks_that_another_contract_starts_and_ends(
    house: House, gold: Any
) -> None:
    promise_resolution(house, 600)
    house.north.save()
    ticket = make_ticket(house)

    found = preview_contract(
        ticket=ticket,
        contract=gold,
        from_start=False,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM + MINUTE,
    )

    rows = {row.metric: (row.old_target, row.target, row.due_at) for row in found}
    assert rows == {
        "reaction": (HOUR, 30 * MINUTE, MONDAY_9AM + 30 * MINUTE),
        "attention": (10 * HOUR, 5 * HOUR, MONDAY_9AM + 5 * HOUR),
        "resolution": (10 * HOUR, None, None),
    }


@pytest.mark.parametrize(
    ("steps", "is_open"),
    [(("solve", "approve"), True), (("close_invalid",), False), (("close_cancelled",), False)],
)
def test_only_a_ticket_closed_with_its_solution_can_be_reopened(
    house: House, steps: tuple[str, ...], is_open: bool
) -> None:
    type(house.contract).objects.filter(pk=house.contract.pk).update(reopen_days=2)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    for name in steps:
        user = house.requester if name == "approve" else house.agent
        step(house, ticket, name, MONDAY_9AM + MINUTE, user=user, reason="So.", **SOLVED)

    end = MONDAY_9AM.replace(hour=6) + 3 * DAY  # Wednesday at 24:00
    assert fresh(ticket).reopen_ends_at == (end if is_open else None)


def test_a_calendar_must_keep_the_hours_that_an_extension_widens(house: House) -> None:
    make_ticket(house)
    narrow = Calendar.objects.get(organization=house.north, role="business")
    wide = Calendar.objects.create(organization=house.north, name="Wide", role="extended")

    def publish(calendar: Calendar, opens: str, closes: str, days: int = 6) -> CalendarVersion:
        return publish_calendar_version(
            calendar=calendar,
            time_zone="America/Mexico_City",
            hours={str(day): [[opens, closes]] for day in range(days)},
            holidays={},
            effective_from=MONDAY_9AM + DAY,
            by=SETUP,
            at=MONDAY_9AM,
        )

    publish(narrow, "09:00", "18:00", days=5)
    publish(wide, "08:00", "20:00")
    publish_for(
        house, [], at=MONDAY_9AM, effective_from=MONDAY_9AM + 2 * DAY, extended_calendar=wide
    )
    with pytest.raises(ValidationError):
        publish(wide, "09:01", "20:00")
    with pytest.raises(ValidationError):
        publish(narrow, "07:00", "18:00", days=5)
    publish(narrow, "08:00", "20:00", days=5)


def test_only_supervisors_of_the_desk_may_relieve_a_breach(house: House) -> None:
    found = {name for name, user in house.staff.items() if can_relieve_breaches(user.pk)}

    assert found == {"desk_supervisor", "desk_manager"}
    assert not can_relieve_breaches(None)
    assert not can_relieve_breaches(999_999)
