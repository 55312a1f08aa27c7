"""Marked stays pause a clock only where a policy says so (SPEC 3.8)."""

from datetime import datetime

import pytest

from sla.clocks.explanation import explain_clock
from sla.clocks.models import Clock, ClockState
from sla.clocks.queries import get_clock
from sla.clocks.services import rebuild_clocks
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services import publish_policy
from sla.simulation.drafts import Draft
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh
from tests.support.simulations import simulate
from tests.support.tickets import started
from tickets import queries, services
from tickets.models import Ticket
from web.templatetags.mesa import line_label

EARLIER = MONDAY_9AM - HOUR


def policy(house: House, *, pauses: bool | None) -> None:
    publish_policy(
        organization=house.north,
        contract=house.contract,
        person=None,
        effective_from=EARLIER,
        targets=[PolicyTarget(metric="attention", priority=p, minutes=300) for p in range(1, 5)],
        pauses_while_marked=pauses,
        by=by(house.staff["administrator"]),
        at=EARLIER,
    )


def waited(house: House) -> Ticket:
    """Return a ticket whose work waited for a part from 10:00 to 12:00."""
    ticket = started(house)
    services.mark_stay(
        ticket=fresh(ticket),
        mark="spare_parts",
        reason="A disk.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    services.go_on(ticket=fresh(ticket), by=by(house.agent), at=MONDAY_9AM + 3 * HOUR)
    return ticket


def due(ticket: Ticket) -> datetime | None:
    return Clock.objects.get(ticket=ticket, metric="attention").due_at


@pytest.mark.parametrize("pauses", [None, False])
def test_by_default_the_clock_goes_on(house: House, pauses: bool | None) -> None:
    policy(house, pauses=pauses)

    assert due(waited(house)) == MONDAY_9AM + 5 * HOUR


def test_a_policy_lets_it_pause_and_the_account_says_why(house: House) -> None:
    policy(house, pauses=True)

    ticket = waited(house)

    assert due(ticket) == MONDAY_9AM + 7 * HOUR
    item = get_clock(fresh(ticket), queries.intervals(ticket.pk), "attention", house.agent)
    explained = explain_clock(item, ticket=fresh(ticket), at=MONDAY_9AM + 4 * HOUR)
    paused = [line for part in explained.parts for line in part.lines if line.reason]
    assert [(line.start, line.end, line.reason) for line in paused] == [
        (MONDAY_9AM + HOUR, MONDAY_9AM + 3 * HOUR, "marked")
    ]
    assert line_label(paused[0]) == "En pausa: espera marcada"
    assert explained.used == 2 * HOUR


def test_while_it_waits_the_clock_has_no_due_instant(house: House) -> None:
    policy(house, pauses=True)
    ticket = started(house)

    services.mark_stay(
        ticket=fresh(ticket),
        mark="own_schedule",
        reason="Tomorrow.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )

    clock = Clock.objects.get(ticket=ticket, metric="attention")
    assert (clock.state, clock.due_at) == (ClockState.PAUSED, None)
    assert Clock.objects.get(ticket=ticket, metric="reaction").due_at is not None


def test_the_record_alone_gives_the_same_clocks(house: House) -> None:
    policy(house, pauses=True)
    ticket = waited(house)
    before = list(Clock.objects.filter(ticket=ticket).order_by("pk").values())

    found = Ticket.objects.select_related("organization").get(pk=ticket.pk)
    assert rebuild_clocks(ticket=found, write=True) == []

    assert list(Clock.objects.filter(ticket=ticket).order_by("pk").values()) == before


def test_the_policy_is_exported_with_what_it_says(house: House) -> None:
    policy(house, pauses=True)

    assert PolicyVersion.objects.get().pauses_while_marked is True


@pytest.mark.parametrize("pauses", [True, False, None])
def test_a_simulation_pauses_as_its_draft_says(house: House, pauses: bool | None) -> None:
    policy(house, pauses=False)
    ticket = waited(house)
    services.send_attention_statement(
        ticket=fresh(ticket),
        body="A plan.",
        estimated_at=MONDAY_9AM + 30 * HOUR,
        by=by(house.agent),
        at=MONDAY_9AM + 6 * HOUR,
    )

    result = simulate(house, Draft(pauses_while_marked=pauses))

    assert result.changed == (1 if pauses else 0)
