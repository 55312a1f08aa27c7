"""Acts of a customer besides messages: escalation, and the announcement of an auditor's visit."""

from datetime import date
from typing import Any

import pytest
import time_machine

from audits.models import Visit
from audits.queries import get_visit
from audits.services import announce_visit
from escalation.models import Escalation
from foundation.core.errors import NotFound
from tests.support.audits import ask as ask_audit
from tests.support.audits import delivered
from tests.support.house import DAY, MONDAY_9AM, House, by, make_ticket
from tests.support.html import text_of

pytestmark = pytest.mark.usefixtures("monday")


def test_the_requester_escalates_the_second_ticket_to_its_first_level(
    house: House, sign_in: Any
) -> None:
    other = make_ticket(house)
    ticket = make_ticket(house)

    page = sign_in(house.requester).post(
        f"/tickets/{ticket.number}/escalate/", {"reason": "Nobody calls back."}, follow=True
    )

    step = Escalation.objects.get()
    assert (step.ticket, step.position, step.cause, step.reason) == (
        ticket,
        1,
        "request",
        "Nobody calls back.",
    )
    assert "Agent" in text_of(page.content.decode())
    assert not Escalation.objects.filter(ticket=other).exists()


def test_an_escalation_without_a_reason_is_refused(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    refused = sign_in(house.requester).post(f"/tickets/{ticket.number}/escalate/", {"reason": " "})

    assert refused.status_code == 400
    assert not Escalation.objects.exists()


def test_another_customers_ticket_cannot_be_escalated(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    refused = sign_in(house.outsider).post(f"/tickets/{ticket.number}/escalate/", {"reason": "Me."})

    assert refused.status_code == 404
    assert not Escalation.objects.exists()


VISIT = {"on": "2026-03-20", "place": "data_centre", "visitors": "Elsa Robles"}


def test_a_visit_is_announced_for_the_audit_of_its_page(house: House, sign_in: Any) -> None:
    audit = ask_audit(house)
    number = audit.ticket.number

    done = sign_in(house.requester).post(f"/audits/{number}/visit/", VISIT)

    visit = Visit.objects.get()
    assert done["Location"] == f"/audits/{number}/"
    assert (visit.audit, visit.on, visit.place, visit.visitors) == (
        audit,
        date(2026, 3, 20),
        "data_centre",
        "Elsa Robles",
    )


def test_a_visit_too_early_is_refused_with_the_first_day_and_the_typed_values(
    house: House, sign_in: Any
) -> None:
    number = ask_audit(house).ticket.number

    refused = sign_in(house.requester).post(
        f"/audits/{number}/visit/", {**VISIT, "on": "2026-03-04"}
    )

    assert refused.status_code == 400
    page = refused.content.decode()
    assert "Elsa Robles" in page
    assert "Mar 9, 2026" in text_of(page)
    assert not Visit.objects.exists()


def test_a_visit_is_found_by_its_number_within_its_audit(house: House) -> None:
    audit = ask_audit(house)
    visits = [
        announce_visit(
            audit=audit,
            place="data_centre",
            on=date(2026, 3, day),
            visitors="Elsa",
            by=by(house.requester),
            at=MONDAY_9AM,
        )
        for day in (20, 23)
    ]

    assert [get_visit(audit, visit.pk) for visit in visits] == visits
    with pytest.raises(NotFound):
        get_visit(audit, visits[1].pk + 1)


def test_a_visit_of_another_audit_is_not_found(house: House) -> None:
    first = delivered(house)
    visit = Visit.objects.create(
        organization=house.north,
        audit=first,
        on=date(2026, 3, 20),
        place="data_centre",
        visitors="Elsa",
        announced_by=house.requester,
        announced_at=MONDAY_9AM,
    )
    with time_machine.travel(MONDAY_9AM + 400 * DAY, tick=False):
        second = ask_audit(house, at=MONDAY_9AM + 400 * DAY)

    with pytest.raises(NotFound):
        get_visit(second, visit.pk)
