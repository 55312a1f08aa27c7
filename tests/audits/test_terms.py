"""The terms in days that a contract sets for its audits, in every text that names them."""

from datetime import date
from typing import Any

import pytest

from audits.services import earliest_visit
from audits.terms import validation_of, visit_notice_of
from sla.targets import Term
from tests.support.audits import ask, delivered
from tests.support.clocks import clock_of, explained
from tests.support.house import DAY, HOUR, MONDAY_9AM, House
from tests.support.html import text_of
from tickets.models import Message, Ticket

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def agreed(house: House) -> House:
    house.contract.validation_days = 30
    house.contract.audit_validation_days = 8
    house.contract.visit_notice_days = 2
    house.contract.save()
    house.north.refresh_from_db()
    return house


def test_the_contract_sets_how_long_a_delivery_may_be_validated(agreed: House) -> None:
    audit = delivered(agreed)

    clock = clock_of(audit.ticket, "validation")
    assert clock.full_target == Term(8, business=True)
    rules = explained(audit.ticket, "validation", MONDAY_9AM + DAY + HOUR).rules
    assert [(rule.source.value, rule.target, rule.matched) for rule in rules] == [
        ("contract", Term(8, business=True), True)
    ]
    said = Message.objects.filter(ticket=audit.ticket).order_by("-pk")[0].body
    assert "8 business days to validate it" in said


def test_the_contract_sets_the_notice_of_a_visit(agreed: House, sign_in: Any) -> None:
    audit = ask(agreed)
    client = sign_in(agreed.requester)
    page = text_of(client.get(f"/audits/{audit.ticket.number}/").content.decode())
    early = client.post(
        f"/audits/{audit.ticket.number}/visit/",
        {"on": "2026-03-03", "place": "data_centre", "visitors": "Elsa"},
    )

    assert earliest_visit(audit, MONDAY_9AM) == date(2026, 3, 4)
    assert "2 business days" in page
    assert early.status_code == 400
    assert "at least 2 business days before it" in text_of(early.content.decode())


def test_the_form_of_a_request_names_the_notice(agreed: House, sign_in: Any) -> None:
    page = text_of(sign_in(agreed.requester).get("/audits/new/").content.decode())

    assert "Announced later, a visit needs 2 business days." in page


def test_out_of_contract_the_service_guide_sets_both(agreed: House) -> None:
    audit = ask(agreed)
    Ticket.objects.filter(pk=audit.ticket_id).update(is_out_of_contract=True)
    ticket = Ticket.objects.select_related("contract").get(pk=audit.ticket_id)

    assert (validation_of(ticket), visit_notice_of(ticket)) == (Term(3, business=True), 5)
