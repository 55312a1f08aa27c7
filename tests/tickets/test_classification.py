"""Triage and the change of contract: what they write, record and refuse."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.models import Contract
from foundation.activity.models import Record
from foundation.core.classification import Environment, Impact, Kind, Urgency
from foundation.core.errors import Invalid
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import services
from tickets.models import Message, Ticket
from tickets.queries import reclassifications
from tickets.services import ActionNotAllowed, Classification, DetailsMissing, StaleTicket


def classify(
    house: House,
    ticket: Ticket,
    *,
    reason: str = "",
    user: str = "agent",
    expected_version: int | None = None,
    **changes: Any,
) -> Ticket:
    now = fresh(ticket)
    values = {
        "impact": Impact(now.impact),
        "urgency": Urgency(now.urgency),
        "kind": Kind(now.kind),
        "service": now.service,
        "environment": Environment(now.environment),
    }
    return services.classify_ticket(
        ticket=now,
        classification=Classification(**(values | changes)),
        reason=reason,
        by=by(house.staff[user]),
        at=MONDAY_9AM + HOUR,
        expected_version=expected_version,
    )


def facts(ticket: Ticket, verb: str) -> list[dict[str, Any]]:
    found = Record.objects.filter(object_type="ticket", object_id=ticket.pk, verb=verb)
    return [fact.payload for fact in found.order_by("pk")]


def second_contract(house: House, **values: Any) -> Contract:
    return Contract.objects.create(
        **(
            {
                "organization": house.north,
                "reference": "C-second",
                "starts_on": MONDAY_9AM.date(),
            }
            | values
        )
    )


def move(house: House, ticket: Ticket, contract: Contract, **values: Any) -> Ticket:
    says: dict[str, Any] = {"reason": "Signed.", "from_start": False} | values
    who = by(house.staff[says.pop("user", "desk_supervisor")])
    return services.change_contract(
        ticket=fresh(ticket), contract=contract, by=who, at=MONDAY_9AM + DAY, **says
    )


def test_a_confirmation_is_recorded_and_changes_nothing(house: House) -> None:
    ticket = make_ticket(house)

    confirmed = classify(house, ticket)

    assert confirmed.pk == ticket.pk
    assert fresh(ticket).classified_at == MONDAY_9AM + HOUR
    assert facts(ticket, "ticket.classified") == [
        {"changed": {}, "from_start": False, "note": None, "version": 2}
    ]
    assert list(reclassifications([ticket.pk], using="default")) == []


def test_the_first_change_needs_no_reason_and_a_later_one_does(house: House) -> None:
    ticket = make_ticket(house)
    classify(house, ticket, impact=Impact.EXTENSIVE)

    with pytest.raises(DetailsMissing) as caught:
        classify(house, ticket, impact=Impact.MINOR, reason=" ")
    classify(house, ticket, impact=Impact.EXTENSIVE)
    classify(house, ticket, user="desk_supervisor", impact=Impact.MINOR, reason=" Seen. ")

    assert list(caught.value.fields) == ["reason"]
    assert [bool(fact["changed"]) for fact in facts(ticket, "ticket.classified")] == [
        True,
        False,
        True,
    ]
    note = Message.objects.get(ticket=ticket)
    assert (note.kind, note.body.endswith(": Seen.")) == ("note", True)
    assert note.is_from_staff is True
    assert facts(ticket, "ticket.classified")[-1]["note"] == note.pk


def test_a_reason_without_a_change_writes_no_note(house: House) -> None:
    ticket = make_ticket(house)

    classify(house, ticket, reason="Nothing new.")

    assert not Message.objects.filter(ticket=ticket).exists()


def test_a_change_of_service_changes_the_support_type(house: House) -> None:
    ticket = make_ticket(house)

    classify(house, ticket, service=house.services["network"])

    assert fresh(ticket).service == house.services["network"]
    assert fresh(ticket).support_type == "technological"
    assert facts(ticket, "ticket.classified")[0]["changed"] == {
        "service": [house.services["erp"].pk, house.services["network"].pk],
        "support_type": ["functional", "technological"],
    }
    change = next(reclassifications([ticket.pk], using="default"))
    assert (change.ticket_id, change.is_contract, change.from_start) == (ticket.pk, False, False)
    assert change.at == MONDAY_9AM + HOUR


def test_a_change_of_environment_and_kind_is_recorded(house: House) -> None:
    ticket = make_ticket(house)
    other = next(each for each in Environment if each.value != ticket.environment)
    kind = next(each for each in Kind if each.value != ticket.kind)

    classify(house, ticket, environment=other, kind=kind)

    assert (fresh(ticket).environment, fresh(ticket).kind) == (other, kind)
    assert facts(ticket, "ticket.classified")[0]["changed"] == {
        "kind": ["incident", kind.value],
        "environment": [ticket.environment, other.value],
    }


def test_only_the_desk_classifies_and_only_open_tickets(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(ActionNotAllowed):
        classify(house, ticket, user="consultant")
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    with pytest.raises(ActionNotAllowed):
        classify(house, ticket)

    assert facts(ticket, "ticket.classified") == []


def test_a_holder_of_a_higher_level_does_not_classify(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")

    with pytest.raises(ActionNotAllowed):
        classify(house, ticket, user="consultant")


def test_a_ticket_moves_to_another_contract_from_now(house: House) -> None:
    ticket = make_ticket(house)
    contract = second_contract(house)

    moved = move(house, ticket, contract)

    assert moved.pk == ticket.pk
    saved = fresh(ticket)
    assert (saved.contract, saved.terms_at) == (contract, MONDAY_9AM + DAY)
    note = Message.objects.get(ticket=ticket)
    assert (note.kind, note.body.endswith(": Signed."), note.is_from_staff) == ("note", True, True)
    assert facts(ticket, "ticket.contract_changed") == [
        {
            "changed": {
                "contract": [house.contract.pk, contract.pk],
                "is_out_of_contract": [False, True],  # it has no services
            },
            "from_start": False,
            "note": note.pk,
            "version": 2,
        }
    ]
    change = next(reclassifications([ticket.pk], using="default"))
    assert (change.is_contract, change.from_start) == (True, False)


def test_a_ticket_moves_to_another_contract_from_its_arrival(house: House) -> None:
    ticket = make_ticket(house)
    contract = second_contract(house)

    move(house, ticket, contract, from_start=True)

    assert fresh(ticket).terms_at == MONDAY_9AM
    assert next(reclassifications([ticket.pk], using="default")).from_start is True


def test_a_contract_that_does_not_cover_the_day_flags_the_ticket(house: House) -> None:
    ticket = make_ticket(house)
    contract = second_contract(house, ends_on=(MONDAY_9AM + timedelta(hours=1)).date())

    move(house, ticket, contract)

    assert fresh(ticket).is_out_of_contract is True


def test_the_change_of_contract_refuses_the_same_and_a_foreign_contract(house: House) -> None:
    ticket = make_ticket(house)
    foreign = Contract.objects.get(organization=house.south)

    for contract in (house.contract, foreign):
        with pytest.raises(Invalid) as caught:
            move(house, ticket, contract)
        assert list(caught.value.fields) == ["contract"]
    with pytest.raises(DetailsMissing) as missing:
        move(house, ticket, second_contract(house), reason="  ")

    assert list(missing.value.fields) == ["reason"]
    assert fresh(ticket).contract == house.contract


def test_only_supervisors_change_the_contract_and_only_of_open_tickets(house: House) -> None:
    ticket = make_ticket(house)
    contract = second_contract(house)

    with pytest.raises(ActionNotAllowed):
        move(house, ticket, contract, user="agent")
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")
    with pytest.raises(ActionNotAllowed):
        move(house, ticket, contract)

    assert fresh(ticket).contract == house.contract


def test_a_stale_change_of_contract_is_refused(house: House) -> None:
    ticket = make_ticket(house)
    classify(house, ticket)

    with pytest.raises(StaleTicket, match=ticket.number):
        move(house, ticket, second_contract(house), expected_version=1)
    with pytest.raises(StaleTicket):
        classify(house, ticket, expected_version=1)

    assert fresh(ticket).version == 2
