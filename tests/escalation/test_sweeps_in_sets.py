"""Clocks that fall due together: settled in sets as each alone, with queries that do not grow."""

from datetime import datetime
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation.models import Cause, Escalation, EscalationRule, RuleLog
from escalation.queries import due_watches
from escalation.services import (
    batching,
    break_silence,
    break_silences,
    escalate_ticket,
    watch_silence,
)
from escalation.tasks import sweep_escalations, sweep_rules
from foundation.accounts.models import Team
from foundation.activity.models import Record
from foundation.core import portions
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from foundation.notifications.services import Letter, queue_letters
from sla import tasks
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.services import settle_ticket, settle_tickets
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    fresh,
    make_ticket,
)
from tests.support.rules import give_account_manager, results, rule
from tests.support.tickets import classify, step
from tickets.models import Ticket

LATE = MONDAY_9AM + 11 * HOUR  # reaction and attention of a ticket of Monday 9:00 are missed


class Undo(Exception):
    """Rolls a trial back."""


def written(tickets: list[Ticket]) -> dict[int, dict[str, list[Any]]]:
    """Return what a sweep has written about each ticket, without the ids of new rows."""
    columns = (
        "metric",
        "state",
        "due_at",
        "at_risk_at",
        "breached_at",
        "announced_percent",
        "next_event_at",
    )
    rows: dict[int, dict[str, list[Any]]] = {}
    for ticket in tickets:
        clocks = Clock.objects.filter(ticket=ticket).order_by("pk")
        letters = OutboxMessage.objects.filter(context__number=ticket.number).order_by("pk")
        steps = Escalation.objects.filter(ticket=ticket).order_by("pk")
        rows[ticket.pk] = {
            "ticket": list(
                Ticket.objects.filter(pk=ticket.pk).values_list(
                    "assignee", "owner", "next_due_at", "at_risk_at", "queue_at", "version"
                )
            ),
            "clocks": list(clocks.values_list(*columns)),
            "segments": list(
                ClockSegment.objects.filter(clock__in=clocks)
                .order_by("pk")
                .values_list("clock", "number", "breached_at")
            ),
            "announced": list(
                Announcement.objects.filter(clock__in=clocks)
                .order_by("pk")
                .values_list("clock", "segment", "percent", "at")
            ),
            "steps": list(
                steps.values_list(
                    "position", "cause", "cause_key", "notified", "acknowledge_due_at", "level"
                )
            ),
            "logs": list(
                RuleLog.objects.filter(ticket=ticket).order_by("pk").values_list("key", "results")
            ),
            "letters": sorted(
                (each.to_email, each.template, str(each.context), str(each.run_after))
                for each in letters
            ),
            # Of one instant: their order says nothing.
            "facts": sorted(
                (fact.verb, str({k: v for k, v in fact.payload.items() if k != "escalation"}))
                for fact in Record.objects.filter(object_type="ticket", object_id=ticket.pk)
            ),
        }
    return rows


def trial(tickets: list[Ticket], settle: Any) -> dict[int, dict[str, list[Any]]]:
    found: dict[int, dict[str, list[Any]]] = {}
    try:
        with transaction.atomic():
            settle()
            found = written(tickets)
            raise Undo
    except Undo:
        return found


@pytest.fixture
def busy(house: House) -> list[Ticket]:
    """Tickets in several situations, and a rule for every action."""
    give_account_manager(house)
    desk = Team.objects.create(name="Desk", level=1)
    desk.members.set([house.agent, house.staff["agent2"]])
    shift = Shift.objects.create(
        name="Day",
        time_zone="America/Mexico_City",
        hours={str(day): [["09:00", "18:00"]] for day in range(5)},
    )
    shift.people.set([house.agent])
    Absence.objects.create(
        person=house.staff["agent2"],
        substitute=house.agent,
        starts_at=MONDAY_9AM,
        ends_at=MONDAY_9AM + DAY,
        reason="Holiday",
    )
    rule(name="Manager", percent=50)
    rule(name="Raise", percent=75, metric="attention", action="raise", position=2)
    rule(name="Level", percent=90, action="tell_level", level=1, position=3)
    rule(name="Desk", percent=90, action="tell", team=desk, position=4)
    rule(name="Give", percent=100, metric="reaction", action="assign", team=desk, position=5)
    rule(name="Low", percent=50, priorities=["low"], position=6)
    tickets = [make_ticket(house, at=MONDAY_9AM + n * MINUTE) for n in range(6)]
    step(house, tickets[1], "start", MONDAY_9AM + 10 * MINUTE)
    Ticket.objects.filter(pk=tickets[2].pk).update(assignee=house.staff["agent2"])
    Ticket.objects.filter(pk=tickets[3].pk).update(contract=None)
    classify(house, tickets[4], MONDAY_9AM + 20 * MINUTE)
    settle_ticket(ticket_id=tickets[5].pk, at=MONDAY_9AM + 52 * MINUTE)
    return [fresh(ticket) for ticket in tickets]


@pytest.mark.parametrize(
    "at",
    [
        MONDAY_9AM + 36 * MINUTE,
        MONDAY_9AM + 59 * MINUTE,
        MONDAY_9AM + 62 * MINUTE,
        LATE,
        MONDAY_9AM + 3 * DAY,
    ],
)
def test_clocks_settled_together_write_what_each_alone_writes(
    busy: list[Ticket], at: datetime
) -> None:
    ids = [ticket.pk for ticket in busy]

    alone = trial(busy, lambda: [settle_ticket(ticket_id=pk, at=at) for pk in ids])
    together = trial(busy, lambda: settle_tickets(ticket_ids=ids, at=at))

    for pk in ids:
        for kind, rows in alone[pk].items():
            assert together[pk][kind] == rows, (pk, kind)
    assert sum(len(rows["announced"]) for rows in alone.values()) >= 6


def test_the_queries_of_a_sweep_do_not_grow_with_its_tickets(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_account_manager(house)
    rule(percent=50)
    rule(name="Level", percent=100, action="tell_level", level=1, position=2)

    def queries(count: int) -> int:
        tickets = [make_ticket(house) for _ in range(count)]
        monkeypatch.setattr("sla.tasks.timezone.now", lambda: LATE)
        tasks.sweep_clocks()  # what was due before
        Clock.objects.filter(ticket__in=tickets).update(announced_percent=0, next_event_at=LATE)
        Escalation.objects.filter(ticket__in=tickets).delete()
        RuleLog.objects.filter(ticket__in=tickets).delete()
        Announcement.objects.filter(clock__ticket__in=tickets).delete()
        monkeypatch.setattr("sla.tasks.timezone.now", lambda: LATE + MINUTE)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert tasks.sweep_clocks() == count
        assert Escalation.objects.filter(ticket__in=tickets).count() == count
        return len(captured)

    assert queries(2) == queries(5)  # on SQLite an INSERT takes at most 55 letters


def test_the_queries_of_climbing_do_not_grow_with_the_steps(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries(count: int) -> int:
        tickets = [make_ticket(house) for _ in range(count)]
        for ticket in tickets:
            escalate_ticket(
                ticket=ticket, cause=Cause.REQUEST, cause_key="x", by=SETUP, at=MONDAY_9AM
            )
        monkeypatch.setattr("escalation.tasks.timezone.now", lambda: MONDAY_9AM + 31 * MINUTE)
        with CaptureQueriesContext(connection) as captured:
            assert sweep_escalations() == count
        steps = Escalation.objects.filter(ticket__in=tickets).order_by("ticket", "pk")
        assert [(step.position, step.cause) for step in steps] == [
            (1, "request"),
            (2, "unacknowledged"),
        ] * count
        assert sweep_escalations() == 0
        return len(captured)

    assert queries(2) == queries(6)


def test_silences_judged_together_write_what_each_alone_writes(busy: list[Ticket]) -> None:
    rule(name="Silent", trigger="silence", percent=None, silence_minutes=60, position=7)
    rule(
        name="Raise silent",
        trigger="silence",
        percent=None,
        silence_minutes=90,
        action="raise",
        position=8,
    )
    for ticket in busy:
        watch_silence(ticket=ticket, at=MONDAY_9AM)
    ids = [pk for _organization_id, pk in due_watches(LATE, 100)]

    alone = trial(busy, lambda: [break_silence(watch_id=pk, at=LATE) for pk in ids])
    together = trial(busy, lambda: break_silences(watch_ids=ids, at=LATE))

    assert together == alone
    assert [len(rows["logs"]) for rows in alone.values()] == [
        2 + len(RuleLog.objects.filter(ticket=ticket)) for ticket in busy
    ]


def test_the_queries_of_silences_do_not_grow_with_their_tickets(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_account_manager(house)
    rule(name="Silent", trigger="silence", percent=None, silence_minutes=60)
    monkeypatch.setattr("escalation.tasks.timezone.now", lambda: LATE)

    def queries(count: int) -> int:
        tickets = [make_ticket(house) for _ in range(count)]
        EscalationRule.objects.update(planned_at=MONDAY_9AM)
        with CaptureQueriesContext(connection) as captured:
            assert sweep_rules() == count
        assert RuleLog.objects.filter(ticket__in=tickets).count() == count
        return len(captured)

    assert queries(2) == queries(6)


def test_shared_facts_are_read_once_for_all_portions_of_a_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(name="Level", percent=100, action="tell_level", level=1)
    for _ in range(6):
        make_ticket(house)
    monkeypatch.setattr(portions, "PORTION", 2)
    monkeypatch.setattr("sla.tasks.timezone.now", lambda: LATE)

    with CaptureQueriesContext(connection) as captured:
        assert tasks.sweep_clocks() == 6

    said = [query["sql"] for query in captured]
    for table in ("duty_shift_people", "duty_absence", "escalation_escalationlevel"):
        assert sum(f'FROM "{table}"' in sql for sql in said) == 1, table
    assert sum('INSERT INTO "escalation_escalation"' in sql for sql in said) == 3


def test_a_letter_the_database_refuses_fails_its_own_action_and_no_other_ticket(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_account_manager(house)
    rule(percent=100, metric="reaction")
    broken = make_ticket(house)
    others = [make_ticket(house) for _ in range(4)]

    def refuse(*, organization_id: int | None, letters: list[Letter], at: datetime) -> None:
        if any((e.template, e.context["number"]) == ("rule", broken.number) for e in letters):
            raise DataError("refused")
        queue_letters(organization_id=organization_id, letters=letters, at=at)

    monkeypatch.setattr(batching, "queue_letters", refuse)
    monkeypatch.setattr("sla.tasks.timezone.now", lambda: LATE)

    assert tasks.sweep_clocks() == 5

    assert results(broken)[0][1:] == ("failed", ["error"])
    assert [results(ticket)[0][1] for ticket in others] == ["ran"] * 4
    for ticket in (broken, *others):
        assert Escalation.objects.filter(ticket=ticket).count() == 1
        assert Announcement.objects.filter(clock__ticket=ticket, percent=100).count() == 2
    assert not Clock.objects.filter(next_event_at__lt=LATE).exists()
    told = OutboxMessage.objects.filter(template="rule").values_list("context__number", flat=True)
    assert sorted(told) == [ticket.number for ticket in others]
