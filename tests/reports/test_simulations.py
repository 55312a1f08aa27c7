"""Simulations: the terms in force reproduce the published figures; other terms list each result
that changes.
"""

from datetime import date
from typing import Any

import pytest

from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import (
    Impact,
    Kind,
    Priority,
    SupportType,
    Urgency,
)
from foundation.core.errors import Invalid, NotAllowed
from reports import services
from reports.models import PartStatus, Simulation, SimulationPart
from reports.services import NewSimulation
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.layers import Matter, policy_on
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from sla.simulation.drafts import (
    IN_FORCE,
    Draft,
    draft_from,
    draft_of_terms_in_force,
)
from sla.simulation.services import publish_draft
from tests.support.calendars import publish
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
from tests.support.lives import Life, drafted, second_contract, third_contract
from tests.support.simulations import APRIL_3, MARCH, after, before, measured, simulate
from tests.support.tickets import eventful
from tickets import services as tickets
from tickets.services import Classification, TransitionDetails


@pytest.mark.parametrize("seed", range(6))
def test_a_simulation_of_the_terms_in_force_gives_the_measured_figures(
    house: House, seed: int
) -> None:
    lives = Life(house, seed, [second_contract(house), third_contract(house), house.contract])
    publish(house, at=MONDAY_9AM - DAY, effective_from=MONDAY_9AM + 15 * DAY)
    for _ in range(12):
        lives.live()

    result = simulate(house)

    assert before(result) == after(result) == measured(house)
    assert (result.changed, result.moved) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_draft_of_the_terms_in_force_gives_the_published_figures(house: House, seed: int) -> None:
    lives = Life(house, 100 + seed, [house.contract])
    for _ in range(12):
        lives.live()
    waiting = make_ticket(house, at=MONDAY_9AM + 28 * DAY)
    at = MONDAY_9AM + 28 * DAY
    for name, minutes in (("start", 1), ("pend_user", 2)):
        details = TransitionDetails(message="Which?")
        tickets.transition_ticket(
            ticket=fresh(waiting),
            name=name,
            details=details,
            by=by(house.agent),
            at=at + minutes * MINUTE,
        )
    published = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=APRIL_3 - DAY
    )
    # what happens later belongs to the later month
    solved = TransitionDetails(message="Done.", solution_type="definitive")
    tickets.transition_ticket(
        ticket=fresh(waiting), name="solve", details=solved, by=by(house.agent), at=APRIL_3 - HOUR
    )
    assert measured(house) == published.data["compliance"]
    house.north.refresh_from_db()
    draft = draft_of_terms_in_force(house.north, house.contract, MONDAY_9AM)

    result = simulate(house, draft)

    assert before(result) == after(result) == published.data["compliance"]
    assert result.matches_issued_reports is True
    assert (result.changed, result.moved) == (0, 0)


def test_the_preview_lists_each_changed_ticket(house: House) -> None:
    ticket = make_ticket(house)
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 30 * MINUTE
    )
    other = make_ticket(house, at=MONDAY_9AM + HOUR)
    tickets.reply_to_customer(
        ticket=fresh(other), body="Hello.", by=by(house.agent), at=MONDAY_9AM + HOUR + 5 * MINUTE
    )

    result = simulate(house, drafted(Metric.REACTION, 20))

    assert result.changed == 1
    assert result.moved == 1
    change = result.shown[0]
    assert (change.ticket, change.metric, change.priority, change.verdict) == (
        ticket.number,
        "reaction",
        "high",
        "met",
    )
    assert (change.new_priority, change.new_verdict) == ("high", "missed")
    assert change.new_due_at == (MONDAY_9AM + 20 * MINUTE).isoformat()
    reaction = {
        (old["metric"], old["priority"]): (old["compliance"], new["compliance"])
        for old, new in result.rows
    }
    assert reaction["reaction", None] == (100.0, 50.0)
    part = SimulationPart.objects.get()
    assert part.changes is not None
    with part.changes.file.open("rb") as stream:
        lines = stream.read().decode().splitlines()
    assert lines[0].startswith("ticket,clock,priority,verdict,due_at,simulated")
    assert len(lines) == 3


def test_matrix_hours_and_pauses_can_be_tried(house: House) -> None:
    eventful(house)
    make_ticket(house, urgency=Urgency.LOW)

    matrix = simulate(house, Draft(matrix={(Urgency.LOW, Impact.MINOR): Priority.CRITICAL}))
    # and critical tickets are promised a resolution too
    assert (matrix.moved, matrix.changed) == (
        2,
        1,
    )
    assert after(matrix)[0]["priority"] == "critical"
    assert (
        sum(
            row["missed"] + row["met"] + row["running"]
            for row in after(matrix)
            if (row["metric"], row["priority"]) == ("reaction", "critical")
        )
        == 2
    )
    hours = simulate(
        house,
        Draft(hours={CalendarRole.BUSINESS: {str(day): [["00:00", "24:00"]] for day in range(7)}}),
    )
    assert hours.moved + hours.changed > 0
    assert (
        simulate(house, Draft(pauses_while_pending_user=False)).moved
        + simulate(house, Draft(pauses_while_pending_user=False)).changed
        > 0
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (
            {
                "draft": {
                    **IN_FORCE.as_data(),
                    "targets": [
                        {
                            "metric": "reaction",
                            "support_type": "",
                            "priority": "high",
                            "minutes": 20,
                        }
                    ],
                }
            },
            "targets",
        ),
        (
            {
                "draft": {
                    **IN_FORCE.as_data(),
                    "targets": [
                        {"metric": "reaction", "support_type": "", "priority": "high", "minutes": 0}
                    ],
                }
            },
            "targets",
        ),
        ({"draft": {**IN_FORCE.as_data(), "hours": {"business": {}}}}, "hours_business"),
        ({"organizations": []}, "organizations"),
        ({"first_month": date(2026, 4, 1)}, "last_month"),
        ({"first_month": date(2020, 1, 1)}, "last_month"),
        ({"first_month": date(2026, 6, 1), "last_month": date(2026, 6, 1)}, "first_month"),
        # without tickets
        (
            {"first_month": date(2026, 1, 1), "last_month": date(2026, 1, 1)},
            "first_month",
        ),
    ],
)
def test_an_impossible_simulation_is_refused_with_the_cure(
    house: House, changes: dict[str, Any], field: str
) -> None:
    make_ticket(house)
    values = {
        "name": "",
        "draft": IN_FORCE.as_data(),
        "organizations": [house.north],
        "first_month": MARCH,
        "last_month": MARCH,
        **changes,
    }
    with pytest.raises(Invalid) as refused:
        services.request_simulation(
            wanted=NewSimulation(**values), by=by(house.staff["desk_manager"]), at=APRIL_3
        )
    assert field in refused.value.fields
    assert not Simulation.objects.exists()


def test_an_agent_cannot_simulate(house: House) -> None:
    make_ticket(house)
    wanted = NewSimulation(
        name="",
        draft=IN_FORCE.as_data(),
        organizations=[house.north],
        first_month=MARCH,
        last_month=MARCH,
    )
    with pytest.raises(NotAllowed):
        services.request_simulation(wanted=wanted, by=by(house.agent), at=APRIL_3)


def test_a_cancelled_part_is_skipped_and_the_claim_of_a_killed_worker_lapses(house: House) -> None:
    make_ticket(house)
    wanted = NewSimulation(
        name="",
        draft=IN_FORCE.as_data(),
        organizations=[house.north],
        first_month=MARCH,
        last_month=MARCH,
    )
    simulation = services.request_simulation(
        wanted=wanted, by=by(house.staff["desk_manager"]), at=APRIL_3
    )
    part = SimulationPart.objects.get()
    SimulationPart.objects.update(status=PartStatus.RUNNING, run_after=APRIL_3 + MINUTE, attempts=1)

    assert not services.run_part(part_id=part.pk, at=APRIL_3)
    assert services.run_part(part_id=part.pk, at=APRIL_3 + MINUTE)
    assert not services.run_part(part_id=part.pk, at=APRIL_3 + HOUR)
    again = services.request_simulation(
        wanted=wanted, by=by(house.staff["desk_manager"]), at=APRIL_3
    )
    assert services.cancel_simulation(simulation=again) == 1
    assert not services.run_part(
        part_id=SimulationPart.objects.get(simulation=again).pk, at=APRIL_3
    )
    assert services.cancel_simulation(simulation=simulation) == 0


def test_a_draft_put_in_force_keeps_what_it_leaves_open(house: House) -> None:
    gold = second_contract(house)
    at = MONDAY_9AM - DAY

    version = publish_draft(
        draft=drafted(Metric.REACTION, 12), contract=gold, effective_from=at, by=SETUP, at=at
    )

    house.north.refresh_from_db()
    policy = policy_on(house.north, gold.pk, None, at)
    matter = Matter(Kind.INCIDENT, SupportType.FUNCTIONAL, Priority.HIGH, None)
    assert version.number == 2
    assert [policy.target(metric, matter) for metric in AT_ARRIVAL] == [
        12 * MINUTE,
        90 * MINUTE,
        1800 * MINUTE,
    ]
    written = draft_of_terms_in_force(house.north, gold, at)
    assert draft_from(written.as_data()) == written


def test_published_terms_equal_the_simulated_draft_over_narrower_targets(
    house: House,
) -> None:
    early = MONDAY_9AM - DAY
    narrow = [
        PolicyTarget(metric="reaction", priority=p, support_type="functional", minutes=10)
        for p in Priority
    ]
    publish_policy(
        organization=house.north,
        contract=house.contract,
        targets=narrow,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    publish_draft(
        draft=drafted(Metric.REACTION, 60),
        contract=house.contract,
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )
    house.north.refresh_from_db()

    policy = policy_on(house.north, house.contract.pk, None, MONDAY_9AM)

    assert (
        policy.target(
            Metric.REACTION, Matter(Kind.INCIDENT, SupportType.FUNCTIONAL, Priority.HIGH, None)
        )
        == HOUR
    )


def test_a_published_month_stays_as_published_after_a_correction_from_the_start(
    house: House,
) -> None:
    gold = second_contract(house)
    ticket = make_ticket(house, at=MONDAY_9AM + 28 * DAY)
    supervisor = by(house.staff["desk_supervisor"])
    tickets.change_contract(
        ticket=fresh(ticket),
        contract=gold,
        reason="So.",
        from_start=False,
        by=supervisor,
        at=MONDAY_9AM + 29 * DAY,
    )
    published = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=APRIL_3 - DAY
    )
    tickets.change_contract(
        ticket=fresh(ticket),
        contract=house.contract,
        reason="No.",
        from_start=True,
        by=supervisor,
        at=APRIL_3 - HOUR,
    )

    result = simulate(house)

    assert before(result) == published.data["compliance"]
    assert result.matches_issued_reports is True


def test_no_breach_is_recorded_without_a_target(house: House) -> None:
    early = MONDAY_9AM - DAY
    targets = [
        PolicyTarget(metric="resolution", priority=p, support_type="functional", minutes=60)
        for p in Priority
    ]
    publish_policy(
        organization=house.north,
        contract=house.contract,
        targets=targets,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    ticket = make_ticket(house)
    for service, minutes in (("network", 30), ("erp", 180)):
        change = Classification(
            impact=Impact.MINOR,
            urgency=Urgency.CRITICAL,
            kind=Kind.INCIDENT,
            service=house.services[service],
        )
        supervisor = by(house.staff["desk_supervisor"])
        tickets.classify_ticket(
            ticket=fresh(ticket),
            classification=change,
            reason="So.",
            by=supervisor,
            at=MONDAY_9AM + minutes * MINUTE,
        )

    assert before(simulate(house)) == measured(house)
