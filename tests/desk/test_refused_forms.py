"""What the desk's ticket page says after each act, and how a refused form comes back."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Contract
from escalation.models import Cause
from escalation.services import escalate_ticket
from foundation.accounts.models import Membership
from tests.support.house import MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import services
from tickets.models import Message, Ticket

SCRIPT = ("run.exe", b"MZ\x90")


pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def desk(house: House, sign_in: Any) -> Any:
    """Sign in the supervisor, who reads English."""
    supervisor = house.staff["desk_supervisor"]
    supervisor.language = "en"
    supervisor.save()
    return sign_in(supervisor)


def act(client: Any, ticket: Ticket, tail: str, **typed: Any) -> Any:
    """Post a form of the ticket's page, and follow to where it leads."""
    values = {"version": fresh(ticket).version, **typed}
    return client.post(f"/admin/tickets/{ticket.number}/{tail}/", values, follow=True)


def told(page: Any) -> list[str]:
    return [str(each) for each in page.context["messages"]]


def test_each_act_shows_its_message(house: House, desk: Any) -> None:
    ticket = make_ticket(house)
    other = Contract.objects.create(
        organization=house.north, reference="C-2", starts_on=house.contract.starts_on
    )
    agent2 = house.staff["agent2"].pk

    found = [
        told(act(desk, ticket, "say", kind="note", body="Inside.")),
        told(act(desk, ticket, "say", kind="reply", body="Hello.")),
        told(act(desk, ticket, "assign", assignee=agent2)),
        told(act(desk, ticket, "assign", assignee="")),
        told(act(desk, ticket, "step/start")),
        told(
            act(
                desk,
                ticket,
                "contract",
                contract=other.pk,
                reason="Signed.",
                seen=f"{other.pk}-False",
            )
        ),
    ]

    assert found == [
        ["Note saved."],
        ["Sent to Requester North."],
        ["Assignee: Agent2."],
        ["Assignee: nobody."],
        [f"{ticket.number} is now “In progress”."],
        [f"Contract: {other}."],
    ]
    assert [each.kind for each in Message.objects.filter(ticket=ticket).order_by("pk")] == [
        "note",
        "reply",
        "note",  # the reason of the contract
    ]


@pytest.mark.parametrize(
    ("tail", "typed", "field"),
    [
        ("say", {"kind": "reply", "body": ""}, "body"),
        ("say", {"kind": "statement", "body": "Plan."}, "estimated_at"),
        ("classify", {"kind": "magic"}, "kind"),
        ("contract", {"contract": ""}, "contract"),
        ("assign", {"assignee": "0"}, "assignee"),
        ("deescalate", {"reason": ""}, "reason"),
    ],
)
def test_a_form_that_is_not_valid_comes_back_with_400_and_its_errors(
    house: House, desk: Any, tail: str, typed: dict[str, str], field: str
) -> None:
    ticket = make_ticket(house)
    escalate_ticket(
        ticket=fresh(ticket), cause=Cause.REQUEST, cause_key="x", by=SETUP, at=MONDAY_9AM
    )
    Contract.objects.create(
        organization=house.north, reference="C-2", starts_on=house.contract.starts_on
    )
    version = fresh(ticket).version

    page = act(desk, ticket, tail, **typed)

    assert page.status_code == 400
    forms = [context[f"{tail}_form"] for context in page.context if f"{tail}_form" in context]
    assert field in forms[0].errors
    assert fresh(ticket).version == version


def test_a_file_that_is_refused_refuses_the_message_and_keeps_its_text(
    house: House, desk: Any
) -> None:
    ticket = make_ticket(house)

    page = act(
        desk,
        ticket,
        "say",
        kind="reply",
        body="A long answer.",
        attachments=SimpleUploadedFile(*SCRIPT),
    )

    assert page.status_code == 400
    assert ">\nA long answer.</textarea>" in page.content.decode()
    assert "run.exe" in page.content.decode()
    assert not Message.objects.exists()


def test_an_incomplete_step_marks_only_its_own_form(house: House, desk: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    page = act(desk, ticket, "step/solve", message="Done.", solution_type="magic")

    assert page.status_code == 400
    text = page.content.decode()
    opened = re.findall(r'<details class="inline-step" open.*?</details>', text, flags=re.S)
    assert ["/step/solve/" in each and "Done.</textarea>" in each for each in opened] == [True]
    assert text.count("field-wrong") == opened[0].count("field-wrong") == 1
    assert told(page) == []


def test_an_impossible_step_is_reported_above_the_page(house: House, desk: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    impossible = act(desk, ticket, "step/start")
    possible = act(desk, ticket, "step/solve", message="", solution_type="")

    assert impossible.status_code == 403
    assert len(told(impossible)) == 1
    assert (possible.status_code, told(possible)) == (400, [])
    assert fresh(ticket).state == "in_progress"


def test_a_newer_message_of_a_colleague_is_announced_by_name(house: House, desk: Any) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="First.", by=by(house.agent), at=MONDAY_9AM
    )
    seen = Message.objects.get().pk

    nothing_newer = act(desk, ticket, "say", kind="note", body="A.", last_message=seen)
    not_known = act(desk, ticket, "say", kind="note", body="B.")
    newer = act(desk, ticket, "say", kind="note", body="C.", last_message=seen - 1)

    assert told(nothing_newer) == ["Note saved."]
    assert told(not_known) == ["Note saved."]
    assert told(newer) == [
        "Agent wrote while you were writing: look at the conversation.",
        "Note saved.",
    ]


def test_a_registration_shows_its_number_and_a_refused_file_keeps_the_form(
    house: House, desk: Any
) -> None:
    typed = {
        "membership": Membership.objects.get(user=house.requester).pk,
        "channel": "phone",
        "kind": "incident",
        "service": house.services["erp"].pk,
        "subject": "Tax doubled",
        "description": "Since today.",
        "impact": "minor",
        "urgency": "low",
    }
    path = "/admin/register/"

    refused = desk.post(path, typed | {"attachments": SimpleUploadedFile(*SCRIPT)})
    none_yet = Ticket.objects.count()
    done = desk.post(path, typed, follow=True)

    assert (refused.status_code, none_yet) == (400, 0)
    assert "run.exe" in refused.content.decode()
    assert told(done) == [f"{Ticket.objects.get().number} was registered."]


def test_the_registration_offers_valid_members_and_active_services(house: House, desk: Any) -> None:
    Membership.objects.filter(user=house.people["approver"]).update(is_suspended=True)
    gone = house.people["service_owner"]
    gone.is_active = False
    gone.save()
    house.services["network"].is_active = False
    house.services["network"].save()

    fields = desk.get("/admin/register/").context["form"].fields

    people = [str(each.user) for each in fields["membership"].queryset]
    assert people == [
        "Company Manager North",
        "Coordinator North",
        "Report Recipient North",
        "Requester North",
        "Site Supervisor North",
        "Coordinator South",
        "Requester South",
    ]
    assert list(fields["service"].queryset) == [house.services["erp"]]
    first = fields["membership"].queryset[0]
    assert fields["membership"].label_from_instance(first) == f"{first.user} · {house.north}"
