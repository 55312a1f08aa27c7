"""A form that could not be taken loses nothing: the page says why, shows what was typed, and sends
it again with one click.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, cast

import pytest
from django import forms
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import RequestFactory
from django.utils.functional import SimpleLazyObject

from foundation.accounts.models import User
from tests.support.house import MONDAY_9AM, House, fresh, make_ticket
from tests.support.html import text_of
from tests.support.tickets import started, step
from tickets.models import Message
from web.resending import TYPED, not_sent, with_typed_text

pytestmark = pytest.mark.usefixtures("monday")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OURS = {"Sec-Fetch-Site": "same-origin"}
TEXT = "The invoice of March fails since this morning, on every desk."


def strict(user: Any) -> Client:
    client = Client(enforce_csrf_checks=True)
    user.language = "en"
    user.save()
    client.force_login(user, BACKEND)
    return client


def fields_in(page: str) -> dict[str, str]:
    form = re.findall(r'<form\s+class="card form".*?</form>', page, re.S)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_a_token_replaced_by_another_tab_is_answered_with_the_text_and_one_click(
    house: House,
) -> None:
    ticket = make_ticket(house)
    client = strict(house.requester)
    path = f"/tickets/{ticket.number}/reply/"
    client.get(f"/tickets/{ticket.number}/")

    refused = client.post(path, {"body": TEXT, "csrfmiddlewaretoken": "x" * 64}, headers=OURS)
    page = refused.content.decode()
    again = fields_in(page)
    sent = client.post(path, again, headers=OURS)

    assert refused.status_code == 403
    assert "It was not sent" in text_of(page)
    assert TEXT in text_of(page)
    assert f'action="{path}"' in page
    assert again["body"] == TEXT
    assert sent.status_code == 302
    assert Message.objects.get(ticket=ticket).body == TEXT


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://testserver"},
        {"Referer": "http://testserver/tickets/"},
        {"Origin": "http://testserver", "Referer": "https://evil.example/"},
    ],
)
def test_a_form_of_ours_is_kept_whatever_the_browser_says_of_it(
    house: House, headers: dict[str, str]
) -> None:
    ticket = make_ticket(house)
    client = strict(house.requester)

    refused = client.post(f"/tickets/{ticket.number}/reply/", {"body": TEXT}, headers=headers)

    assert refused.status_code == 403
    assert TEXT in text_of(refused.content.decode())


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Referer": "https://evil.example/testserver/"},
        {},
    ],
)
def test_a_form_of_another_site_cannot_be_sent_from_the_page(
    house: House, headers: dict[str, str]
) -> None:
    ticket = make_ticket(house)
    client = strict(house.requester)

    refused = client.post(f"/tickets/{ticket.number}/reply/", {"body": TEXT}, headers=headers)
    page = refused.content.decode()

    assert refused.status_code == 403
    assert TEXT not in page
    assert 'class="card form"' not in page


def test_secrets_and_the_forms_of_the_login_are_not_kept(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    login = client.post(
        "/accounts/login/", {"login": "a@b.example", "password": "hunter2"}, headers=OURS
    )
    request = RequestFactory().post(
        "/x/", {"password1": "hunter2", "code": "123456", "body": TEXT}, headers=OURS
    )
    request.user = house.requester
    page = not_sent(request, "Because.", 403).content.decode()

    assert login.status_code == 403
    assert "hunter2" not in login.content.decode() + page
    assert fields_in(page)["body"] == TEXT
    assert "123456" not in page


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_form_sent_after_the_session_ended_is_kept(house: House, door: str) -> None:
    ticket = make_ticket(house)
    paths = {
        "portal": (f"/tickets/{ticket.number}/reply/", {"body": TEXT}),
        "desk": (f"/admin/tickets/{ticket.number}/say/", {"kind": "reply", "body": TEXT}),
    }
    path, form = paths[door]
    client = Client()

    refused = client.post(path, form, headers=OURS, follow=True)
    page = refused.content.decode()
    client.force_login(house.requester if door == "portal" else house.agent, BACKEND)
    sent = client.post(path, fields_in(page), headers=OURS)

    assert refused.status_code == 401
    assert TEXT in text_of(page)
    assert "/accounts/login/" in page
    assert sent.status_code == 302
    assert Message.objects.get(ticket=ticket).body == TEXT


def test_the_text_of_a_step_that_is_no_longer_possible_goes_into_the_composer(
    house: House, sign_in: Any
) -> None:
    ticket = started(house)
    version = fresh(ticket).version
    house.agent.language = "en"
    house.agent.save()
    client = sign_in(house.agent)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")

    refused = client.post(
        f"/admin/tickets/{ticket.number}/step/pend_user/",
        {"message": TEXT, "version": fresh(ticket).version},
    )
    stale = client.post(
        f"/admin/tickets/{ticket.number}/step/close_invalid/",
        {"reason": TEXT, "version": version},
    )

    assert refused.status_code == 403
    assert refused.context["panels"] is not None
    for page in (refused.content.decode(), stale.content.decode()):
        assert TEXT in text_of(page)
        assert "is not possible now" in text_of(page) or "Someone changed" in text_of(page)


@pytest.mark.parametrize("count", [11, 101, 501])
def test_too_many_files_are_refused_with_the_text_kept(
    house: House, sign_in: Any, count: int
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    files = [SimpleUploadedFile(f"{number}.txt", b"text") for number in range(count)]

    refused = client.post(f"/tickets/{ticket.number}/reply/", {"body": TEXT, "attachments": files})

    assert refused.status_code == 400
    assert TEXT in text_of(refused.content.decode())
    assert not Message.objects.exists()


def test_a_text_over_five_megabytes_is_refused_at_its_field(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)

    refused = client.post(f"/tickets/{ticket.number}/reply/", {"body": "x" * 6_000_000})

    assert refused.status_code == 400
    assert refused.context["panels"] is not None
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("path", "is_json"), [("/tickets/1/reply/", False), ("/api/v1/tickets/", True)]
)
def test_a_body_beyond_every_limit_is_a_page_in_our_frame(
    house: House, sign_in: Any, path: str, is_json: bool
) -> None:
    house.requester.language = "en"
    house.requester.save()
    client = sign_in(house.requester)

    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    refused = client.post(path, "a=" + "x" * 13_000_000, content_type=kind)

    assert refused.status_code == 413
    if is_json:
        assert refused.json()["code"] == "too_large"
    else:
        assert "what you typed is still in the form" in text_of(refused.content.decode())


def test_a_form_of_326_rows_is_read(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/accounts/organization/{house.north.pk}/change/"
    rows = {f"row-{number}-{name}": "x" for number in range(326) for name in "abcdef"}

    assert client.post(path, rows).status_code == 200


@pytest.mark.parametrize("text", [TEXT, "Ok"])
@pytest.mark.parametrize("act", ["escalate", "step/cancel", "step/decline", "follow-up"])
def test_an_act_that_is_no_longer_possible_keeps_the_text(
    house: House, sign_in: Any, act: str, text: str
) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "cancel", MONDAY_9AM, user=house.requester, reason="Solved itself.")
    if act == "follow-up":
        ticket = make_ticket(house)  # which has not ended
    client = sign_in(house.requester)

    answer = client.post(
        f"/tickets/{ticket.number}/{act}/", {"reason": text, "body": text}, headers=OURS
    )

    assert answer.status_code == 400
    page = answer.content.decode()
    assert f">\n{text}</textarea>" in page
    if "It was not sent" in page or "No se envió" in page:
        assert 'class="message' not in page.partition("<template")[0]  # the reason is said once


def test_both_fields_of_a_step_that_is_no_longer_possible_are_kept(
    house: House, sign_in: Any
) -> None:
    ticket = started(house)
    client = sign_in(house.agent)
    version = fresh(ticket).version
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    typed = {"message": "We wait.", "supplier": "ACME", "supplier_case": "7-11"}

    answer = client.post(
        f"/admin/tickets/{ticket.number}/step/pend_supplier/",
        {**typed, "version": version},
        headers=OURS,
    )

    page = answer.content.decode()
    assert answer.status_code == 409
    assert [f">\n{text}</textarea>" in page for text in typed.values()] == [True] * 3
    sent_again = fields_in(page)
    assert {name: sent_again[name] for name in typed} == typed


@pytest.mark.parametrize("text", [TEXT, "Ok"])
def test_the_reason_for_another_contract_is_kept_from_who_may_not_choose_it(
    house: House, sign_in: Any, text: str
) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/contract/", {"reason": text}, headers=OURS
    )

    assert answer.status_code == 403
    assert f">\n{text}</textarea>" in answer.content.decode()


def forms_of(module: str) -> Iterator[type[forms.Form]]:
    for found in vars(import_module(module)).values():
        if isinstance(found, type) and issubclass(found, forms.Form):
            yield found


def test_the_fields_that_people_type_into_are_known() -> None:
    modules = ["portal.catalog.forms", "portal.tickets.forms", "portal.audits.forms"]
    modules += ["desk.tickets.forms", "desk.tickets.registration", "desk.audits.forms"]
    modules += ["desk.audits.planning", "desk.audits.registering", "desk.tickets.elsewhere"]
    modules += [f"desk.tickets.{name}" for name in ("mark_form", "remote_form", "analysis_forms")]
    typed = {
        name
        for module in modules
        for form in forms_of(module)
        for name, field in form.base_fields.items()
        if type(field.widget) in {forms.TextInput, forms.Textarea} and name != "token"
    }

    assert typed <= TYPED


@pytest.mark.parametrize("text", [TEXT, "Ok", "low"])  # "low" is also what a list offers
@pytest.mark.parametrize("act", ["classify", "deescalate"])
def test_an_act_of_the_desk_that_is_no_longer_possible_keeps_the_text(
    house: House, sign_in: Any, act: str, text: str
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.staff["desk_supervisor"])
    page = client.get(f"/admin/tickets/{ticket.number}/").content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(version)" value="([^"]*)"', page))
    step(house, ticket, "cancel", MONDAY_9AM, user=house.requester, reason="Solved itself.")

    answer = client.post(
        f"/admin/tickets/{ticket.number}/{act}/",
        {
            **sent,
            "impact": "minor",
            "urgency": "low",
            "kind": "incident",
            "service": ticket.service_id,
        }
        | {"reason": text},
        headers=OURS,
    )

    assert answer.status_code >= 400
    assert f">\n{text}</textarea>" in answer.content.decode()


def test_a_page_without_the_database_asks_for_nobody() -> None:
    """The database of this test refuses every query."""
    request = RequestFactory().post("/x/", {"body": TEXT}, headers=OURS)
    request.user = cast("User", SimpleLazyObject(lambda: User.objects.get(pk=1)))

    page = not_sent(request, "Because.", 503, asks_database=False)

    assert page.status_code == 503
    assert fields_in(page.content.decode())["body"] == TEXT


def test_fields_of_a_form_are_kept_whatever_they_are_called() -> None:
    sent = {"field_postcode": "28001", "field_secret_santa": "Ana", "code": "123456"}
    request = RequestFactory().post("/catalog/access/", sent | {"password": "x"}, headers=OURS)

    page = not_sent(request, "Because.", 403).content.decode()

    assert [name in page for name in ("28001", "Ana", "123456", 'name="password"')] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("field", "is_kept"),
    [
        (f'<input name="subject" value="{TEXT}">', True),
        (f'<textarea name="note">{TEXT}</textarea>', True),
        (f'<select name="subject"><option value="{TEXT}" selected>x</option></select>', True),
        (f'<select name="subject"><option value="{TEXT}">x</option></select>', False),
        (f'<input type="hidden" name="subject" value="{TEXT}">', False),
        (f'<input name="place" value="{TEXT}">', False),
        (f'<p name="subject" value="{TEXT}">{TEXT}</p>', False),
    ],
)
def test_a_page_that_refuses_a_form_keeps_a_text_in_a_field_that_people_see(
    house: House, field: str, is_kept: bool
) -> None:
    request = RequestFactory().post("/x/", {"subject": TEXT}, headers=OURS)
    request.user = house.requester
    request.session = SessionStore()
    page = HttpResponse(f"<html><body>{field}</body></html>", status=400)

    answer = with_typed_text(request, page, "Because.")

    assert (answer is page) == is_kept
    assert answer.status_code == 400
    assert TEXT in answer.content.decode()
