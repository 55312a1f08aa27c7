"""An audit that the audit area or the desk registers for a customer, and one that is typed."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl import load_workbook

from audits.models import AuditRequest, Visit
from audits.queries import delivery_clock, requestable_services
from audits.reading import TypedAudit, read_form, read_typed
from audits.services import AuditPlan, end_plan, plan_audit, request_audit
from catalog.models import Contract
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from tests.support.audits import ask, filled, membership, upload
from tests.support.house import HOUR, MONDAY_9AM, House, by
from tests.support.html import text_of
from tests.support.pages import english
from tickets.models import Attachment, Ticket
from tickets.services import Arrival

VALUES = {
    "auditor_company": "Auditores Reunidos",
    "auditor_name": "Elsa Robles",
    "auditor_email": "elsa@auditores.example",
    "purpose": "Controles de TI",
    "period_from": "2025-01-01",
    "period_to": "2025-12-31",
    "environment": "production",
}
ADDRESS = "/admin/audits/new/?organization=north"

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def typed(house: House, *texts: str, **changes: Any) -> TypedAudit:
    return TypedAudit(
        values=VALUES | changes,
        items=[(house.services["network"], text) for text in texts or ("Lista de usuarios",)],
    )


def page_data(house: House, **changes: Any) -> dict[str, Any]:
    return {
        **VALUES,
        "how": "typed",
        "membership": membership(house).pk,
        "channel": "phone",
        f"items_{house.services['network'].pk}": "Lista de usuarios\n\nRegistro de accesos\n",
    } | changes


def wrong_in(house: House, request: TypedAudit) -> dict[str, str]:
    services = requestable_services(house.north, MONDAY_9AM)
    with pytest.raises(Invalid) as refused:
        read_typed(request, services, at=MONDAY_9AM)
    return {name: str(words) for name, words in refused.value.fields.items()}


def test_a_typed_request_is_on_the_ticket_as_a_filled_form(house: House) -> None:
    """Also a text that a spreadsheet would compute: the form says what was typed."""
    request = typed(house, "=1+1", "Lista", purpose="+ control\x0b de TI", auditor_email="")

    audit = request_audit(
        membership=membership(house), form=request, by=by(house.requester), at=MONDAY_9AM
    )

    attached = Attachment.objects.get(ticket=audit.ticket)
    services = requestable_services(house.north, MONDAY_9AM)
    with attached.blob.file.open() as stream:
        read = read_form(stream, services, at=MONDAY_9AM)
    assert [item.description for item in read.items] == ["=1+1", "Lista"]
    assert (read.auditor_company, read.auditor_email) == ("Auditores Reunidos", "")
    assert (read.period_from, read.period_to) == (date(2025, 1, 1), date(2025, 12, 31))
    assert audit.form.sha256 == attached.blob.sha256
    assert list(audit.items.values_list("number", "description")) == [(1, "=1+1"), (2, "Lista")]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"auditor_company": " "}, "auditor_company", "Auditing company is missing."),
        ({"auditor_name": "x" * 121}, "auditor_name", "Shorten it to 120 characters."),
        ({"auditor_email": "nobody"}, "auditor_email", "Write one e-mail address."),
        ({"period_from": "soon"}, "period_from", "Write a date such as 2026-01-31."),
        ({"period_to": "1850-01-01"}, "period_to", "Give a day from 1990-01-01 on"),
        ({"period_to": "2024-12-31"}, "period_to", "The period ends before it begins."),
        ({"environment": "moon"}, "environment", "Choose one from the list."),
    ],
)
def test_a_wrong_typed_field_is_named(
    house: House, changes: dict[str, str], field: str, words: str
) -> None:
    wrong = wrong_in(house, typed(house, **changes))

    assert list(wrong) == [field]
    assert words in wrong[field]


def test_wrong_items_are_named_with_their_number(house: House) -> None:
    long = "x" * 2001

    erp = house.services["erp"]
    network = house.services["network"]
    several = TypedAudit(
        values=VALUES, items=[(network, long), (network, "Fine"), (network, long), (erp, long)]
    )
    shorten = "Shorten it to 2000 characters."
    assert wrong_in(house, several) == {
        f"items_{network.pk}": f"Item 1 of Network: {shorten} Item 3 of Network: {shorten}",
        f"items_{erp.pk}": f"Item 1 of Erp: {shorten}",
    }
    assert wrong_in(house, TypedAudit(values=VALUES, items=[])) == {
        "items": "List at least one item."
    }
    assert wrong_in(house, typed(house, *["Item"] * 201)) == {
        "items": "A request has up to 200 items."
    }


def test_the_audit_area_registers_and_the_desk_gets_a_new_ticket(
    house: House, sign_in: Any
) -> None:
    client = sign_in(english(house, "audit_area"))

    page = client.post(ADDRESS, page_data(house), follow=True)

    audit = AuditRequest.objects.get()
    ticket = audit.ticket
    assert page.redirect_chain == [(f"/admin/audits/{ticket.number}/", 302)]
    assert f"{ticket.number} was registered." in text_of(page.content.decode())
    assert (ticket.state, ticket.owner, ticket.channel) == ("new", None, "phone")
    assert ticket.requester == house.requester
    assert [item.description for item in audit.items.all()] == [
        "Lista de usuarios",
        "Registro de accesos",
    ]
    letters = OutboxMessage.objects.filter(template="audit_requested")
    assert {each.to_email for each in letters} == {"bpo@desk.example"}


def test_an_agent_who_registers_holds_the_ticket_as_any_other(house: House, sign_in: Any) -> None:
    sign_in(english(house)).post(ADDRESS, page_data(house))

    assert (Ticket.objects.get().state, Ticket.objects.get().owner) == ("open", house.agent)


def test_the_term_of_an_audit_sent_by_mail_runs_from_its_arrival(house: House) -> None:
    friday = MONDAY_9AM - timedelta(days=3)
    form = upload(filled(house), "form.xlsx")

    audit = request_audit(
        membership=membership(house),
        form=form,
        arrival=Arrival(at=friday),
        by=by(house.staff["audit_area"], Channel.EMAIL),
        at=MONDAY_9AM + HOUR,
    )

    clock = delivery_clock(audit.ticket_id)
    assert clock is not None
    assert clock.due_at is not None
    assert clock.started_at == friday
    at_once = delivery_clock(ask(house_of_another_year(house)).ticket_id)
    assert at_once is not None
    assert at_once.due_at is not None
    assert clock.due_at.date() == at_once.due_at.date() - timedelta(days=1)  # a weekend between


def house_of_another_year(house: House) -> House:
    """Move what was asked for into an earlier contract year, so that another may be asked for."""
    Ticket.objects.update(received_at="2011-03-05T12:00:00Z")
    return house


def test_a_visit_that_is_registered_was_announced_by_who_registered_it(
    house: House, sign_in: Any
) -> None:
    visit = {"visit_on": "2026-03-03", "visit_place": "data_centre", "visitors": "Elsa"}

    sign_in(english(house, "audit_area")).post(ADDRESS, page_data(house, **visit))

    assert Visit.objects.get().announced_by == house.staff["audit_area"]


def test_refused_fields_stand_beside_what_was_typed(house: House, sign_in: Any) -> None:
    data = page_data(
        house,
        auditor_company="",
        period_to="2024-01-01",
        channel="email",
        visitors="Elsa",
        **{f"items_{house.services['network'].pk}": ""},
    )

    page = sign_in(english(house, "audit_area")).post(ADDRESS, data)

    form = page.context["form"]
    first = next(name for name in form.fields if name.startswith("items_"))
    assert page.status_code == 400
    assert set(form.errors) == {
        "auditor_company",
        "period_to",
        "contacted_at",
        "visit_on",
        first,
    }
    assert "Controles de TI" in page.content.decode()
    assert not Ticket.objects.exists()


def test_a_used_allowance_names_the_audit_that_used_it(house: House, sign_in: Any) -> None:
    number = ask(house).ticket.number
    client = sign_in(english(house, "audit_area"))

    read = client.get(ADDRESS)
    sent = client.post(ADDRESS, page_data(house))

    assert number in read.content.decode()
    assert (sent.status_code, number in sent.content.decode()) == (400, True)
    assert AuditRequest.objects.count() == 1


@pytest.mark.parametrize("role", ["bpo", "consultant", "service_delivery", "administrator"])
def test_who_does_not_register_gets_no_form(house: House, sign_in: Any, role: str) -> None:
    client = sign_in(english(house, role))

    assert client.get(ADDRESS).status_code == 403
    assert client.get("/admin/audits/form/north/").status_code == 403
    assert client.get("/admin/audits/plan/").status_code == 403
    assert "Register an audit" not in text_of(client.get("/admin/audits/").content.decode())


@pytest.mark.parametrize("address", ["?plan={plan}", "?organization=north"])
def test_what_was_typed_is_kept_when_plan_or_customer_is_gone(
    house: House, sign_in: Any, address: str
) -> None:
    area = house.staff["audit_area"]
    contract = Contract.objects.select_related("organization").get(organization=house.north)
    plan = plan_audit(plan=AuditPlan(contract, date(2026, 4, 6)), by=by(area), at=MONDAY_9AM)
    path = f"/admin/audits/new/{address.format(plan=plan.pk)}"
    client = sign_in(english(house, "audit_area"))
    house.north.is_active = False
    house.north.save()

    page = client.post(path, page_data(house), headers={"origin": "http://testserver"})

    assert page.status_code == 400
    assert "Lista de usuarios" in page.content.decode()
    assert not AuditRequest.objects.exists()


def test_a_plan_that_was_called_off_meanwhile_does_not_keep_the_audit_from_being_registered(
    house: House, sign_in: Any
) -> None:
    area = house.staff["audit_area"]
    contract = Contract.objects.select_related("organization").get(organization=house.north)
    plan = plan_audit(plan=AuditPlan(contract, date(2026, 4, 6)), by=by(area), at=MONDAY_9AM)
    end_plan(planned=plan, reason="No", by=by(area), at=MONDAY_9AM)

    page = sign_in(english(house, "audit_area")).post(
        f"/admin/audits/new/?plan={plan.pk}", page_data(house)
    )

    assert page.status_code == 302
    assert AuditRequest.objects.get().organization == house.north


def test_a_file_beside_what_is_typed_is_not_dropped_without_a_word(
    house: House, sign_in: Any
) -> None:
    form = SimpleUploadedFile("form.xlsx", filled(house))

    page = sign_in(english(house, "audit_area")).post(ADDRESS, page_data(house, form=form))

    assert (page.status_code, list(page.context["form"].errors)) == (400, ["how"])


def test_a_text_that_names_a_character_stays_as_it_was_typed(house: House) -> None:
    audit = request_audit(
        membership=membership(house),
        form=typed(house, "_x000D_ and _x0041_"),
        by=by(house.requester),
        at=MONDAY_9AM,
    )

    services = requestable_services(house.north, MONDAY_9AM)
    with audit.form.file.open() as stream:
        read = read_form(stream, services, at=MONDAY_9AM)
    assert [item.description for item in read.items] == ["_x000D_ and _x0041_"]


def test_without_a_contract_both_doors_say_so(house: House, sign_in: Any) -> None:
    Contract.objects.filter(organization=house.north).update(ends_on=date(2026, 1, 5))
    house.north.save()

    portal = sign_in(house.requester).get("/audits/new/")
    desk = sign_in(english(house, "audit_area")).get(ADDRESS)

    assert "ask your account manager" in text_of(portal.content.decode())
    assert "No contract of this customer is in force" in text_of(desk.content.decode())
    assert ("form" in portal.context, "form" in desk.context) == (False, False)


def test_a_contract_that_ended_after_the_request_came_still_counts(
    house: House, sign_in: Any
) -> None:
    Contract.objects.filter(organization=house.north).update(ends_on=date(2026, 3, 1))
    house.north.save()
    data = page_data(house, channel="email", contacted_at="2026-02-27T10:00")

    client = sign_in(english(house, "audit_area"))
    late = client.post(ADDRESS, page_data(house))
    done = client.post(ADDRESS, data)

    assert "No contract in force covers a service" in text_of(late.content.decode())
    assert done.status_code == 302


@pytest.mark.parametrize("name", ["requester", "audit_area"])
def test_an_empty_form_is_refused(house: House, sign_in: Any, name: str) -> None:
    person = house.requester if name == "requester" else house.staff[name]
    path = "/audits/new/" if name == "requester" else ADDRESS

    page = sign_in(person).post(path, {})

    assert (page.status_code, "how" in page.context["form"].errors) == (400, True)


def test_a_member_who_raises_no_tickets_is_not_offered(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "audit_area"))
    recipient = membership(house, "report_recipient")

    page = client.post(ADDRESS, page_data(house, membership=recipient.pk))

    assert list(page.context["form"].errors) == ["membership"]


def test_the_desk_sends_the_empty_form_of_a_customer(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "audit_area"))

    book = load_workbook(BytesIO(client.get("/admin/audits/form/north/").content))

    assert len(book.worksheets) == 3
    assert client.get("/admin/audits/form/nowhere/").status_code == 404


def test_the_customer_types_a_request_in_the_portal(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)

    refused = client.post("/audits/new/", page_data(house, purpose=""))
    page = client.post("/audits/new/", page_data(house), follow=True)

    assert list(refused.context["form"].errors) == ["purpose"]
    audit = AuditRequest.objects.get()
    assert page.redirect_chain == [(f"/audits/{audit.ticket.number}/", 302)]
    assert audit.ticket.channel == "portal"
    assert Attachment.objects.get(ticket=audit.ticket).name == "audit-request.xlsx"
