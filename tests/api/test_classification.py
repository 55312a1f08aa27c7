"""Triage over the API: a preview writes nothing, a change needs a reason, no classification undoes
a breach, and only the desk classifies.
"""

from typing import Any

import pytest
import time_machine

from catalog.models import Contract, ContractService
from foundation.activity.models import Record
from sla.clocks.models import Clock
from tests.support.api import Api
from tests.support.house import (
    MINUTE,
    MONDAY_9AM,
    House,
    fresh,
    make_ticket,
)
from tests.support.policies import every_priority, publish_for
from tickets.models import Message


def test_the_preview_of_a_classification_writes_nothing(house: House, api: Any) -> None:
    ticket = make_ticket(house)  # high: reaction 1 h, attention 10 h
    agent: Api = api(house.agent)
    records = Record.objects.count()

    with time_machine.travel(MONDAY_9AM + 50 * MINUTE, tick=False):
        told = agent.post(
            f"tickets/{ticket.number}/classification/preview/", {"impact": "extensive"}
        )

    assert told.status_code == 200, told.content
    assert told.json()["priority"] == "critical"
    changes = {change.pop("metric"): change for change in told.json()["changes"]}
    assert changes["reaction"] == {
        "old_target_seconds": 3600.0,
        "old_target_days": None,
        "target_seconds": 2400.0,
        "target_days": None,
        "old_due_at": "2026-03-02T16:00:00Z",
        "due_at": "2026-03-02T15:40:00Z",
        "used_seconds": 3000,
        "becomes_missed": True,
    }
    assert (fresh(ticket).priority, fresh(ticket).impact, Record.objects.count()) == (
        2,
        ticket.impact,
        records,
    )


def test_the_preview_names_the_contract_that_the_service_would_bring(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    ContractService.objects.filter(
        contract=house.contract, service=house.services["network"]
    ).delete()
    path = f"tickets/{ticket.number}/classification/preview/"
    agent: Api = api(house.agent)

    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        told = [agent.post(path, {"service": name}).json() for name in ("erp", "network")]
        empty = Contract.objects.create(
            organization=house.north, reference="C-empty", starts_on=MONDAY_9AM.date()
        )
        moved = api(house.staff["desk_supervisor"]).post(
            f"tickets/{ticket.number}/contract/preview/", {"contract": empty.reference}
        )

    assert [(each["contract"], each["is_out_of_contract"]) for each in told] == [
        ("C-north", False),
        ("C-north", True),
    ]
    assert (moved.json()["contract"], moved.json()["is_out_of_contract"]) == ("C-empty", True)
    assert fresh(ticket).is_out_of_contract is False


@pytest.mark.parametrize(
    ("given", "status"), [("*", 200), ('"0"', 412), ("0", 412), ('"x"', 400), ('"٣"', 400)]
)
def test_a_change_names_the_version_it_was_made_for(
    house: House, api: Any, given: str, status: int
) -> None:
    ticket = make_ticket(house)

    answer = api(house.agent).post(
        f"tickets/{ticket.number}/classification/", {"impact": "minor"}, If_Match=given
    )

    assert answer.status_code == status


def test_a_partial_classification_keeps_the_other_fields(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    agent: Api = api(house.agent)
    path = f"tickets/{ticket.number}/classification/"

    with time_machine.travel(MONDAY_9AM + 5 * MINUTE, tick=False):
        saved = agent.post(
            path,
            {"urgency": "low", "service": "network"},
            Idempotency_Key="triage-1",
            If_Match=f'"{ticket.version}"',
        )
        replayed = agent.post(
            path,
            {"urgency": "low", "service": "network"},
            Idempotency_Key="triage-1",
            If_Match=f'"{ticket.version}"',
        )
        silent = agent.post(path, {"urgency": "high"})
        said = agent.post(path, {"urgency": "high", "reason": "Two branches."})
        late = agent.post(path, {"urgency": "low", "reason": "Back."}, If_Match='"1"')

    assert (
        saved.status_code,
        saved.json()["urgency"],
        saved.json()["service"],
        saved.json()["impact"],
    ) == (
        200,
        "low",
        "network",
        ticket.impact,
    )
    assert (replayed.status_code, replayed.headers["Idempotent-Replay"], replayed.json()) == (
        200,
        "true",
        saved.json(),
    )
    assert (silent.status_code, list(silent.json()["fields"])) == (400, ["reason"])
    assert (
        said.status_code,
        fresh(ticket).urgency,
        "Two branches." in Message.objects.get(ticket=ticket).body,
    ) == (200, "high", True)
    assert (late.status_code, fresh(ticket).urgency) == (412, "high")
    assert Record.objects.filter(verb="ticket.classified").count() == 2


@pytest.mark.parametrize("path", ["classification/", "classification/preview/"])
def test_foreign_users_and_wrong_fields_are_refused(house: House, api: Any, path: str) -> None:
    ticket = make_ticket(house)
    cases = [
        (house.requester, {"impact": "minor"}, 403, []),
        (house.outsider, {"impact": "minor"}, 404, []),
        (house.staff["consultant"], {"impact": "minor"}, 403, []),
        (house.agent, {"impact": "huge"}, 400, ["impact"]),
        (house.agent, {"service": "nothing-such"}, 400, ["service"]),
    ]
    for user, body, status, fields in cases:
        answer = api(user).post(f"tickets/{ticket.number}/{path}", body)
        assert (answer.status_code, list(answer.json()["fields"])) == (status, fields), (
            user,
            answer.content,
        )

    assert (fresh(ticket).version, Record.objects.filter(verb="ticket.classified").count()) == (
        ticket.version,
        0,
    )


def test_a_breach_is_not_classified_away(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    agent: Api = api(house.agent)
    with time_machine.travel(MONDAY_9AM + 65 * MINUTE, tick=False):
        easier = {"urgency": "low", "impact": "minor"}
        asked = agent.post(f"tickets/{ticket.number}/classification/preview/", easier)
        refused = agent.post(
            f"tickets/{ticket.number}/classification/", {**easier, "reason": "Not so bad."}
        )

    assert [(answer.status_code, answer.json()["code"]) for answer in (asked, refused)] == [
        (403, "hides_breach")
    ] * 2
    assert Clock.objects.get(ticket=ticket, metric="reaction").due_at == MONDAY_9AM + 60 * MINUTE


def test_a_supervisor_applies_a_classification_from_the_start(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    path = f"tickets/{ticket.number}/classification/"
    body = {"urgency": "low", "impact": "minor", "from_start": True, "reason": "One desk."}

    with time_machine.travel(MONDAY_9AM + 50 * MINUTE, tick=False):
        refused = api(house.agent).post(path, body)
        supervisor = api(house.staff["desk_supervisor"])
        previewed = supervisor.post(f"{path}preview/", body)
        silent = supervisor.post(path, body | {"reason": ""})
        saved = supervisor.post(path, body)

    assert (refused.status_code, silent.status_code, saved.status_code) == (403, 400, 200)
    assert list(silent.json()["fields"]) == ["reason"]
    due = {change["metric"]: change["due_at"] for change in previewed.json()["changes"]}
    assert due["reaction"] == "2026-03-02T17:00:00Z"
    clocks = {clock["metric"]: clock for clock in saved.json()["clocks"]}
    assert clocks["reaction"]["due_at"] == "2026-03-02T17:00:00Z"


def test_a_supervisor_changes_the_contract_over_the_api(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    gold = Contract.objects.create(
        organization=house.north, reference="C-gold", starts_on=house.contract.starts_on
    )
    ContractService.objects.create(contract=gold, service=house.services["erp"])
    publish_for(house, every_priority(minutes=30), contract=gold)
    path = f"tickets/{ticket.number}/contract/"
    body = {"contract": "C-gold", "from_start": True, "reason": "Signed in March."}

    with time_machine.travel(MONDAY_9AM + 5 * MINUTE, tick=False):
        refused = api(house.agent).post(path, body)
        unseen = api(house.outsider).post(path, body)
        supervisor = api(house.staff["desk_supervisor"])
        previewed = supervisor.post(f"{path}preview/", {"contract": "C-gold"})
        unknown = supervisor.post(path, body | {"contract": "C-south"})
        silent = supervisor.post(path, body | {"reason": " "})
        stale = supervisor.post(path, body, If_Match='"0"')
        saved = supervisor.post(path, body, Idempotency_Key="gold-1")

    codes = [page.status_code for page in (refused, unseen, unknown, silent, stale, saved)]
    assert codes == [403, 403, 400, 400, 412, 200]
    assert [change["target_seconds"] for change in previewed.json()["changes"]] == [1800.0]
    assert list(unknown.json()["fields"]) == ["contract"]
    assert fresh(ticket).contract == gold
    clocks = {clock["metric"]: clock for clock in saved.json()["clocks"]}
    assert clocks["reaction"]["due_at"] == "2026-03-02T15:30:00Z"
