"""Changing a classification: its consequences are shown first, a change needs a reason, and only a
supervisor may undo a breach.
"""

from typing import Any

import pytest
import time_machine

from catalog.models import ContractService
from foundation.activity.models import Record
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Announcement, Clock
from sla.clocks.services import settle_ticket
from tests.support.house import (
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tickets import services
from tickets.models import Message, Ticket


def values(house: House, ticket: Ticket, **changes: Any) -> dict[str, Any]:
    found = fresh(ticket)
    kept = {
        "kind": found.kind,
        "service": found.service_id,
        "grid": f"{found.impact}:{found.urgency}",
        "reason": "",
    }
    return {**kept, "environment": found.environment, "version": found.version, **changes}


def seen(page: Any) -> str:
    return str(page.context["classify_form"].data["seen"])


def traces() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Record, OutboxMessage, Announcement, Message))


def test_the_effect_of_a_change_is_shown_before_it_is_saved(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)  # high: reaction 1 h
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/classify/"
    before = traces()
    with time_machine.travel(MONDAY_9AM + 50 * MINUTE, tick=False):
        shown = client.post(path, values(house, ticket, grid="extensive:critical"))
        assert (shown.status_code, traces(), fresh(ticket).priority) == (200, before, 2)
        changes = {
            c.metric: (c.old_due_at, c.due_at, c.used, c.becomes_missed)
            for c in shown.context["clock_changes"]
        }
        assert changes["reaction"] == (
            MONDAY_9AM + 60 * MINUTE,
            MONDAY_9AM + 40 * MINUTE,
            50 * MINUTE,
            True,
        )
        assert changes["attention"] == (
            MONDAY_9AM + 600 * MINUTE,
            MONDAY_9AM + 180 * MINUTE,
            50 * MINUTE,
            False,
        )

        again = client.post(
            path, values(house, ticket, grid="significant:critical", seen=seen(shown))
        )
        # other values than the ones whose consequences were shown
        assert (again.status_code, traces()) == (
            200,
            before,
        )
        saved = client.post(
            path, values(house, ticket, grid="extensive:critical", seen=seen(shown))
        )

    assert (saved.status_code, fresh(ticket).priority) == (302, 1)
    assert Clock.objects.get(ticket=ticket, metric="attention").due_at == MONDAY_9AM + 180 * MINUTE


def test_a_service_outside_the_contract_is_shown_before_it_is_saved(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    ContractService.objects.filter(service=house.services["network"]).delete()
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/classify/"
    form = values(house, ticket, service=house.services["network"].pk, reason="Not ERP.")
    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        shown = client.post(path, form)
        page = " ".join(shown.content.decode().split())
        was = fresh(ticket).is_out_of_contract
        saved = client.post(path, form | {"seen": seen(shown)})

    assert (shown.status_code, was) == (200, False)
    assert "</strong>: C-north → fuera de contrato" in page
    assert (saved.status_code, fresh(ticket).is_out_of_contract) == (302, True)


def test_a_change_that_moves_no_clock_is_saved_without_a_preview(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    with time_machine.travel(MONDAY_9AM, tick=False):
        saved = sign_in(house.agent).post(
            f"/admin/tickets/{ticket.number}/classify/", values(house, ticket, environment="test")
        )

    assert (saved.status_code, fresh(ticket).environment) == (302, "test")


def test_a_changed_classification_needs_a_reason_that_becomes_a_note(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/classify/"
    with time_machine.travel(MONDAY_9AM, tick=False):
        client.post(path, values(house, ticket))
        shown = client.post(path, values(house, ticket, grid="minor:low"))
        silent = client.post(path, values(house, ticket, grid="minor:low", seen=seen(shown)))
        said = client.post(
            path,
            values(house, ticket, grid="minor:low", seen=seen(shown), reason="Only one branch."),
        )

    assert (silent.status_code, said.status_code, fresh(ticket).urgency) == (400, 302, "low")
    assert "reason" in silent.context["classify_form"].errors
    note = Message.objects.get(ticket=ticket)
    assert (note.kind, "Only one branch." in note.body) == ("note", True)
    assert (
        Record.objects.filter(verb="ticket.classified").order_by("pk").last().payload["note"]
        == note.pk
    )


@pytest.mark.parametrize(
    ("who", "status", "priority"), [("agent", 403, 1), ("desk_supervisor", 302, 4)]
)
def test_only_a_supervisor_can_take_a_breach_back(
    house: House, sign_in: Any, who: str, status: int, priority: int
) -> None:
    ticket = make_ticket(house, urgency="critical", impact="extensive")  # reaction 40 min
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 45 * MINUTE)
    client = sign_in(house.staff[who])
    path = f"/admin/tickets/{ticket.number}/classify/"
    easier = {"grid": "minor:low", "reason": "It was one person."}
    with time_machine.travel(MONDAY_9AM + 50 * MINUTE, tick=False):
        shown = client.post(path, values(house, ticket, **easier))
        word = seen(shown) if shown.status_code == 200 else "x"
        answer = client.post(path, values(house, ticket, **easier, seen=word))

    assert (answer.status_code, fresh(ticket).priority) == (status, priority)
    missed = Clock.objects.get(ticket=ticket, metric="reaction").breached_at is not None
    assert missed is (who == "agent")


def test_a_breach_is_not_talked_away_by_a_direct_call_either(house: House) -> None:
    ticket = make_ticket(house, urgency="critical", impact="extensive")
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 45 * MINUTE)
    found = fresh(ticket)
    easier = services.Classification(
        impact="minor", urgency="low", kind=found.kind, service=found.service
    )
    from sla.clocks.services import HidesBreach

    with pytest.raises(HidesBreach):
        services.classify_ticket(
            ticket=found,
            classification=easier,
            reason="x",
            by=by(house.agent),
            at=MONDAY_9AM + 50 * MINUTE,
        )

    assert fresh(ticket).priority == 1


def test_only_a_supervisor_is_asked_whether_it_was_wrong_from_the_start(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    def asked(name: str) -> bool:
        path = f"/admin/tickets/{ticket.number}/panels/triage/"
        page = sign_in(house.staff[name]).get(path).content.decode()
        form = page[page.index('id="classification"') :].split("</form>")[0]
        return 'name="from_start"' in form

    assert (asked("agent"), asked("desk_supervisor")) == (False, True)
