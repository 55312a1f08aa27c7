"""Another contract in mid-flight: time used is kept, or everything is measured anew from the start;
the record rebuilds both.
"""

from typing import Any

import pytest
import time_machine

from catalog.models import Contract
from catalog.services import publish_matrix
from foundation.core.classification import Impact, Priority, Urgency
from foundation.core.errors import Invalid
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.queries import load_clocks
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.clocks import check_account
from tests.support.house import (
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import change
from tickets import queries, services
from tickets.models import Message, Ticket
from tickets.services import DetailsMissing, MayNotDo


def dues(ticket: Ticket) -> dict[str, Any]:
    return dict(Clock.objects.filter(ticket=ticket).values_list("metric", "due_at"))


def check(ticket: Ticket) -> None:
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
    for item in load_clocks(fresh(ticket), queries.intervals(ticket.pk)):
        check_account(item)


def test_the_rest_of_the_new_target_runs_on_and_the_time_used_is_kept(
    house: House, gold: Contract
) -> None:
    ticket = make_ticket(house)  # high: reaction 1 h, attention 10 h

    change(house, ticket, gold, MONDAY_9AM + 20 * MINUTE)

    assert dues(ticket) == {
        "reaction": MONDAY_9AM + 30 * MINUTE,
        "attention": MONDAY_9AM + 5 * HOUR,
    }
    assert (
        list(
            ClockSegment.objects.filter(clock__ticket=ticket)
            .order_by("clock", "number")
            .values_list("cause", flat=True)
        )
        == [
            "start",
            "contract",
        ]
        * 2
    )
    assert "Signed today." in Message.objects.get(ticket=ticket).body
    check(ticket)


def test_a_mistake_at_the_arrival_is_measured_anew_and_what_was_announced_is_forgotten(
    house: House, gold: Contract
) -> None:
    ticket = make_ticket(house)
    change(house, ticket, gold, MONDAY_9AM + 10 * MINUTE)
    settle_ticket(
        ticket_id=ticket.pk, at=MONDAY_9AM + 40 * MINUTE
    )  # reaction is missed under the wrong contract
    silver = Contract.objects.exclude(pk=gold.pk).get(organization=house.north)

    change(house, ticket, silver, MONDAY_9AM + 45 * MINUTE, from_start=True)

    reaction = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (reaction.due_at, reaction.breached_at, reaction.announced_percent) == (
        MONDAY_9AM + HOUR,
        None,
        50,
    )
    assert ClockSegment.objects.filter(clock=reaction).count() == 1
    check(ticket)


def test_the_new_contracts_matrix_gives_the_priority(house: House, gold: Contract) -> None:
    cells = {(Urgency.CRITICAL, Impact.MINOR): Priority.CRITICAL}
    publish_matrix(contract=gold, cells=cells, effective_from=MONDAY_9AM, by=SETUP, at=MONDAY_9AM)
    ticket = make_ticket(house)

    change(house, ticket, gold, MONDAY_9AM + MINUTE)

    assert fresh(ticket).priority == 1
    assert set(Clock.objects.filter(ticket=ticket).values_list("priority", flat=True)) == {1}
    check(ticket)


def test_what_has_stopped_stays_as_it_was(house: House, gold: Contract) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 50 * MINUTE
    )

    change(house, ticket, gold, MONDAY_9AM + HOUR, from_start=True)

    reaction = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (reaction.due_at, reaction.is_met) == (MONDAY_9AM + HOUR, True)
    check(ticket)


def test_who_may_not_and_what_must_not_is_refused(house: House, gold: Contract) -> None:
    ticket = make_ticket(house)
    foreign = Contract.objects.get(organization=house.south)

    with pytest.raises(MayNotDo):
        change(house, ticket, gold, MONDAY_9AM, who="agent")
    for wrong in (foreign, Contract.objects.get(pk=ticket.contract_id)):
        with pytest.raises(Invalid):
            change(house, ticket, wrong, MONDAY_9AM)
    with pytest.raises(DetailsMissing):
        services.change_contract(
            ticket=fresh(ticket),
            contract=gold,
            reason=" ",
            from_start=False,
            by=by(house.staff["desk_supervisor"]),
            at=MONDAY_9AM,
        )
    assert fresh(ticket).contract_id == ticket.contract_id


def test_the_desk_offers_it_to_supervisors_alone(
    house: House, gold: Contract, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    path = f"/admin/tickets/{ticket.number}/"

    assert "contract/" not in sign_in(house.agent).get(path).content.decode()
    client = sign_in(house.staff["desk_supervisor"])
    assert f"{path}contract/" in client.get(path).content.decode()
    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        refused = client.post(f"{path}contract/", {"contract": gold.pk, "version": 1, "reason": ""})
        shown = client.post(
            f"{path}contract/", {"contract": gold.pk, "version": 1, "reason": "Signed today."}
        )
        left = fresh(ticket).contract_id
        word = shown.context["contract_form"].data["seen"]
        other = client.post(
            f"{path}contract/",
            {
                "contract": gold.pk,
                "from_start": "on",
                "version": 1,
                "reason": "Signed.",
                "seen": word,
            },
        )
        saved = client.post(
            f"{path}contract/",
            {"contract": gold.pk, "version": 1, "reason": "Signed today.", "seen": word},
        )
    changes = {
        c.metric: (c.old_due_at, c.due_at, c.used) for c in shown.context["contract_changes"]
    }
    assert changes == {
        "reaction": (MONDAY_9AM + HOUR, MONDAY_9AM + 30 * MINUTE, MINUTE),
        "attention": (MONDAY_9AM + 10 * HOUR, MONDAY_9AM + 5 * HOUR, MINUTE),
    }
    assert (shown.status_code, other.status_code, left) == (
        200,
        200,
        house.contract.pk,
    )  # nothing is saved before it was seen
    assert (refused.status_code, saved.status_code, fresh(ticket).contract_id) == (
        400,
        302,
        gold.pk,
    )
