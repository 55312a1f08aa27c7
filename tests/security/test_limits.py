"""What one customer, one session and one body may take: no program fills the queue of others."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audits.models import Conference
from foundation.accounts.limits import HOUR as AN_HOUR
from foundation.accounts.limits import KEPT, Limited, TooMany, count_act
from foundation.accounts.models import ActCount, ApiToken
from foundation.accounts.services import issue_service_account_token, issue_user_token
from foundation.accounts.tasks import forget_act_counts
from foundation.core.actor import Actor, system_actor
from foundation.core.classification import Channel
from foundation.documents.checking import check_upload
from tests.support.api import Api
from tests.support.audits import ask, confer
from tests.support.house import HOUR, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tickets import queries
from tickets.models import Message, MessageKind, Ticket
from tickets.services import reply_as_customer, reply_to_customer

NOW = Actor(person_id=1)


def limit(settings: Any, **amounts: int) -> None:
    settings.MESA_HOURLY_LIMITS = settings.MESA_HOURLY_LIMITS | amounts


def reply(house: House, ticket: Ticket, *, files: int = 0, at: Any = MONDAY_9AM) -> None:
    uploads = [
        check_upload(name=f"{number}.txt", stream=BytesIO(b"x"), size_bytes=1)
        for number in range(files)
    ]
    reply_as_customer(
        ticket=fresh(ticket), body="Again.", files=uploads, by=by(house.requester), at=at
    )


def test_an_act_is_counted_in_its_hour_and_refused_above_the_limit(db: None, settings: Any) -> None:
    limit(settings, replies=2)
    for _ in range(2):
        count_act(Limited.REPLIES, by=NOW, at=MONDAY_9AM)

    late = MONDAY_9AM + timedelta(minutes=50)
    with pytest.raises(TooMany) as refused:
        count_act(Limited.REPLIES, by=NOW, at=late)
    assert refused.value.retry_after == 601
    count_act(Limited.REPLIES, by=NOW, at=MONDAY_9AM + AN_HOUR)
    count_act(Limited.ESCALATIONS, by=NOW, at=late)
    count_act(Limited.REPLIES, by=Actor(person_id=2), at=late)
    count_act(Limited.REPLIES, by=system_actor("clock"), at=late)
    rows = ActCount.objects.order_by("pk").values_list("actor", "act", "count")
    assert list(rows) == [
        ("person 1", "replies", 2),
        ("person 1", "replies", 1),
        ("person 1", "escalations", 1),
        ("person 2", "replies", 1),
    ]


def test_several_at_once_count_together_and_a_refused_one_counts_nothing(
    db: None, settings: Any
) -> None:
    limit(settings, files=10)
    count_act(Limited.FILES, by=NOW, at=MONDAY_9AM, amount=7)
    with pytest.raises(TooMany):
        count_act(Limited.FILES, by=NOW, at=MONDAY_9AM, amount=4)
    count_act(Limited.FILES, by=NOW, at=MONDAY_9AM, amount=3)
    count_act(Limited.FILES, by=NOW, at=MONDAY_9AM, amount=0)

    assert ActCount.objects.get().count == 10


def test_counts_of_past_days_are_forgotten(db: None) -> None:
    for at in (timezone.now() - KEPT - AN_HOUR, timezone.now()):
        count_act(Limited.REPLIES, by=NOW, at=at)

    assert forget_act_counts() == 1
    assert ActCount.objects.count() == 1


def test_the_portal_refuses_above_the_limit_and_keeps_what_was_typed(
    house: House, sign_in: Any, settings: Any
) -> None:
    limit(settings, replies=1, escalations=1)
    ticket = make_ticket(house)
    client = sign_in(house.requester)
    path = f"/tickets/{ticket.number}/reply/"
    first = client.post(path, {"body": "It fails 1"})
    second = client.post(path, {"body": "It fails 2"})
    assert first.status_code == 302
    page = second.content.decode()
    assert "It fails 2</textarea>" in page
    assert "That was the limit for one hour (1)" in page
    assert Message.objects.count() == 1

    for number in range(2):
        answer = client.post(
            f"/tickets/{ticket.number}/escalate/", {"reason": f"No answer {number}"}
        )
    assert "No answer 1" in answer.content.decode()
    assert ActCount.objects.get(act="escalations").count == 1


def test_the_api_answers_429_with_the_seconds_to_wait(house: House, settings: Any) -> None:
    limit(settings, tickets=1, escalations=1, files=0)
    api = Api(issue_user_token(user=house.requester, by=SETUP, at=timezone.now()))
    body = {
        "subject": "It fails",
        "description": "Since today",
        "service": "erp",
        "impact": "minor",
        "urgency": "low",
    }
    made = api.post("tickets/", body)
    refused = api.post("tickets/", body)

    assert made.status_code == 201, made.content
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert 0 < int(refused["Retry-After"]) <= 3601
    assert Ticket.objects.count() == 1


def test_a_program_may_do_ten_times_as_much(house: House, settings: Any) -> None:
    limit(settings, replies=1)
    account = Actor(person_id=house.requester.pk, system="service account 7")
    for _ in range(10):
        count_act(Limited.REPLIES, by=account, at=MONDAY_9AM)
    with pytest.raises(TooMany):
        count_act(Limited.REPLIES, by=account, at=MONDAY_9AM)


def test_files_replies_audits_and_guests_are_limited(house: House, settings: Any) -> None:
    ticket = make_ticket(house)
    limit(settings, files=2)
    reply(house, ticket, files=2)
    with pytest.raises(TooMany):
        reply(house, ticket, files=1)
    reply(house, ticket, files=1, at=MONDAY_9AM + HOUR)

    limit(settings, audits=0, files=10)
    with pytest.raises(TooMany):
        ask(house)
    limit(settings, audits=1, guests=1)
    audit = ask(house)
    confer(house, audit)
    with pytest.raises(TooMany):
        confer(house, audit)
    assert Conference.objects.count() == 1


def test_the_staff_is_not_limited(house: House, settings: Any) -> None:
    limit(settings, replies=0, files=0)
    ticket = make_ticket(house)

    reply_to_customer(ticket=fresh(ticket), body="x", by=by(house.agent), at=MONDAY_9AM)

    assert not ActCount.objects.filter(act="replies").exists()


# --- long conversations ---------------------------------------------------------------------------


def talk(house: House, messages: int) -> Ticket:
    ticket = make_ticket(house)
    Message.objects.bulk_create(
        Message(
            organization=house.north,
            ticket=ticket,
            kind=MessageKind.NOTE if number == 5 else MessageKind.REPLY,
            author=house.agent,
            is_from_staff=True,
            body=f"Message {number}.",
            channel=Channel.DESK,
            created_at=MONDAY_9AM,
        )
        for number in range(messages)
    )
    return ticket


def test_a_conversation_comes_in_pages_of_a_hundred(house: House) -> None:
    ticket = talk(house, 230)
    page = queries.conversation(ticket, with_notes=False)
    assert (len(page.items), page.earlier, page.is_last) == (100, 129, True)
    assert [item.message.body for item in page][-1] == "Message 229."

    second = queries.conversation(ticket, with_notes=False, before=page.first_id)
    assert (second.items[-1].message.body, second.earlier, second.is_last) == (
        "Message 129.",
        29,
        False,
    )
    third = queries.conversation(ticket, with_notes=False, before=second.first_id)
    bodies = [item.message.body for item in third]
    assert (len(bodies), bodies[0], third.earlier) == (29, "Message 0.", 0)
    assert "Message 5." not in bodies  # the note
    assert [
        item.message.body for item in queries.conversation(ticket, with_notes=True, before=9**9)
    ][-1] == "Message 229."


def test_a_conversation_without_messages_begins_nowhere(house: House) -> None:
    page = queries.conversation(make_ticket(house), with_notes=True)

    assert (page.items, page.first_id, page.earlier) == ([], 0, 0)


@pytest.mark.parametrize(("role", "path"), [("agent", "/admin/tickets/"), ("", "/tickets/")])
def test_the_ticket_page_shows_the_newest_and_links_to_the_others(
    house: House, sign_in: Any, role: str, path: str
) -> None:
    ticket = talk(house, 130)
    client = sign_in(house.staff[role] if role else house.requester)
    page = client.get(f"{path}{ticket.number}/").content.decode()
    assert ("Message 129." in page, "Message 20." in page) == (True, False)
    first = queries.conversation(ticket, with_notes=bool(role)).first_id
    assert f'href="?before={first}"' in page

    earlier = client.get(f"{path}{ticket.number}/?before={first}").content.decode()
    assert ("Message 129." in earlier, "Message 20." in earlier) == (False, True)
    assert 'href="?"' in earlier
    for wrong in ("²", "x", "9" * 40, "-1", ""):
        assert client.get(f"{path}{ticket.number}/", {"before": wrong}).status_code == 200


# --- sessions and tokens --------------------------------------------------------------------------


def test_an_idle_session_ends_and_a_used_one_does_not(
    house: House, sign_in: Any, settings: Any
) -> None:
    settings.MESA_IDLE_MINUTES = 30
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = sign_in(house.agent)
        for minutes in (29, 58):
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get("/admin/queue/").status_code == 200
        clock.move_to(start + timedelta(minutes=89))
        away = client.get("/admin/queue/")
    assert (away.status_code, away["Location"].split("?")[0]) == (302, "/admin/login/")


def test_most_requests_of_a_session_write_nothing(
    house: House, sign_in: Any, django_assert_num_queries: Any
) -> None:
    client = sign_in(house.requester)
    client.get("/verify/")
    with django_assert_num_queries(3):  # session, person, memberships
        client.get("/verify/")


def test_a_token_ends_and_shows_its_last_use(house: House, settings: Any) -> None:
    settings.MESA_TOKEN_DAYS = 30
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        own = Api(issue_user_token(user=house.requester, by=SETUP, at=start))
        program = Api(
            issue_service_account_token(
                name="Watcher",
                organization=house.north,
                contact=house.people["coordinator"],
                by=SETUP,
                at=start,
            )
        )
        assert set(ApiToken.objects.values_list("last_used_at", flat=True)) == {None}
        for minutes in (0, 59, 60):
            clock.move_to(start + timedelta(minutes=minutes))
            assert own.get("tickets/").status_code == 200
            expected = start + timedelta(hours=1) if minutes == 60 else start
            assert ApiToken.objects.get(user=house.requester).last_used_at == expected
        clock.move_to(start + timedelta(days=30))
        for api in (own, program):
            assert api.get("tickets/").status_code == 401
    assert ApiToken.objects.get(user=house.requester).last_used_at == start + timedelta(hours=1)


def test_the_desk_changes_passwords_where_attempts_are_counted(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    for path in ("/admin/password_change/", "/admin/password_change/done/"):
        for answer in (client.get(path), client.post(path, {"old_password": "guess"})):
            assert (answer.status_code, answer["Location"]) == (
                302,
                "/accounts/password/change/",
            )
    statuses = {
        client.post(
            "/accounts/password/change/",
            {"oldpassword": f"guess {number}", "password1": "x" * 12, "password2": "x" * 12},
        ).status_code
        for number in range(8)
    }
    assert statuses == {200, 429}


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"subject": "\\u0000"}',
        b'{"subject": "\\ud800"}',
        b"[1, 2]",
        b'"text"',
        b"{",
        b"\xff",
        b'{"subject": 1e999}',
    ],
)
@pytest.mark.parametrize("path", ["tickets/", "tickets/{number}/replies/"])
def test_no_json_body_is_a_server_error(house: House, body: bytes, path: str) -> None:
    ticket = make_ticket(house)
    token = issue_user_token(user=house.requester, by=SETUP, at=timezone.now())
    client = Client(raise_request_exception=False)

    answer = client.post(
        f"/api/v1/{path.format(number=ticket.number)}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {"code", "detail", "fields"}


@pytest.mark.parametrize("number", ["²", "TK-²", "TK-٣", "TK-000001²", "TK-" + "9" * 30, "TK-1e3"])
def test_no_number_is_a_server_error(house: House, sign_in: Any, number: str) -> None:
    make_ticket(house)
    token = issue_user_token(user=house.agent, by=SETUP, at=timezone.now())
    paths = ("/admin/tickets/", "/admin/audits/")
    for path in paths:
        assert sign_in(house.agent).get(f"{path}{number}/").status_code == 404
    for path in ("tickets", "audits"):
        assert Api(token).get(f"{path}/{number}/").status_code == 404
    for path in ("/tickets/", "/audits/"):
        assert sign_in(house.requester).get(f"{path}{number}/").status_code == 404
    for query in ("²", "٣"):
        assert sign_in(house.agent).get("/admin/queue/", {"page": query}).status_code == 200
