"""The benchmarks load the rows that they say, and measure them; here with few rows."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from foundation.activity.models import Record
from foundation.core.classification import Priority
from foundation.search.models import Entry
from servicedesk.management.commands import bench_sla
from sla.clocks.models import Clock, ClockSegment
from tests.support.house import House, make_ticket
from tickets import queries
from tickets.models import Message, StateInterval, Ticket
from tickets.states import BUCKETS


def load(count: int, still_open: int) -> str:
    said = StringIO()
    call_command("bench_load", str(count), "--open", str(still_open), stdout=said)
    return said.getvalue()


def test_tickets_are_loaded_with_their_states_clocks_and_segments(house: House) -> None:
    said = load(60, 30)

    tickets = list(Ticket.objects.order_by("pk"))
    live = [ticket for ticket in tickets if ticket.closed_at is None]
    assert said == "60 tickets loaded, about 30 of them open\n"
    assert (len(tickets), 15 < len(live) < 45) == (60, True)
    assert {ticket.priority for ticket in tickets} == set(Priority)
    for ticket in tickets:
        (stay,) = StateInterval.objects.filter(ticket=ticket)
        assert (stay.state, stay.bucket, stay.started_at) == (
            ticket.state,
            BUCKETS[ticket.state],
            ticket.received_at,
        )
        clocks = Clock.objects.filter(ticket=ticket).order_by("pk")
        assert [clock.metric for clock in clocks] == ["reaction", "attention"]
        for clock in clocks:
            (segment,) = ClockSegment.objects.filter(clock=clock)
            assert (segment.number, segment.starts_at) == (1, ticket.received_at)
            assert (clock.priority, clock.is_live) == (ticket.priority, ticket in live)
            assert (clock.next_event_at is None) == (ticket not in live)


def test_loaded_tickets_have_messages_texts_and_facts(house: House) -> None:
    call_command("bench_load", "30", "--open", "15", "--messages", "3", stdout=StringIO())

    with_facts = set()
    for ticket in Ticket.objects.order_by("pk"):
        messages = Message.objects.filter(ticket=ticket).order_by("pk")
        assert [message.is_from_staff for message in messages] == [True, False, True]
        (entry,) = Entry.objects.filter(object_id=ticket.pk)
        last = messages.last()
        assert last is not None
        assert entry.words.endswith(last.body)
        if Record.objects.filter(object_type="ticket", object_id=ticket.pk).count() == 4:
            with_facts.add(ticket.pk)
    assert with_facts == set(queries.active(Ticket.objects.all()).values_list("pk", flat=True))
    said = " ".join(Message.objects.latest("pk").body.split()[:4])
    assert queries.matching(Ticket.objects.all(), said, reader=house.agent).exists()
    assert make_ticket(house).pk == 31  # the ids of the database go on


def test_more_open_tickets_than_tickets_are_refused(house: House) -> None:
    with pytest.raises(CommandError, match="more open tickets than tickets"):
        load(1, 2)
    assert load(2, 2) == "2 tickets loaded, about 2 of them open\n"


@pytest.mark.once
def test_the_clocks_are_measured_at_each_size(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"BASE": 20, "NEWLY_DUE": 3, "BREACHED": 4, "RUNS": 1, "REDATED": 120}
    for name, value in small.items():
        monkeypatch.setattr(bench_sla, name, value)
    said = StringIO()

    call_command("bench_sla", "40,120", stdout=said, stderr=StringIO())

    found = json.loads(said.getvalue())
    measured = ["breach ms", "find ms", "letters", "steps", "sweep ms"]
    sizes = ("40 open clocks", "120 open clocks")
    assert sorted(found) == sorted([*sizes, "re-dating"])
    assert [sorted(found[size]) for size in sizes] == [measured, measured]
    assert all(found[size][name] > 0 for size in sizes for name in measured)
    assert (Ticket.objects.count(), Clock.objects.count()) == (60, 120)
    # each clock that breached has told one level
    assert [found[size]["steps"] for size in sizes] == [1.0, 1.0]
    assert found["re-dating"]["clocks"] == Clock.objects.filter(stopped_at=None).count()


@pytest.mark.once
def test_a_simulation_is_measured_over_all_tickets(house: House) -> None:
    load(10, 10)
    said = StringIO()

    call_command("bench_sla", "--simulate", stdout=said)

    assert json.loads(said.getvalue())["tickets"] == 10
