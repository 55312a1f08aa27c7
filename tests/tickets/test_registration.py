"""Assisted registration (SPEC 4.1): from when the times run, who owns the ticket, and when giving
the number is the reaction; and contracts whose acknowledgement is the reaction.
"""

from datetime import timedelta
from typing import Any

import pytest

from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, fresh
from tests.support.policies import every_priority, publish_for
from tests.support.tickets import register
from tickets import queries
from tickets.models import Ticket
from tickets.services import Arrival

NOON = MONDAY_9AM + 3 * HOUR


def reaction(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, metric="reaction")


def test_the_times_of_a_call_run_from_the_beginning_of_its_registration(house: House) -> None:
    begun = NOON - 20 * MINUTE
    called = NOON - 50 * MINUTE

    ticket = fresh(register(house, NOON, Arrival(at=begun, contacted_at=called)))

    clock = reaction(ticket)
    assert (ticket.received_at, ticket.contacted_at, ticket.created_at) == (begun, called, NOON)
    assert (clock.started_at, clock.due_at) == (begun, begun + HOUR)
    (interval,) = queries.intervals(ticket.pk)
    assert (interval.state, interval.started_at) == ("open", begun)
    assert ticket.owner == house.agent
    assert rebuild_clocks(ticket=ticket, write=False) == []


def test_a_registered_e_mail_keeps_its_arrival_and_has_an_owner(house: House) -> None:
    arrived = NOON - 2 * DAY

    ticket = fresh(register(house, NOON, Arrival(at=arrived, contacted_at=arrived), Channel.EMAIL))

    assert (ticket.state, ticket.owner, ticket.channel) == ("open", house.agent, "email")
    assert (ticket.received_at, ticket.terms_at) == (arrived, arrived)
    assert reaction(ticket).started_at == arrived
    assert rebuild_clocks(ticket=ticket, write=False) == []


def test_the_policy_of_the_arrival_binds_a_ticket_that_is_registered_later(house: House) -> None:
    publish_for(house, every_priority(minutes=30), at=NOON - 2 * HOUR)
    publish_for(house, every_priority(minutes=45), at=NOON - HOUR)

    early = register(house, NOON, Arrival(at=NOON - HOUR - SECOND), Channel.EMAIL)
    late = register(house, NOON, Arrival(at=NOON - HOUR), Channel.EMAIL)

    assert (reaction(early).target, reaction(late).target) == (30 * MINUTE, 45 * MINUTE)


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.CHAT, Channel.WHATSAPP])
def test_giving_the_number_to_a_person_who_is_present_is_the_reaction(
    house: House, channel: Channel
) -> None:
    begun = NOON - 5 * MINUTE

    ticket = fresh(register(house, NOON, Arrival(at=begun, number_given=True), channel))

    clock = reaction(ticket)
    assert (clock.state, clock.is_met, clock.stopped_at, clock.used) == (
        "stopped",
        True,
        NOON,
        5 * MINUTE,
    )
    assert Clock.objects.get(ticket=ticket, metric="attention").state == "running"
    assert "ticket.number_given" in [entry.verb for entry in queries.timeline(ticket)]
    assert rebuild_clocks(ticket=ticket, write=False) == []


def test_without_it_the_reaction_runs_on(house: House) -> None:
    assert reaction(register(house, NOON, Arrival(at=NOON))).state == "running"


@pytest.mark.parametrize(
    ("channel", "values", "field"),
    [
        (Channel.PHONE, {"at": NOON + SECOND}, "received_at"),
        (Channel.EMAIL, {"at": NOON - timedelta(days=31, seconds=1)}, "received_at"),
        (Channel.PHONE, {"at": NOON, "contacted_at": NOON + SECOND}, "contacted_at"),
        (
            Channel.PHONE,
            {"at": NOON, "contacted_at": NOON - timedelta(days=31, seconds=1)},
            "contacted_at",
        ),
        (Channel.EMAIL, {"at": NOON, "number_given": True}, "number_given"),
        (Channel.PORTAL, {"at": NOON}, "channel"),
    ],
)
def test_an_arrival_that_cannot_be_is_refused_and_makes_no_ticket(
    house: House, channel: Channel, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        register(house, NOON, Arrival(**values), channel)

    assert list(caught.value.fields) == [field]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("is_reaction", [False, True])
def test_an_acknowledgement_is_the_reaction_only_where_the_contract_says_so(
    house: House, is_reaction: bool
) -> None:
    house.contract.acknowledgement_is_reaction = is_reaction
    house.contract.save()

    ticket = fresh(register(house, NOON, None, Channel.API))

    clock = reaction(ticket)
    assert clock.state == ("stopped" if is_reaction else "running")
    assert clock.is_met is (True if is_reaction else None)
    assert Clock.objects.get(ticket=ticket, metric="attention").state == "running"
    assert rebuild_clocks(ticket=ticket, write=False) == []


def test_a_contract_without_the_clause_starts_without_it(house: House) -> None:
    assert type(house.contract)().acknowledgement_is_reaction is False
