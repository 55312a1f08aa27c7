"""Facts of a ticket are recorded in the order of their commits: each act locks the ticket first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.models import Cause, Escalation
from escalation.services import acknowledge_escalation, escalate_ticket
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, SETUP, House, by, colleague, make_ticket
from tickets.models import Ticket, TimeEntry
from tickets.services import (
    NewSession,
    Spent,
    enter_time,
    note_session,
    remove_time,
    unwatch_ticket,
    watch_ticket,
)

AT = MONDAY_9AM + HOUR


def _watch(house: House, ticket: Ticket) -> Callable[[], Any]:
    person = colleague(house)
    return lambda: watch_ticket(ticket=ticket, person=person, by=by(house.agent), at=AT)


def _unwatch(house: House, ticket: Ticket) -> Callable[[], Any]:
    person = colleague(house)
    watch_ticket(ticket=ticket, person=person, by=by(house.agent), at=AT)
    return lambda: unwatch_ticket(ticket=ticket, person=person, by=by(house.agent), at=AT)


def _enter(house: House, ticket: Ticket) -> Callable[[], Any]:
    spent = Spent(minutes=20)
    return lambda: enter_time(ticket=ticket, spent=spent, by=by(house.agent), at=AT)


def _remove(house: House, ticket: Ticket) -> Callable[[], Any]:
    enter_time(ticket=ticket, spent=Spent(minutes=20), by=by(house.agent), at=AT)
    entry = TimeEntry.objects.get()
    return lambda: remove_time(entry=entry, by=by(house.agent), at=AT)


def _session(house: House, ticket: Ticket) -> Callable[[], Any]:
    session = NewSession(
        tool="Remote",
        started_at=AT - timedelta(minutes=30),
        ended_at=AT - MINUTE,
        consent="in_tool",
        consent_by="Requester North",
        summary="Looked at it.",
    )
    return lambda: note_session(ticket=ticket, session=session, by=by(house.agent), at=AT)


def _acknowledge(house: House, ticket: Ticket) -> Callable[[], Any]:
    step = escalate_ticket(
        ticket=ticket, cause=Cause.REQUEST, cause_key="x", by=SETUP, at=MONDAY_9AM
    )
    assert isinstance(step, Escalation)
    supervisor = by(house.staff["desk_supervisor"])
    return lambda: acknowledge_escalation(escalation=step, by=supervisor, at=AT)


@pytest.mark.parametrize("act", [_watch, _unwatch, _enter, _remove, _session, _acknowledge])
def test_an_act_locks_the_ticket_before_it_is_recorded(
    house: House, act: Callable[[House, Ticket], Callable[[], Any]]
) -> None:
    run = act(house, make_ticket(house))

    with CaptureQueriesContext(connection) as queries:
        run()

    made = [each["sql"] for each in queries]
    recorded = next(n for n, sql in enumerate(made) if 'INTO "activity_record"' in sql)
    before = [sql for sql in made[:recorded] if sql.startswith('SELECT "tickets_ticket"."id"')]
    assert before
    assert connection.vendor != "postgresql" or "FOR UPDATE" in "".join(before)
