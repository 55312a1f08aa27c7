"""Requesting an audit: the form, the allowance, and who may request one (SPEC 9.1, 9.5, 9.10)."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from audits import services
from audits.models import AuditRequest, AuditState, RequestedItem
from audits.queries import year_start
from audits.reading import FormRefused, read_form
from audits.services import AllowanceUsed
from audits.services.base import NotNow
from catalog.models import Contract, ContractService
from foundation.calendars.models import Calendar
from foundation.calendars.services import publish_calendar_version
from foundation.core.classification import Environment
from foundation.core.errors import DomainError, Invalid
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks
from tests.support.audits import (
    ITEMS,
    again,
    ask,
    filled,
    membership,
    prepare,
    text,
    told,
    upload,
)
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
)
from tests.support.tickets import step
from tickets.models import Attachment, Message, Ticket


def test_a_filled_form_becomes_a_ticket_with_its_items_and_seven_business_days(
    house: House,
) -> None:
    audit = ask(house, checklist=[text()])

    assert (audit.state, audit.auditor_name, audit.period_to) == (
        "open",
        "Elsa Robles",
        date(2025, 12, 31),
    )
    assert list(RequestedItem.objects.filter(audit=audit).values_list("number", "description")) == [
        (1, ITEMS[0][1]),
        (2, ITEMS[1][1]),
    ]
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    # Wednesday 11 March, 19:00 in Mexico City
    assert clock.due_at == datetime(2026, 3, 12, 1, tzinfo=UTC)
    assert set(Attachment.objects.filter(ticket=audit.ticket).values_list("name", flat=True)) == {
        "solicitud.xlsx",
        "usuarios.csv",
    }
    assert told("audit_requested") == ["audit_area@desk.example", "bpo@desk.example"]
    assert rebuild_clocks(ticket=fresh(audit.ticket), write=False) == []


def test_the_seven_days_step_over_the_holidays_of_the_customers_country(house: House) -> None:
    # Monday the 9th; Monday the 16th is a holiday in Mexico
    audit = ask(house, at=MONDAY_9AM + 7 * DAY)

    # Thursday the 19th
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").due_at == datetime(
        2026, 3, 20, 1, tzinfo=UTC
    )
    publish_calendar_version(
        calendar=Calendar.objects.get(organization=house.north, role="business"),
        time_zone="America/Mexico_City",
        hours={str(day): [["09:00", "19:00"]] for day in range(5)},
        holidays={"2026-03-16": "Natalicio", "2026-03-17": "Local"},
        effective_from=MONDAY_9AM + 7 * DAY + HOUR,
        by=SETUP,
        at=MONDAY_9AM + 7 * DAY + HOUR,
    )
    from foundation.calendars.models import CalendarVersion
    from sla.clocks.services import redate_clocks

    redate_clocks(
        version=CalendarVersion.objects.order_by("-pk")[0], at=MONDAY_9AM + 7 * DAY + HOUR
    )
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").due_at == datetime(
        2026, 3, 21, 1, tzinfo=UTC
    )


def test_every_wrong_cell_of_the_form_is_named_at_once_and_nothing_is_raised(house: House) -> None:
    wrong = {"C4": None, "C6": "nobody", "C8": "soon", "C10": "Moon"}
    with pytest.raises(FormRefused) as refused:
        ask(house, fields=wrong, items=(("Unknown service", "X"), ("erp", "")))

    cells = {where.partition("!")[2] for where in refused.value.fields}
    assert cells == {"C4", "C6", "C8", "C10", "B2", "C3"}
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a workbook", b"PK"])
def test_another_file_is_no_form(house: House, content: bytes) -> None:
    with pytest.raises(FormRefused):
        read_form(BytesIO(content), [], at=MONDAY_9AM)


def test_the_form_is_read_in_spanish_as_in_english(house: House) -> None:
    from audits.queries import requestable_services

    wanted = read_form(
        BytesIO(filled(house, fields={"C10": "producción"})),
        requestable_services(house.north, MONDAY_9AM),
        at=MONDAY_9AM,
    )
    assert (wanted.environment, len(wanted.items)) == (Environment.PRODUCTION, 2)


def test_one_audit_a_contract_year_is_included_and_a_further_one_is_the_commercial_areas(
    house: House,
) -> None:
    first = ask(house)
    with pytest.raises(AllowanceUsed) as refused:
        ask(house, at=MONDAY_9AM + DAY)
    assert first.ticket.number in str(refused.value)
    assert "commercial area" in str(refused.value) or "comercial" in str(refused.value)

    step(house, first.ticket, "cancel", MONDAY_9AM + DAY, reason="Not now.")
    second = ask(house, at=MONDAY_9AM + 2 * DAY)  # what was called off took no allowance
    begins = house.contract.starts_on.replace(year=2027)
    at = datetime(begins.year, begins.month, begins.day, 18, tzinfo=UTC) + DAY
    house.contract.ends_on = None
    house.contract.save()
    house.north.refresh_from_db()
    third = ask(house, at=at)  # the next contract year

    assert (second.year_starts_on, third.year_starts_on) == (
        year_start(house.contract, date(2026, 3, 4)),
        begins,
    )


@pytest.mark.parametrize(
    ("start", "day", "expected"),
    [
        (date(2024, 2, 29), date(2026, 2, 27), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2024, 7, 1), date(2026, 6, 30), date(2025, 7, 1)),
        (date(2024, 7, 1), date(2026, 7, 1), date(2026, 7, 1)),
    ],
)
def test_contract_years_begin_on_the_day_of_the_contract(
    house: House, start: date, day: date, expected: date
) -> None:
    house.contract.starts_on = start
    assert year_start(house.contract, day) == expected


def test_an_alternate_environment_is_evaluated_first_and_a_declined_one_leaves_the_allowance(
    house: House,
) -> None:
    audit = ask(house, fields={"C10": "Test"})
    assert audit.state == AuditState.EVALUATING
    with pytest.raises(NotNow):
        prepare(house, audit)

    area = house.staff["audit_area"]
    services.evaluate_environment(
        audit=audit,
        approves=False,
        reason="Production only.",
        by=by(area),
        at=MONDAY_9AM + HOUR,
    )
    assert again(audit).state == AuditState.DECLINED
    assert Message.objects.filter(ticket=audit.ticket, body__contains="Production only.").exists()

    other = ask(house, fields={"C10": "Pruebas"}, at=MONDAY_9AM + DAY)
    services.evaluate_environment(
        audit=other,
        approves=True,
        reason="As an exception.",
        by=by(area),
        at=MONDAY_9AM + DAY + HOUR,
    )
    assert prepare(house, other, at=MONDAY_9AM + DAY + HOUR).state == "prepared"


def test_only_valid_users_of_the_customer_ask(house: House) -> None:
    form = upload(filled(house), "s.xlsx")
    with pytest.raises(DomainError):
        services.request_audit(
            membership=membership(house, "report_recipient"),
            form=form,
            by=by(house.people["report_recipient"]),
            at=MONDAY_9AM,
        )
    with pytest.raises(DomainError):
        services.request_audit(
            membership=membership(house), form=form, by=by(house.outsider), at=MONDAY_9AM
        )
    assert not AuditRequest.objects.exists()


def test_items_of_services_of_several_contracts_need_a_request_each(house: House) -> None:
    network = house.services["network"]
    ContractService.objects.filter(contract=house.contract, service=network).delete()
    other = Contract.objects.create(
        organization=house.north, reference="C-network", starts_on=date(2025, 1, 1)
    )
    ContractService.objects.create(organization=house.north, contract=other, service=network)

    with pytest.raises(Invalid) as refused:
        ask(house, items=(("erp", "The users."), ("network", "The rules of the firewall.")))

    assert list(refused.value.fields) == ["form"]
    assert not AuditRequest.objects.exists()
    ask(house, items=(("network", "The rules of the firewall."),))
    assert fresh(AuditRequest.objects.get().ticket).contract == other
