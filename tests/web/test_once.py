"""A form that is sent twice acts once, in portal and desk: tickets, replies, escalations."""

import re
from secrets import token_urlsafe
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError

from audits.models import Conference, Evidence
from escalation.models import Escalation
from foundation.accounts.models import Membership, SentForm
from foundation.accounts.sending import forget_sent_forms
from foundation.accounts.tasks import forget_act_counts
from tests.support.audits import ask
from tests.support.house import DAY, MINUTE, MONDAY_9AM, SECOND, House, fresh, make_ticket
from tests.support.tickets import started, step
from tickets.models import Attachment, Message, Ticket

pytestmark = pytest.mark.usefixtures("monday")
TOKEN = "A" * 22


def token_in(page: Any) -> str:
    return re.findall(r'name="once" value="([A-Za-z0-9_-]{22})"', page.content.decode())[0]


def kept_in(page: Any) -> dict[str, str]:
    """Return the fields of the page that kept a form, as its button sends them."""
    return kept_in_text(page.content.decode())


def kept_in_text(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def messages_of(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def test_a_ticket_that_is_sent_again_by_back_and_send_is_raised_once(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.requester)
    path = f"/catalog/{house.template.slug}/"
    sent = {
        "organization": house.north.pk,
        "subject": "The invoice fails",
        "description": "Since today.",
        "impact": "minor",
        "urgency": "low",
        "once": token_in(client.get(path)),
    }

    first = client.post(path, sent)
    again = client.post(path, sent, follow=True)
    another = client.post(path, sent | {"once": "B" * 22, "subject": "The invoice fails too"})

    assert (first.status_code, another.status_code) == (302, 302)
    assert again.redirect_chain == [(first["Location"], 302)]
    assert messages_of(again)[-1].startswith(("You had sent this", "Esto ya"))
    assert Ticket.objects.count() == 2


def test_another_text_sent_by_back_and_send_is_kept_and_sent_with_one_click(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    path = f"/tickets/{ticket.number}/reply/"
    ours = {"Sec-Fetch-Site": "same-origin"}
    client.post(path, {"body": "First.", "once": TOKEN})

    page = client.post(path, {"body": "Second.", "once": TOKEN}, headers=ours)
    kept = kept_in(page)
    anew = client.post(path, kept, headers=ours)
    twice = client.post(path, kept, headers=ours)

    assert (page.status_code, kept["body"], kept["once"] == TOKEN) == (409, "Second.", False)
    assert (anew.status_code, twice.status_code) == (302, 302)
    bodies = Message.objects.filter(ticket=ticket).order_by("pk").values_list("body", flat=True)
    assert list(bodies) == ["First.", "Second."]


def test_the_same_text_from_a_form_that_back_opened_anew_is_asked_about(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    path = f"/tickets/{ticket.number}/reply/"
    ours = {"Sec-Fetch-Site": "same-origin"}
    messages = Message.objects.filter(ticket=ticket)
    client.post(path, {"body": "It fails.", "once": TOKEN, "version": "1"})

    page = client.post(path, {"body": "It fails.", "once": "B" * 22, "version": "2"}, headers=ours)
    kept = kept_in(page)
    count = messages.count()
    again = client.post(path, kept, headers=ours)

    assert (page.status_code, count) == (409, 1)
    assert f'href="/tickets/{ticket.number}/' in page.content.decode()
    assert (again.status_code, messages.count()) == (302, 2)
    other = client.post(path, {"body": "It fails still.", "once": "C" * 22})
    with time_machine.travel(MONDAY_9AM + 11 * MINUTE, tick=False):
        later = client.post(path, {"body": "It fails still.", "once": "D" * 22})
    assert (other.status_code, later.status_code, messages.count()) == (302, 302, 4)


@pytest.mark.parametrize("with_file", [False, True])
@pytest.mark.parametrize("field", ["", "membership", "subject", "attachments"])
def test_the_same_registration_is_made_once_and_another_one_too(
    house: House, sign_in: Any, with_file: bool, field: str
) -> None:
    """A failure of many people is registered for each of them, in the same words."""
    if field == "attachments" and not with_file:
        pytest.skip("there is no file to differ")
    members = Membership.objects.filter(organization=house.north).order_by("pk")
    client = sign_in(house.agent)

    def register(token: str, **changes: Any) -> int:
        form = {
            "membership": members[0].pk,
            "channel": "phone",
            "contacted_at": "2026-03-02T09:00",
            "kind": "incident",
            "service": house.template.service_id,
            "subject": "No mail",
            "description": "Nobody gets mail.",
            "impact": "minor",
            "urgency": "low",
            "once": token * 22,
            "begun": token,
        }
        if with_file:
            form["attachments"] = SimpleUploadedFile("a.txt", b"one")
        return int(client.post("/admin/register/", form | changes).status_code)

    other = {
        "membership": members[1].pk,
        "subject": "No mail again",
        "attachments": SimpleUploadedFile("a.txt", b"two"),
    }
    first = register("A")
    second = register("B", **({field: other[field]} if field else {}))

    assert (first, second) == (302, 302 if field else 409)
    assert Ticket.objects.count() == (2 if field else 1)


def test_a_conference_and_evidence_without_text_are_made_once(house: House, sign_in: Any) -> None:
    """Four openings of a form that has no long text: a file, or a day and a place."""
    audit = ask(house)
    page = f"/admin/audits/{audit.ticket.number}"
    day = {"starts_at": "2026-03-09T10:00", "minutes": "60", "place": "sala 2", "attendees": ""}

    def four(user: Any, path: str, form: dict[str, Any], file: bytes = b"") -> list[int]:
        client = sign_in(user)
        answers = []
        for _opening in range(4):
            files = {"file": SimpleUploadedFile("a.txt", file)} if file else {}
            sent = form | files | {"once": token_urlsafe(16)}
            answers.append(client.post(f"{page}{path}", sent).status_code)
        return answers

    once = [302, 409, 409, 409]

    day["attendees"] = "x@aud.example"
    assert four(house.agent, "/schedule/0/", day) == once
    assert four(house.agent, "/schedule/0/", day | {"minutes": "30"}) == once
    assert Conference.objects.count() == 2
    prepared = {"classification": "internal"}
    assert four(house.agent, "/prepare/1/", prepared, b"one") == once
    assert four(house.agent, "/prepare/1/", prepared, b"two") == once
    assert four(house.agent, "/prepare/2/", prepared, b"two") == once
    assert Evidence.objects.count() == 3


def test_another_instant_for_the_same_words_is_another_act(house: House, sign_in: Any) -> None:
    ticket = started(house)
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/say/"

    def promise(token: str, instant: str, **more: str) -> int:
        form = {"kind": "statement", "body": "We look at it then.", "estimated_at": instant}
        return int(client.post(path, form | more | {"once": token * 22}).status_code)

    answers = [promise("A", "2026-03-03T10:00"), promise("B", "2026-03-03T16:00")]
    again = promise("C", "2026-03-03T16:00", last_message="7")

    assert (answers, again) == ([302, 302], 409)
    assert Message.objects.filter(ticket=ticket, kind="statement").count() == 2


def test_a_field_that_nobody_typed_is_not_shown_as_written(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    form = {"subject": "No mail", "description": "Nobody gets mail.", "begun": "x" * 90}
    ours = {"Sec-Fetch-Site": "same-origin"}
    client.cookies.clear()

    page = client.post("/admin/register/", form | {"once": TOKEN}, headers=ours).content.decode()

    assert page.count("<textarea") == 2
    assert kept_in_text(page)["begun"] == "x" * 90


def test_another_file_sent_by_back_and_send_is_not_dropped(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    path = f"/tickets/{ticket.number}/reply/"
    sent = {"body": "See.", "once": TOKEN}

    def with_file(content: bytes) -> Any:
        file = SimpleUploadedFile("log.txt", content)
        return client.post(
            path, sent | {"attachments": file}, headers={"Sec-Fetch-Site": "same-origin"}
        )

    answers = [with_file(content) for content in (b"wrong", b"wrong", b"right")]

    assert [answer.status_code for answer in answers] == [302, 302, 409]
    assert Attachment.objects.filter(ticket=ticket).count() == 1


def test_each_opened_form_has_a_token_of_its_own(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    path = f"/catalog/{house.template.slug}/"

    tokens = [token_in(client.get(path)) for _ in range(2)]

    assert len(set(tokens)) == 2


def test_a_refused_form_is_corrected_and_sent_with_the_same_token(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    path = f"/tickets/{ticket.number}/reply/"

    refused = client.post(path, {"body": "", "once": TOKEN})
    sent = client.post(path, {"body": "More.", "once": TOKEN})
    again = client.post(path, {"body": "More.", "once": TOKEN})

    assert (refused.status_code, sent.status_code, again.status_code) == (400, 302, 302)
    assert again["Location"] == sent["Location"]
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_the_desk_sends_a_reply_and_a_step_once(house: House, sign_in: Any) -> None:
    ticket = started(house)
    client = sign_in(house.agent)
    say = {"kind": "reply", "body": "We look.", "once": TOKEN}
    pend = {"message": "Which one?", "version": fresh(ticket).version, "once": "C" * 22}

    answers = [client.post(f"/admin/tickets/{ticket.number}/say/", say) for _ in range(2)]
    steps = [client.post(f"/admin/tickets/{ticket.number}/step/pend_user/", pend) for _ in range(2)]

    assert [answer.status_code for answer in (*answers, *steps)] == [302] * 4
    assert Message.objects.filter(ticket=ticket).count() == 2
    assert fresh(ticket).state == "pending_user"


def test_an_escalation_is_made_once(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    for _ in range(2):
        client.post(f"/tickets/{ticket.number}/escalate/", {"reason": "Hurry.", "once": TOKEN})

    assert Escalation.objects.filter(ticket=ticket).count() == 1


def test_a_token_belongs_to_its_person(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    path = f"/tickets/{ticket.number}/reply/"

    for person in (house.requester, house.people["coordinator"]):
        sign_in(person).post(path, {"body": "More.", "once": TOKEN})

    assert Message.objects.filter(ticket=ticket).count() == 2
    SentForm.objects.filter(person_id=house.requester.pk).update(location="/theirs/")
    again = sign_in(house.people["coordinator"]).post(path, {"body": "More.", "once": TOKEN})
    assert again["Location"] == f"/tickets/{ticket.number}/"


@pytest.mark.parametrize("token", ["", "short", "A" * 23, "A" * 21 + "!", "x" * 5000])
def test_a_form_without_a_usable_token_is_taken(house: House, sign_in: Any, token: str) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)

    sent = client.post(f"/tickets/{ticket.number}/reply/", {"body": "More.", "once": token})

    assert sent.status_code == 302
    assert not SentForm.objects.exists()


def test_another_rule_of_the_database_is_not_taken_for_a_second_sending(
    house: House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)

    def fail(**_given: Any) -> None:
        raise IntegrityError("another")

    monkeypatch.setattr("portal.tickets.views.services.reply_as_customer", fail)
    with pytest.raises(IntegrityError, match="another"):
        client.post(f"/tickets/{ticket.number}/reply/", {"body": "More.", "once": TOKEN})

    assert not SentForm.objects.exists()


def test_sent_forms_are_forgotten_after_two_days(house: House) -> None:
    SentForm.objects.create(person_id=1, token="old", sent_at=MONDAY_9AM - 2 * DAY - SECOND)
    SentForm.objects.create(person_id=1, token="new", sent_at=MONDAY_9AM - 2 * DAY)

    assert forget_sent_forms(MONDAY_9AM) == 1
    assert forget_act_counts() == 0
    assert list(SentForm.objects.values_list("token", flat=True)) == ["new"]


def test_every_form_that_writes_for_a_customer_carries_the_token(
    house: House, sign_in: Any
) -> None:
    ticket = started(house)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    for user, path in (
        (house.requester, f"/tickets/{ticket.number}/"),
        (house.requester, f"/catalog/{house.template.slug}/"),
        (house.agent, f"/admin/tickets/{ticket.number}/"),
        (house.agent, "/admin/register/"),
    ):
        page = sign_in(user).get(path).content.decode()
        bodies = re.findall(r'<form[^>]*method="post".*?</form>', page, re.S)
        without = [
            body[:160]
            for body in bodies
            if 'name="once"' not in body
            and not re.search(r"/(language|logout|assign|classify|contract|presence)/", body[:400])
        ]
        assert without == [], path
