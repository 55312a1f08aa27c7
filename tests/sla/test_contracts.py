"""Change of contract on an open ticket: time used is kept, or measured again from the start; a
rebuild from the record gives both.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from catalog.models import Contract, ContractService
from catalog.services import publish_matrix
from escalation.models import Escalation
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import publish_calendar_version
from foundation.core.classification import (
    Impact,
    Priority,
    Urgency,
)
from foundation.core.errors import Invalid
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import load_clocks
from sla.clocks.services import (
    rebuild_clocks,
    settle_ticket,
)
from sla.metrics import Metric
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.clocks import check_account, clock_of, differences
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
from tests.support.policies import used
from tests.support.tickets import change, step
from tickets import queries, services
from tickets.models import Message, Ticket
from tickets.services import ActionNotAllowed, DetailsMissing, TransitionDetails


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


def test_a_corrected_arrival_restarts_clocks_and_their_announcements(
    house: House, gold: Contract
) -> None:
    ticket = make_ticket(house)
    change(house, ticket, gold, MONDAY_9AM + 10 * MINUTE)
    # reaction is missed under the wrong contract
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 40 * MINUTE)
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


def test_stopped_clocks_do_not_change(house: House, gold: Contract) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 50 * MINUTE
    )

    change(house, ticket, gold, MONDAY_9AM + HOUR, from_start=True)

    reaction = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (reaction.due_at, reaction.is_met) == (MONDAY_9AM + HOUR, True)
    check(ticket)


def test_other_roles_contracts_and_empty_reasons_are_refused(house: House, gold: Contract) -> None:
    ticket = make_ticket(house)
    foreign = Contract.objects.get(organization=house.south)

    with pytest.raises(ActionNotAllowed):
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


def test_the_desk_offers_the_change_to_supervisors_only(
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
    # nothing is saved before it was seen
    assert (shown.status_code, other.status_code, left) == (
        200,
        200,
        house.contract.pk,
    )
    assert (refused.status_code, saved.status_code, fresh(ticket).contract_id) == (
        400,
        302,
        gold.pk,
    )


def test_a_contract_overrides_targets_and_extends_the_reaction_calendar(house: House) -> None:
    night = Calendar.objects.create(
        organization=house.north, name="Long days", role=CalendarRole.EXTENDED
    )
    publish_calendar_version(
        calendar=night,
        time_zone="America/Mexico_City",
        hours={str(day): [["07:00", "23:00"]] for day in range(7)},
        holidays={},
        effective_from=MONDAY_9AM - HOUR,
        by=SETUP,
        at=MONDAY_9AM,
    )
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
        extended_calendar=night,
        warning_percents=[80],
    )
    PolicyTarget.objects.create(
        organization=house.north,
        policy=policy,
        metric=Metric.REACTION,
        priority=Priority.HIGH,
        minutes=90,
    )
    PolicyTarget.objects.create(
        organization=house.north,
        policy=policy,
        metric=Metric.RESOLUTION,
        priority=Priority.HIGH,
        minutes=600,
    )

    saturday_8am = datetime(2026, 3, 7, 14, tzinfo=UTC)
    ticket = make_ticket(house, at=saturday_8am)

    assert clock_of(ticket).due_at == saturday_8am + 90 * MINUTE
    assert clock_of(ticket).next_event_at == saturday_8am + 72 * MINUTE
    # The extension does not include second level: attention and resolution wait for Monday.
    assert clock_of(ticket, Metric.ATTENTION).due_at == datetime(2026, 3, 10, 1, tzinfo=UTC)
    assert clock_of(ticket, Metric.RESOLUTION).due_at == datetime(2026, 3, 10, 1, tzinfo=UTC)


def test_reopening_resumes_resolution_and_never_reaction(house: House) -> None:
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    PolicyTarget.objects.create(
        organization=house.north,
        policy=policy,
        metric=Metric.RESOLUTION,
        priority=Priority.HIGH,
        minutes=300,
    )
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    details = TransitionDetails(solution_type="definitive", message="Done.")
    services.transition_ticket(
        ticket=fresh(ticket),
        name="solve",
        details=details,
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )

    services.transition_ticket(
        ticket=fresh(ticket),
        name="decline",
        details=TransitionDetails(reason="Still fails."),
        by=by(house.requester),
        at=MONDAY_9AM + 3 * HOUR,
    )

    resolution = clock_of(ticket, Metric.RESOLUTION)
    assert (resolution.state, resolution.due_at) == ("running", MONDAY_9AM + 7 * HOUR)
    assert clock_of(ticket).state == "stopped"


def test_a_customer_without_a_calendar_gets_the_default_ones_and_keeps_the_ticket(
    house: House,
) -> None:
    CalendarVersion.objects.filter(organization=house.north).delete()
    Calendar.objects.filter(organization=house.north).delete()

    ticket = make_ticket(house)

    assert clock_of(ticket).due_at == MONDAY_9AM + HOUR
    assert Calendar.objects.filter(organization=house.north).count() == 2


@pytest.mark.parametrize("pauses", [True, False])
def test_a_new_contract_does_not_judge_earlier_pauses_by_its_own_policy(
    house: House, gold: Contract, pauses: bool
) -> None:
    PolicyVersion.objects.filter(contract=gold).update(pauses_while_pending_user=not pauses)
    PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
        pauses_while_pending_user=pauses,
    )
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + 5 * MINUTE)
    step(house, ticket, "pend_user", MONDAY_9AM + 10 * MINUTE, message="?")
    services.reply_as_customer(
        ticket=fresh(ticket), body="This.", by=by(house.requester), at=MONDAY_9AM + 4 * HOUR
    )
    changed = MONDAY_9AM + 4 * HOUR + 10 * MINUTE
    before = used(ticket, changed)

    change(house, ticket, gold, changed)

    assert used(ticket, changed) == before == (20 * MINUTE if pauses else 250 * MINUTE)
    assert differences(ticket) == []


def test_from_the_start_uses_the_younger_calendar_of_the_contract(
    house: House, gold: Contract
) -> None:
    own = Calendar.objects.create(organization=house.north, name="Gold", role="extended")
    at = MONDAY_9AM + 2 * HOUR
    publish_calendar_version(
        calendar=own,
        time_zone="America/Mexico_City",
        hours={str(day): [["00:00", "24:00"]] for day in range(7)},
        holidays={},
        effective_from=at,
        by=SETUP,
        at=at,
    )
    PolicyVersion.objects.filter(contract=gold).update(business_calendar=own)
    ticket = make_ticket(house)

    change(house, ticket, gold, MONDAY_9AM + 3 * HOUR, from_start=True)

    assert Clock.objects.get(ticket=ticket, metric="attention").calendar_id == own.pk


def test_an_agent_is_not_shown_the_contracts_of_a_customer(
    house: House, gold: Contract, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    page = sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/contract/", {"contract": "", "version": 1, "reason": ""}
    )

    assert (page.status_code, "GOLD" in page.content.decode()) == (403, False)


def test_a_contract_with_identical_terms_does_not_repeat_a_breach(house: House) -> None:
    ticket = make_ticket(house)
    other = Contract.objects.create(
        organization=house.north, reference="C2", starts_on=date(2025, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=other, service=service)
    policy = PolicyVersion.objects.create(
        organization=house.north, contract=other, number=1, effective_from=MONDAY_9AM - HOUR
    )
    house.north.refresh_from_db()
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 61 * MINUTE)
    at = MONDAY_9AM + 90 * MINUTE
    supervisor = by(house.staff["desk_supervisor"])
    services.change_contract(
        ticket=fresh(ticket), contract=other, reason="X", from_start=False, by=supervisor, at=at
    )
    settle_ticket(ticket_id=ticket.pk, at=at + HOUR)

    clock = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (clock.breached_at, clock.policy_ids, clock.segments.count()) == (
        MONDAY_9AM + HOUR,
        [policy.pk],
        1,
    )
    assert Announcement.objects.filter(clock=clock, percent=100).count() == 1
    assert Escalation.objects.filter(ticket=ticket).count() == 1
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
