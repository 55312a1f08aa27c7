"""Other terms tried on past tickets: the terms in force give exactly what was published, and what
would change is told.
"""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from catalog.models import Contract, ContractService
from catalog.services import publish_matrix
from desk.simulations.forms import SimulationForm, initial_of
from foundation.core import tenancy
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
from sla.clocks.models import Clock
from sla.clocks.services import settle_ticket
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.layers import Matter, policy_on
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from sla.simulation.drafts import (
    IN_FORCE,
    Draft,
    draft_from,
    publish_draft,
    written_out,
)
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
from tests.support.html import text_of
from tests.support.simulations import APRIL_3, MARCH, after, before, measured, simulate
from tests.support.tickets import eventful
from tickets import services as tickets
from tickets.models import Ticket
from tickets.services import Classification, TransitionDetails
from web.durations import parse_promise


def drafted(metric: Metric, minutes: int, support_type: str = "") -> Draft:
    return Draft(
        targets={
            (metric, support_type, priority): timedelta(minutes=minutes) for priority in Priority
        }
    )


class Life:
    """Random lives of tickets: every act that moves a clock, in a random order, at random instants,
    some of them refused.
    """

    def __init__(self, house: House, seed: int, contracts: list[Contract]) -> None:
        self.house = house
        self.dice = random.Random(seed)
        self.contracts = contracts

    def live(self) -> None:
        at = MONDAY_9AM + timedelta(minutes=self.dice.randrange(27 * 24 * 60))
        pick = self.dice.choice
        ticket = make_ticket(
            self.house,
            at=at,
            service=pick(["erp", "network"]),
            impact=pick(list(Impact)),
            urgency=pick(list(Urgency)),
            kind=pick(list(Kind)),
        )
        for _ in range(self.dice.randrange(9)):
            at += timedelta(
                minutes=self.dice.choice([3, 25, 70, 300, 1500]), seconds=self.dice.randrange(60)
            )
            if self.dice.random() < 0.5:
                settle_ticket(ticket_id=ticket.pk, at=at - timedelta(seconds=1))
            try:
                pick(
                    [
                        self._reply,
                        self._state,
                        self._state,
                        self._state,
                        self._classify,
                        self._contract,
                        self._answer,
                    ]
                )(ticket, at)
            except (
                Invalid,
                NotAllowed,
                tickets.TransitionNotAllowed,
                tickets.DetailsMissing,
                tickets.MayNotDo,
            ):
                continue

    def _reply(self, ticket: Ticket, at: datetime) -> None:
        if self.dice.random() < 0.5:
            tickets.reply_to_customer(
                ticket=fresh(ticket), body="We look.", by=by(self.house.agent), at=at
            )
            return
        tickets.send_attention_statement(
            ticket=fresh(ticket),
            body="A plan.",
            estimated_at=at + DAY,
            by=by(self.house.agent),
            at=at,
        )

    def _answer(self, ticket: Ticket, at: datetime) -> None:
        tickets.reply_as_customer(
            ticket=fresh(ticket), body="This one.", by=by(self.house.requester), at=at
        )

    def _state(self, ticket: Ticket, at: datetime) -> None:
        seen = fresh(ticket)
        name, who = self.dice.choice(
            [
                ("start", self.house.agent),
                ("pend_user", self.house.agent),
                ("pend_supplier", self.house.agent),
                ("solve", self.house.agent),
                ("decline", self.house.requester),
                ("approve", self.house.requester),
                ("cancel", self.house.requester),
                ("close_invalid", self.house.agent),
                ("reject", self.house.agent),
            ]
        )
        details = TransitionDetails(
            reason="So.",
            message="Which?",
            supplier="Link",
            supplier_case="7",
            promised_on=at.date(),
            solution_type="definitive",
        )
        tickets.transition_ticket(ticket=seen, name=name, details=details, by=by(who), at=at)

    def _classify(self, ticket: Ticket, at: datetime) -> None:
        pick = self.dice.choice
        change = Classification(
            impact=pick(list(Impact)),
            urgency=pick(list(Urgency)),
            kind=pick(list(Kind)),
            service=self.house.services[pick(["erp", "network"])],
        )
        supervisor = by(self.house.staff["desk_supervisor"])
        tickets.classify_ticket(
            ticket=fresh(ticket), classification=change, reason="Seen.", by=supervisor, at=at
        )

    def _contract(self, ticket: Ticket, at: datetime) -> None:
        tickets.change_contract(
            ticket=fresh(ticket),
            contract=self.dice.choice(self.contracts),
            reason="Signed.",
            from_start=self.dice.random() < 0.3,
            by=by(self.house.staff["desk_supervisor"]),
            at=at,
        )


def second_contract(house: House) -> Contract:
    gold = Contract.objects.create(
        organization=house.north, reference="GOLD", starts_on=date(2024, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=gold, service=service)
    own = [
        PolicyTarget(metric=metric, priority=p, minutes=45 * p)
        for metric in ("reaction", "attention")
        for p in Priority
    ]
    later = [
        PolicyTarget(metric="resolution", priority=priority, minutes=900 * priority)
        for priority in Priority
    ]
    terms = [
        PolicyTarget(metric="resolution", priority=priority, days=priority) for priority in Priority
    ]
    early = MONDAY_9AM - 30 * DAY
    publish_policy(
        organization=house.north,
        contract=gold,
        targets=own + later,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    publish_policy(
        organization=house.north,
        targets=terms,
        effective_from=early,
        pauses_extend_terms=True,
        by=SETUP,
        at=early,
    )
    cells = {(Urgency.LOW, Impact.MINOR): Priority.HIGH}
    publish_matrix(contract=gold, cells=cells, effective_from=early, by=SETUP, at=early)
    return gold


def third_contract(house: House) -> Contract:
    """Promises what the service guide does for high and critical priority, and less time for the
    others: some promises stay the same.
    """
    silver = Contract.objects.create(
        organization=house.north, reference="SILVER", starts_on=date(2024, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=silver, service=service)
    same = {
        ("reaction", Priority.CRITICAL): 40,
        ("reaction", Priority.HIGH): 60,
        ("attention", Priority.CRITICAL): 180,
    }
    own = [
        PolicyTarget(metric=m, priority=p, minutes=same.get((m, p), 10))
        for m in ("reaction", "attention")
        for p in Priority
    ]
    resolution = [
        PolicyTarget(metric="resolution", priority=priority, minutes=300) for priority in Priority
    ]
    early = MONDAY_9AM - 30 * DAY
    publish_policy(
        organization=house.north,
        contract=silver,
        targets=own + resolution,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    return silver


@pytest.mark.parametrize("seed", range(12))
def test_the_terms_in_force_give_exactly_what_was_measured(house: House, seed: int) -> None:
    lives = Life(house, seed, [second_contract(house), third_contract(house), house.contract])
    publish(house, at=MONDAY_9AM - DAY, effective_from=MONDAY_9AM + 15 * DAY)
    for _ in range(12):
        lives.live()

    result = simulate(house)

    assert before(result) == after(result) == measured(house)
    assert (result.changed, result.moved) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_terms_in_force_written_out_as_a_draft_give_what_was_published(
    house: House, seed: int
) -> None:
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
    solved = TransitionDetails(
        message="Done.", solution_type="definitive"
    )  # what happens later is not in the issued report
    tickets.transition_ticket(
        ticket=fresh(waiting), name="solve", details=solved, by=by(house.agent), at=APRIL_3 - HOUR
    )
    assert measured(house) != published.data["compliance"]
    house.north.refresh_from_db()
    draft = written_out(house.north, house.contract, MONDAY_9AM)

    result = simulate(house, draft)

    assert before(result) == after(result) == published.data["compliance"]
    assert result.published is True
    assert (result.changed, result.moved) == (0, 0)


def test_what_would_change_is_told_ticket_by_ticket(house: House) -> None:
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
    assert (matrix.moved, matrix.changed) == (
        2,
        1,
    )  # and critical tickets are promised a resolution too
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
        house, Draft(hours={"business": {str(day): [["00:00", "24:00"]] for day in range(7)}})
    )  # type: ignore[dict-item]
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
        (
            {"first_month": date(2026, 1, 1), "last_month": date(2026, 1, 1)},
            "first_month",
        ),  # without tickets
    ],
)
def test_what_cannot_be_simulated_is_refused_with_the_cure(
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


def test_an_agent_may_not_simulate(house: House) -> None:
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


def test_a_cancelled_part_is_left_alone_and_a_killed_workers_claim_lapses(house: House) -> None:
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
    written = written_out(house.north, gold, at)
    assert draft_from(written.as_data()) == written


def test_the_desk_asks_follows_reads_and_puts_in_force(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 30 * MINUTE
    )
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    with time_machine.travel(APRIL_3, tick=False):
        client = sign_in(administrator)
        page = client.get("/admin/simulations/?from=north")
        assert page.context["form"].initial["target_reaction_every_high"] == "1 h"
        wrong = client.post(
            "/admin/simulations/",
            {
                "organizations": house.north.pk,
                "first_month": "2026-03",
                "last_month": "2026-03",
                "target_reaction_every_high": "soon",
            },
        )
        assert (wrong.status_code, "Write 40 min, 3 h" in wrong.content.decode()) == (400, True)
        hole = client.post(
            "/admin/simulations/",
            {
                "organizations": house.north.pk,
                "first_month": "2026-03",
                "last_month": "2026-03",
                "target_reaction_every_high": "20 min",
            },
        )
        assert (hole.status_code, "Reaction has no target for" in hole.content.decode()) == (
            400,
            True,
        )
        targets = {f"target_reaction_every_{priority.code}": "20 min" for priority in Priority}
        asked = client.post(
            "/admin/simulations/",
            {
                "organizations": house.north.pk,
                "first_month": "2026-03",
                "last_month": "2026-03",
                **targets,
            },
        )
        path = asked.headers["Location"]
        waiting = client.get(path).content.decode()
        assert 'http-equiv="refresh"' in waiting
        for part in SimulationPart.objects.all():
            services.run_part(part_id=part.pk, at=APRIL_3)
        read = client.get(path).content.decode()
        assert ticket.number in read
        assert "100.0 % → 0.0 %" in text_of(read)
        lines = (
            b"".join(client.get(f"{path}changes.csv").streaming_content)
            .decode("utf-8-sig")
            .splitlines()
        )
        assert lines[1].startswith(f"north,{ticket.number},reaction,high,met,")
        refused = sign_in(house.staff["desk_manager"]).post(
            f"{path}put-in-force/", {"contract": house.contract.pk}
        )
        assert refused.status_code == 403
        done = sign_in(administrator).post(f"{path}put-in-force/", {"contract": house.contract.pk})
        assert done.status_code == 302
    make_ticket(house, at=APRIL_3 + DAY * 3)
    assert Clock.objects.filter(metric="reaction").order_by("-pk")[0].target == 20 * MINUTE


def test_the_csv_is_read_after_the_request_has_ended(house: House, sign_in: Any) -> None:
    make_ticket(house)
    simulate(house, drafted(Metric.REACTION, 20))
    client = sign_in(house.staff["desk_manager"])
    path = f"/admin/simulations/{Simulation.objects.get().pk}/changes.csv"
    token = tenancy._current.set(None)  # as in production: no scope stands around the request
    try:
        lines = b"".join(client.get(path).streaming_content).decode("utf-8-sig").splitlines()
    finally:
        tenancy._current.reset(token)
    assert len(lines) == 2


def test_what_is_put_in_force_is_what_was_simulated_also_over_narrower_targets(
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


def test_a_form_filled_with_the_terms_in_force_changes_nothing(house: House) -> None:
    early = MONDAY_9AM - DAY
    targets = [
        PolicyTarget(metric="reaction", priority=p, support_type="technological", minutes=10)
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
    ticket = make_ticket(house, service="network")
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 30 * MINUTE
    )
    house.north.refresh_from_db()
    values = initial_of(written_out(house.north, house.contract, MONDAY_9AM))
    form = SimulationForm(
        {
            **values,
            "organizations": [house.north.pk],
            "first_month": "2026-03",
            "last_month": "2026-03",
        }
    )

    assert form.is_valid(), form.errors
    result = simulate(house, form.draft())

    assert (result.changed, result.moved) == (0, 0)


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
    assert result.published is True


def test_a_breach_while_nothing_was_promised_is_none(house: House) -> None:
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


@pytest.mark.parametrize("text", ["9999999999999999 h", "4000 d", "99999 d", "0", "-3 h", "soon"])
def test_a_target_out_of_all_bounds_is_refused_in_the_form(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_promise(text)
