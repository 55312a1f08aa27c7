"""Triage over the API: a preview writes nothing, a change needs a reason, no classification undoes
a breach, and only the desk classifies.
"""

from typing import Any

import pytest
import time_machine

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
        "used_seconds": 3000.0,
        "becomes_missed": True,
    }
    assert (fresh(ticket).priority, fresh(ticket).impact, Record.objects.count()) == (
        2,
        ticket.impact,
        records,
    )


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
