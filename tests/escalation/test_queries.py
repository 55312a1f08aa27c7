"""The queries of escalation return the rows that are asked for, with others beside them."""

from datetime import datetime

import pytest
from django.core import signing

from catalog.models import Contract
from escalation import queries, services
from escalation.models import (
    Drill,
    Escalation,
    EscalationLevel,
    EscalationMatrix,
    EscalationRule,
    MatrixKind,
    SilenceWatch,
    Trigger,
)
from escalation.queries import AcknowledgementLink
from escalation.rules import Among
from foundation.accounts.models import User
from foundation.core.errors import NotFound
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.rules import rule
from tickets.models import Ticket


def ask(house: House, ticket: Ticket, at: datetime = MONDAY_9AM) -> Escalation:
    return services.request_escalation(
        ticket=fresh(ticket), reason="Late.", by=by(house.requester), at=at
    )


def add_matrix(
    house: House,
    number: int,
    *,
    contract: Contract | None = None,
    kind: MatrixKind = MatrixKind.HIERARCHICAL,
    effective_from: datetime = MONDAY_9AM,
) -> EscalationMatrix:
    made: EscalationMatrix = EscalationMatrix.objects.create(
        organization=house.north,
        contract=contract,
        kind=kind,
        number=number,
        effective_from=effective_from,
        published_at=MONDAY_9AM,
    )
    return made


def silence(**values: object) -> EscalationRule:
    return rule(**({"trigger": "silence", "percent": None, "silence_minutes": 60} | values))


def test_an_escalation_is_found_by_its_id_and_its_ticket(house: House) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    first, second = (ask(house, ticket) for ticket in tickets)

    assert queries.get_escalation(second.pk) == second
    assert queries.get_escalation(first.pk, tickets[0]) == first
    assert queries.get_escalation(second.pk, tickets[1]) == second
    with pytest.raises(NotFound):
        queries.get_escalation(second.pk, tickets[0])
    with pytest.raises(NotFound):
        queries.get_escalation(second.pk + 1)


def test_the_escalations_of_a_ticket_are_its_own(house: House) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    steps = [ask(house, ticket) for ticket in tickets]
    steps.append(ask(house, tickets[0], MONDAY_9AM + 2 * MINUTE))

    assert queries.escalations_of(tickets[0]) == [steps[0], steps[2]]
    assert queries.escalations_of(tickets[1]) == [steps[1]]


def test_the_oldest_unacknowledged_steps_come_first_up_to_the_limit(house: House) -> None:
    later = ask(house, make_ticket(house), MONDAY_9AM + 5 * MINUTE)
    sooner = ask(house, make_ticket(house))
    north = house.north.pk

    assert queries.unacknowledged(MONDAY_9AM + 30 * MINUTE, 10) == []
    assert queries.unacknowledged(MONDAY_9AM + 30 * MINUTE + SECOND, 10) == [(north, sooner.pk)]
    assert queries.unacknowledged(MONDAY_9AM + HOUR, 1) == [(north, sooner.pk)]
    assert queries.unacknowledged(MONDAY_9AM + HOUR, 10) == [(north, sooner.pk), (north, later.pk)]


def test_the_matrix_of_the_contract_comes_before_that_of_the_organization(house: House) -> None:
    north = house.north.pk
    contract = house.contract
    general = EscalationMatrix.objects.get(organization=house.north)
    own = add_matrix(house, 11, contract=contract)
    functional = add_matrix(house, 12, kind=MatrixKind.TECHNICAL)

    assert queries.matrix_on(north, contract.pk, MONDAY_9AM) == own
    assert queries.matrix_on(north, contract.pk, MONDAY_9AM - SECOND) == general
    assert queries.matrix_on(north, contract.pk + 1000, MONDAY_9AM) == general
    assert queries.matrix_on(north, None, MONDAY_9AM) == general
    assert queries.matrix_on(north, None, MONDAY_9AM, MatrixKind.TECHNICAL) == functional
    assert queries.matrix_on(house.south.pk, contract.pk, MONDAY_9AM) == (
        EscalationMatrix.objects.get(organization=house.south)
    )


def test_a_ticket_without_any_matrix_has_no_levels(house: House) -> None:
    EscalationLevel.objects.all().delete()
    EscalationMatrix.objects.all().delete()

    assert queries.ladder_of(make_ticket(house), MONDAY_9AM) == []


def test_the_matrices_in_force_are_shown_in_their_newest_version(house: House) -> None:
    general = EscalationMatrix.objects.get(organization=house.north)
    own = add_matrix(house, 11, contract=house.contract)
    old = add_matrix(house, 12, kind=MatrixKind.TECHNICAL)
    new = add_matrix(house, 13, kind=MatrixKind.TECHNICAL)
    add_matrix(house, 14, effective_from=MONDAY_9AM + SECOND)

    shown = queries.matrices_in_force(house.north.pk, MONDAY_9AM)

    found = [each.matrix for each in shown]
    assert old not in found
    assert sorted(found, key=lambda each: each.number) == [general, own, new]
    assert found.index(general) + 1 == found.index(own)
    levels = {each.matrix: [level.position for level in each.levels] for each in shown}
    assert levels == {general: [1, 2, 3], own: [], new: []}


@pytest.mark.parametrize("content", [[], [1], 7])
def test_a_signed_token_with_wrong_content_is_not_found(content: object) -> None:
    token = signing.dumps(content, salt="escalation.acknowledge")

    with pytest.raises(NotFound):
        queries.read_token(token)


def test_a_token_says_to_whom_the_link_was_mailed(house: House) -> None:
    escalation = ask(house, make_ticket(house))
    outside = User(email="night@carrier.example", full_name="The Carrier")

    links = [
        queries.read_token(queries.acknowledge_token(escalation, person))
        for person in (house.agent, outside)
    ]

    assert links == [
        AcknowledgementLink(house.north.pk, escalation.pk, house.agent.pk, "Agent"),
        AcknowledgementLink(house.north.pk, escalation.pk, None, "The Carrier"),
    ]


def test_only_active_silence_rules_without_watches_are_planned(house: House) -> None:
    told = {"action": "tell", "person": house.agent}
    rule(name="Clock", **told)
    silence(name="Off", is_active=False, **told)
    silence(name="Planned", planned_at=MONDAY_9AM, **told)
    wanted = silence(name="Wanted", **told)

    assert queries.rules_to_plan() == [wanted]


def test_the_active_rules_come_in_their_order_with_their_customers(house: House) -> None:
    second = rule(name="Second", position=2)
    first = rule(name="First", position=1)
    rule(name="Off", is_active=False, position=0)
    second.organizations.set([house.south])

    found = queries.active_rules()

    assert [(each.rule, each.among) for each in found] == [
        (first, Among()),
        (second, Among((house.south.pk,))),
    ]
    assert queries.any_rule(Trigger.CLOCK, Trigger.STATE) is True
    assert queries.any_rule(Trigger.SILENCE, Trigger.STATE) is False


def test_the_oldest_due_watches_come_first_up_to_the_limit(house: House) -> None:
    silence(action="tell", person=house.agent)
    later = SilenceWatch.objects.get(ticket=make_ticket(house, at=MONDAY_9AM + MINUTE))
    sooner = SilenceWatch.objects.get(ticket=make_ticket(house))
    north = house.north.pk

    assert queries.due_watches(MONDAY_9AM + HOUR - SECOND, 10) == []
    assert queries.due_watches(MONDAY_9AM + HOUR, 10) == [(north, sooner.pk)]
    assert queries.due_watches(MONDAY_9AM + DAY, 1) == [(north, sooner.pk)]
    assert queries.due_watches(MONDAY_9AM + DAY, 10) == [(north, sooner.pk), (north, later.pk)]


def test_the_newest_drills_of_an_organization_come_first(house: House) -> None:
    drills = [
        Drill.objects.create(
            organization=organization, started_by=house.agent, started_at=MONDAY_9AM, notified=[]
        )
        for organization in (house.north, house.south, house.north, house.north)
    ]

    assert queries.drills_of(house.north.pk, 2) == [drills[3], drills[2]]
    assert queries.drills_of(house.south.pk, 2) == [drills[1]]


def test_a_signed_token_without_numbers_is_not_found() -> None:
    token = signing.dumps(["x", "y", None, "z"], salt="escalation.acknowledge")

    with pytest.raises(NotFound):
        queries.read_token(token)


def test_the_highest_level_is_that_of_the_named_organizations(house: House) -> None:
    EscalationLevel.objects.filter(matrix__organization=house.north, position__gt=2).delete()
    highest = EscalationLevel.objects.filter(matrix__organization=house.south).latest("position")
    EscalationLevel.objects.filter(pk=highest.pk).update(position=7)

    assert queries.highest_level([house.north.pk]) == 2
    assert queries.highest_level([house.south.pk]) == 7
    assert queries.highest_level([house.north.pk, house.south.pk]) == 7
    assert queries.highest_level([]) == 7
