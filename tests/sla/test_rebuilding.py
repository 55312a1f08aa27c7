"""Rebuilding clocks from the record gives the same rows, and restores lost ones."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.accounts.tenancy import every_organization
from servicedesk.demo.demonstration import DAYS, Demonstration
from servicedesk.demo.house import build_house as build_demonstration
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import load_clocks
from sla.clocks.services import rebuild_clocks
from tests.support.clocks import check_account
from tests.support.house import (
    HOUR,
    MONDAY_9AM,
    House,
    fresh,
    make_ticket,
)
from tests.support.tickets import eventful, step
from tickets import queries
from tickets.models import Ticket


def rows(ticket: Ticket) -> dict[str, Any]:
    """Return everything that is kept of a ticket's clocks, by natural keys."""
    clocks = {row["id"]: row for row in Clock.objects.filter(ticket=ticket).values()}
    segments = [
        {**row, "id": None}
        for row in ClockSegment.objects.filter(clock__ticket=ticket)
        .order_by("clock_id", "number")
        .values()
    ]
    told = list(
        Announcement.objects.filter(clock__ticket=ticket)
        .order_by("clock_id", "segment__number", "percent")
        .values_list("clock_id", "segment__number", "percent", "at")
    )
    projection = (
        Ticket.objects.filter(pk=ticket.pk).values("next_due_at", "at_risk_at", "queue_at").get()
    )
    return {"clocks": clocks, "segments": segments, "told": told, "projection": projection}


def test_computing_the_clocks_again_twice_finds_no_difference(house: House) -> None:
    ticket = eventful(house)
    before = rows(ticket)

    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
    assert rebuild_clocks(ticket=fresh(ticket), write=True) == []
    assert rows(ticket) == before
    assert {(row["metric"], row["state"]) for row in before["clocks"].values()} == {
        ("reaction", "stopped"),
        ("attention", "stopped"),
        ("resolution", "running"),
        ("validation", "stopped"),
    }


def test_deleted_clocks_come_back_identical(house: House) -> None:
    tickets = [eventful(house), make_ticket(house), make_ticket(house, service="network")]
    step(house, tickets[1], "cancel", MONDAY_9AM + HOUR, reason="Twice.")
    before = [rows(ticket) for ticket in tickets]
    Announcement.objects.all().delete()
    ClockSegment.objects.all().delete()
    Clock.objects.all().delete()
    Ticket.objects.update(next_due_at=None, at_risk_at=None)

    for ticket in tickets:
        assert rebuild_clocks(ticket=fresh(ticket), write=True) != []

    assert [rows(ticket) for ticket in tickets] == before


@pytest.mark.parametrize(
    ("damage", "field"),
    [
        (
            lambda ticket: Clock.objects.filter(ticket=ticket, metric="resolution").update(
                due_at=MONDAY_9AM
            ),
            "due_at",
        ),
        (
            lambda ticket: Clock.objects.filter(ticket=ticket, metric="reaction").update(
                is_met=True
            ),
            "is_met",
        ),
        (
            lambda ticket: ClockSegment.objects.filter(clock__ticket=ticket, number=2).update(
                target=HOUR * 99
            ),
            "segment 2 target",
        ),
        (
            lambda ticket: Announcement.objects.filter(clock__ticket=ticket).delete(),
            "announcements",
        ),
    ],
)
def test_a_row_that_was_tampered_with_is_named_and_mended(
    house: House, damage: Any, field: str
) -> None:
    ticket = eventful(house)
    before = rows(ticket)
    damage(ticket)

    found = rebuild_clocks(ticket=fresh(ticket), write=False)
    assert field in {difference.field for difference in found}
    assert rows(ticket) != before
    rebuild_clocks(ticket=fresh(ticket), write=True)
    assert rows(ticket) == before


def test_a_clock_that_the_record_does_not_know_is_named_and_removed(house: House) -> None:
    other = make_ticket(house)
    ticket = make_ticket(house)
    kept = [rows(each) for each in (other, ticket)]
    for each in (other, ticket):
        stray = Clock.objects.filter(ticket=each, metric="reaction").get()
        stray.pk = None
        stray.metric = "resolution"
        stray.save()

    found = rebuild_clocks(ticket=fresh(ticket), write=True)

    assert [(each.clock, each.field) for each in found] == [("resolution", "clock")]
    assert rows(ticket) == kept[1]
    assert Clock.objects.filter(ticket=other, metric="resolution").exists()


def test_the_command_reports_mends_and_refuses_unknown_arguments(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket = make_ticket(house)
    Clock.objects.filter(ticket=ticket, metric="reaction").update(due_at=MONDAY_9AM)

    with pytest.raises(CommandError, match="--write"):
        call_command("sla_rebuild", "--ticket", ticket.number)
    assert f"{ticket.number} reaction due_at" in capsys.readouterr().out
    call_command("sla_rebuild", "--organization", "north", "--write")
    call_command("sla_rebuild")
    assert capsys.readouterr().out.splitlines()[-1] == "1 tickets, 0 differences"
    with pytest.raises(CommandError, match="No ticket"):
        call_command("sla_rebuild", "--organization", "nobody")


@pytest.mark.long
@pytest.mark.once
def test_every_clock_of_the_demonstration_is_rebuilt_and_explained_to_the_second(
    empty_tables: None,
) -> None:
    with every_organization(reason="replay the demonstration"):
        house = build_demonstration(MONDAY_9AM - timedelta(days=DAYS + 1), MONDAY_9AM)
        Demonstration(house, until=MONDAY_9AM, tickets=150).run()
        explained = 0
        for ticket in Ticket.objects.select_related("organization").order_by("pk"):
            assert rebuild_clocks(ticket=ticket, write=False) == []
            for item in load_clocks(ticket, queries.intervals(ticket.pk)):
                check_account(item)
                explained += 1
    assert explained > 300


def test_a_rebuild_looks_at_every_ticket(house: House) -> None:
    make_ticket(house)
    out = StringIO()
    call_command("sla_rebuild", stdout=out)
    assert "1 tickets, 0 differences" in out.getvalue()
