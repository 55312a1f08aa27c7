"""The portal: a refused form keeps its input, files are checked, other people's tickets answer 404,
lists have constant query counts.
"""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Contract, FieldType, TemplateField
from escalation.models import Escalation, EscalationLevel, EscalationMatrix
from foundation.accounts.models import Membership, User
from reports.services import request_report
from tests.support.house import (
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.html import text_of
from tests.support.statements import counted
from tests.support.tickets import solved, step
from tickets import services
from tickets.models import Attachment, Message, Ticket

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    b"\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
)


pytestmark = pytest.mark.usefixtures("monday")


def form(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "organization": house.north.pk,
        "subject": "Tax doubled",
        "description": "Since today.",
        "impact": "minor",
        "urgency": "low",
        **changes,
    }


def test_a_refused_form_keeps_the_typed_values(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    disguised = SimpleUploadedFile("photo.png", b"MZ not a picture")

    for change, expected in (
        ({"subject": ""}, "Since today."),
        ({"attachments": disguised}, "photo.png"),
        ({"organization": house.south.pk}, "Since today."),
    ):
        response = client.post("/catalog/erp-error/", form(house, **change))

        assert response.status_code == 400
        assert "Since today." in response.content.decode()
        assert expected in response.content.decode()
    assert Ticket.objects.count() == 0


def test_fields_of_the_template_and_files_are_kept_with_the_ticket(
    house: House, sign_in: Any
) -> None:
    TemplateField.objects.create(
        template=house.template,
        key="module",
        type=FieldType.CHOICE,
        label_es="Módulo",
        options_es="Ventas\nCompras",
        is_required=True,
    )
    client = sign_in(house.requester)

    refused = client.post("/catalog/erp-error/", form(house))
    client.post(
        "/catalog/erp-error/",
        form(house, field_module="Compras", attachments=SimpleUploadedFile("screen.png", PNG)),
    )

    ticket = Ticket.objects.get()
    assert refused.status_code == 400
    assert ticket.answers == [{"label_es": "Módulo", "label_en": "Módulo", "value": "Compras"}]
    file = client.get(f"/attachments/{Attachment.objects.get().pk}/")
    assert (
        b"".join(file.streaming_content),
        file["Content-Type"],
        file["X-Content-Type-Options"],
    ) == (PNG, "image/png", "nosniff")


def test_a_field_for_a_person_offers_the_active_members_of_the_customer_alone(
    house: House, sign_in: Any
) -> None:
    TemplateField.objects.create(
        template=house.template, key="boss", type=FieldType.PERSON, label_es="Autoriza"
    )
    gone = house.people["approver"]
    Membership.objects.filter(user=gone).update(is_suspended=True)
    client = sign_in(house.requester)

    for person in (house.outsider, house.agent, gone):
        refused = client.post("/catalog/erp-error/", form(house, field_boss=person.pk))
        assert refused.status_code == 400, person
    client.post("/catalog/erp-error/", form(house, field_boss=house.people["coordinator"].pk))

    assert [row["value"] for row in Ticket.objects.get().answers] == ["Coordinator North"]


def test_a_reply_with_a_refused_file_keeps_its_text(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    script = SimpleUploadedFile("run.exe", b"MZ\x90")

    page = sign_in(house.requester).post(
        f"/tickets/{ticket.number}/reply/", {"body": "A long answer.", "attachments": script}
    )

    assert page.status_code == 400
    text = page.content.decode()
    assert ">\nA long answer.</textarea>" in text
    assert "run.exe" in text
    assert not Message.objects.filter(ticket=ticket, body="A long answer.").exists()


def test_the_page_shows_an_expired_contract(house: House, sign_in: Any) -> None:
    Contract.objects.update(ends_on=MONDAY_9AM.date().replace(day=1))

    page = (
        sign_in(house.requester)
        .post("/catalog/erp-error/", form(house), follow=True)
        .content.decode()
    )

    assert "message-warning" in page
    assert Ticket.objects.get().is_out_of_contract


def test_missing_and_foreign_tickets_get_the_same_answer(house: House, sign_in: Any) -> None:
    foreign = make_ticket(house, organization=house.south, requester=house.outsider)
    client = sign_in(house.requester)

    pages = [
        client.get(f"/tickets/{number}/") for number in (foreign.number, "TK-999999", "999999")
    ]

    assert [page.status_code for page in pages] == [404, 404, 404]
    assert len({page.content.split(b'name="csrf')[0] for page in pages}) == 1


def test_decline_needs_a_reason_and_cancel_works_before_work_began(
    house: House, sign_in: Any
) -> None:
    ticket = solved(house, MONDAY_9AM)
    early = make_ticket(house)
    client = sign_in(house.requester)

    refused = client.post(f"/tickets/{ticket.number}/step/decline/", {"reason": " "})
    client.post(f"/tickets/{early.number}/step/cancel/", {"reason": "Twice."})
    forbidden = client.post(
        f"/tickets/{ticket.number}/step/solve/", {"message": "x", "solution_type": "definitive"}
    )

    assert (refused.status_code, fresh(ticket).state, forbidden.status_code) == (400, "solved", 400)
    assert fresh(early).state == "cancelled"


@pytest.mark.parametrize(
    ("answer", "state", "solutions_declined"), [("yes", "in_progress", 1), ("no", "solved", 0)]
)
def test_a_reply_on_a_solved_ticket_asks_whether_it_still_fails(
    house: House, sign_in: Any, answer: str, state: str, solutions_declined: int
) -> None:
    ticket = solved(house, MONDAY_9AM)
    client = sign_in(house.requester)

    unanswered = client.post(f"/tickets/{ticket.number}/reply/", {"body": "The total is wrong."})
    client.post(
        f"/tickets/{ticket.number}/reply/", {"body": "The total is wrong.", "still_fails": answer}
    )

    assert unanswered.status_code == 400
    assert "The total is wrong." in unanswered.content.decode()
    assert fresh(ticket).state == state
    assert (
        Message.objects.filter(ticket=ticket, is_from_staff=False)
        .values_list("body", flat=True)
        .get()
        == "The total is wrong."
    )
    assert Escalation.objects.filter(ticket=ticket, cause="declined").count() == solutions_declined


def test_after_the_end_the_page_offers_a_follow_up_and_the_two_tickets_lead_to_each_other(
    house: House, sign_in: Any
) -> None:
    ticket = solved(house, MONDAY_9AM)
    services.transition_ticket(
        ticket=fresh(ticket), name="approve", by=by(house.requester), at=MONDAY_9AM
    )
    client = sign_in(house.requester)

    assert (
        f"/tickets/{ticket.number}/follow-up/"
        in client.get(f"/tickets/{ticket.number}/").content.decode()
    )
    empty = client.post(f"/tickets/{ticket.number}/follow-up/", {"body": " "})
    raised = client.post(f"/tickets/{ticket.number}/follow-up/", {"body": "Again."}, follow=True)

    follower = Ticket.objects.get(continues=ticket)
    assert (empty.status_code, raised.redirect_chain[-1][0]) == (
        400,
        f"/tickets/{follower.number}/",
    )
    assert f'href="/tickets/{ticket.number}/"' in raised.content.decode()
    assert (
        f'href="/tickets/{follower.number}/"'
        in client.get(f"/tickets/{ticket.number}/").content.decode()
    )
    desk = sign_in(house.agent).get(f"/admin/tickets/{follower.number}/?open=after_page")
    assert f'href="/admin/tickets/{ticket.number}/"' in desk.content.decode()


def test_a_follow_up_of_another_customers_ticket_is_refused(house: House, sign_in: Any) -> None:
    ticket = solved(house, MONDAY_9AM)
    services.transition_ticket(
        ticket=fresh(ticket), name="approve", by=by(house.requester), at=MONDAY_9AM
    )

    assert (
        sign_in(house.outsider)
        .post(f"/tickets/{ticket.number}/follow-up/", {"body": "Mine."})
        .status_code
        == 404
    )
    assert not Ticket.objects.filter(continues=ticket).exists()


def test_the_deadline_is_explained_to_the_customer(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()

    assert "Mexico City · time zone rules" in text_of(page)
    assert "1:00:00" in page  # the counted hour of the reaction target, to the second
    assert "10:00:00" in page


def test_lists_cost_the_same_for_one_ticket_and_for_three(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            make_ticket(house)
        with CaptureQueriesContext(connection) as queries:
            client.get("/tickets/")
            client.get("/home/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_contacts_and_reports_cost_the_same_for_one_row_and_for_three(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.people["coordinator"])
    EscalationLevel.objects.filter(organization=house.north, position__gt=1).delete()
    counts = []
    for rows in (0, 2):
        for position in range(2, 2 + rows):
            EscalationLevel.objects.create(
                organization=house.north,
                matrix=EscalationMatrix.objects.get(organization=house.north),
                position=position,
                name_es="N",
                contact=house.agent,
                contact_name="A",
                email="a@mesa.example",
            )
            request_report(
                organization=house.north,
                month=date(2026, position, 1),
                language="es",
                by=by(house.people["coordinator"]),
                at=MONDAY_9AM,
            )
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/contacts/").status_code == 200
            assert client.get("/reports/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (("es", "en", "en"), "es"),
        (("", "es", "en"), "es"),
        (("", "", "es-MX,en;q=0.5"), "es"),
        (("", "", "de-DE"), "en"),  # the organization's
        (("", "", ""), "en"),
    ],
)
def test_profile_switch_browser_and_organization_decide_the_language_in_this_order(
    house: House, sign_in: Any, asked: tuple[str, str, str], language: str
) -> None:
    profile, switch, browser = asked
    User.objects.filter(pk=house.requester.pk).update(language=profile)
    client = sign_in(house.requester)
    if switch:
        client.cookies["django_language"] = switch

    page = client.get(
        "/home/", headers={"Accept-Language": browser} if browser else {}
    ).content.decode()

    assert f'<html lang="{language}"' in page


def test_the_follow_up_form_holds_a_reply_to_a_ticket_that_ended_meanwhile(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "cancel", MONDAY_9AM + MINUTE, reason="Twice.")
    client = sign_in(house.requester)

    page = client.post(f"/tickets/{ticket.number}/reply/", {"body": "All that I typed"})
    for _ in range(2):
        client.post(f"/tickets/{ticket.number}/follow-up/", {"body": "All that I typed"})

    assert (page.status_code, "All that I typed" in page.content.decode()) == (400, True)
    assert Ticket.objects.filter(continues=ticket).count() == 1  # sent twice, raised once


def test_a_ticket_is_raised_in_at_most_22_statements(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    client.post("/catalog/erp-error/", form(house, subject="The first one", once="a" * 22))

    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/catalog/erp-error/", form(house, once="b" * 22))

    assert answer.status_code == 302
    assert Ticket.objects.count() == 2
    assert counted(queries) <= 22
