"""Pages of everybody: language, health, the check of a file, mails about an account."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from foundation.accounts.models import User
from foundation.accounts.services import issue_user_token
from foundation.notifications.models import OutboxMessage
from tests.support.house import MONDAY_9AM, SETUP, House, make_ticket
from tests.support.html import text_of
from web.adapter import AccountAdapter

pytestmark = pytest.mark.usefixtures("monday")


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/tickets/?show=all", "/tickets/?show=all"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
    ],
)
def test_the_language_switch_redirects_only_to_local_addresses(
    house: House, client: Client, target: str, leads_to: str
) -> None:
    switched = client.post("/language/", {"language": "en", "next": target})

    assert (switched.status_code, switched["Location"]) == (302, leads_to)


def test_the_language_switch_stores_a_known_language_for_a_year_and_in_the_profile(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.requester)

    unknown = client.post("/language/", {"language": "xx"})
    known = client.post("/language/", {"language": "es"})

    assert "django_language" not in unknown.cookies
    cookie = known.cookies["django_language"]
    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == ("es", 31_536_000, "Lax")
    assert User.objects.get(pk=house.requester.pk).language == "es"
    assert User.objects.get(pk=house.outsider.pk).language == "en"


def test_the_language_of_a_visitor_is_stored_in_the_browser_only(
    house: House, client: Client
) -> None:
    switched = client.post("/language/", {"language": "en"})

    assert (switched.status_code, switched["Location"]) == (302, "/")
    assert switched.cookies["django_language"].value == "en"


def test_the_health_pages_report_the_process_and_the_oldest_message(
    house: House, client: Client
) -> None:
    make_ticket(house)
    OutboxMessage.objects.update(created_at=MONDAY_9AM - timedelta(seconds=90))
    OutboxMessage.objects.update(run_after=MONDAY_9AM - timedelta(seconds=90))

    alive = client.get("/healthz")
    ready = client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "cache": "ok",
            "broker": "ok",
            "storage": "ok",
            "oldest_message_seconds": 90,
            "late_seconds": {"clocks": 0, "mail": 90, "reports": 0},
        },
    )


def test_a_file_is_checked_up_to_its_size_and_ten_times_a_minute(
    house: House, client: Client
) -> None:
    client.cookies["django_language"] = "en"

    answers = [
        client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-")}) for _ in range(11)
    ]
    elsewhere = client.post(
        "/verify/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-")}, REMOTE_ADDR="10.0.0.9"
    )

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "Too many files were checked just now." in text_of(answers[10].content.decode())
    assert (elsewhere.status_code, elsewhere.context["name"]) == (200, "a.pdf")


def test_a_check_without_a_file_is_refused(house: House, client: Client) -> None:
    client.cookies["django_language"] = "en"

    page = client.get("/verify/")
    refused = client.post("/verify/", {})

    assert (page.status_code, page.context["problem"]) == (200, "")
    assert (refused.status_code, refused.context["problem"]) == (
        400,
        "Choose a file of up to 25 MB.",
    )


def test_a_password_reset_is_mailed_in_the_language_of_the_person(
    house: House, client: Client
) -> None:
    house.requester.language = "en"
    house.requester.save()

    for email in ("Requester@North.example", "nobody@north.example"):
        client.post("/accounts/password/reset/", {"email": email})

    known, unknown = OutboxMessage.objects.order_by("pk")
    assert (known.template, known.to_name, known.recipient_id, known.language) == (
        "password_reset",
        "Requester North",
        house.requester.pk,
        "en",
    )
    assert known.context["url"].startswith("http://127.0.0.1:8000/accounts/password/reset/key/")
    assert (unknown.template, unknown.to_email, unknown.recipient_id, unknown.context["url"]) == (
        "password_reset_unknown",
        "nobody@north.example",
        None,
        "",
    )


def test_any_other_mail_of_the_login_library_is_a_notice(house: House) -> None:
    adapter = AccountAdapter()

    adapter.send_mail("account/email/password_changed", house.requester.email, {})

    letter = OutboxMessage.objects.get()
    assert (letter.template, letter.context["notice"], letter.recipient_id) == (
        "account_notice",
        "password_changed",
        house.requester.pk,
    )


def test_sign_up_is_closed(house: House, client: Client) -> None:
    client.post(
        "/accounts/signup/",
        {"email": "x@y.example", "password1": "a-long-password", "password2": "a-long-password"},
    )

    assert not User.objects.filter(email="x@y.example").exists()


def test_the_start_page_redirects_staff_to_the_desk_and_customers_to_the_portal(
    house: House, sign_in: Any
) -> None:
    leads = {
        (person, path): sign_in(person).get(path)["Location"]
        for person, path in (
            (house.agent, "/"),
            (house.requester, "/"),
            (house.agent, "/home/"),
            (house.agent, "/tickets/"),
            (house.requester, "/admin/"),
            (house.requester, "/admin/login/"),
        )
    }

    assert list(leads.values()) == [
        "/admin/",
        "/home/",
        "/admin/",
        "/admin/",
        "/admin/login/?next=/admin/",
        "/",
    ]


def test_a_visitor_of_the_desk_is_redirected_to_the_login_and_back(
    house: House, client: Client
) -> None:
    answer = client.get("/admin/login/?next=/admin/queue/")

    assert (answer.status_code, answer["Location"]) == (
        302,
        "/accounts/login/?next=/admin/login/?next=/admin/queue/",
    )


@pytest.mark.parametrize(("path", "status"), [("/?q=%00", 400), ("/tickets/%00/", 400)])
def test_an_address_with_a_zero_byte_is_refused(
    house: House, sign_in: Any, path: str, status: int
) -> None:
    assert sign_in(house.requester).get(path).status_code == status


@pytest.mark.parametrize("path", ["/api/v1/tickets/?q=%00", "/api/v1/tickets/%00/"])
def test_the_api_refuses_a_nul_in_its_own_shape(house: House, sign_in: Any, path: str) -> None:
    answer = sign_in(house.requester).get(path)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert answer.json()["code"] == "bad_request"


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing", "/api"])
def test_the_api_answers_a_missing_address_in_its_own_shape(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json() == {
        "code": "not_found",
        "detail": "No hay nada en esta dirección.",
        "fields": {},
    }
    assert "no-store" in answer["Cache-Control"]
    assert client.get("/nothing/")["Content-Type"].startswith("text/html")


def test_the_page_of_a_person_alone_is_kept_out_of_caches(
    house: House, client: Client, sign_in: Any
) -> None:
    assert "no-store" not in client.get("/verify/").headers.get("Cache-Control", "")
    assert "no-store" in sign_in(house.requester).get("/verify/")["Cache-Control"]


def test_an_unexpected_error_is_a_page_or_the_apis_own_shape(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("unexpected")

    monkeypatch.setattr("tickets.queries.visible_to", fail)
    monkeypatch.setattr("web.health.oldest_waiting", fail)
    client = Client(raise_request_exception=False)
    token = issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM)

    answer = client.get("/api/v1/tickets/", headers={"Authorization": f"Bearer {token}"})
    page = client.get("/readyz")

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")
    assert answer.json()["code"] == "server_error"
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")
