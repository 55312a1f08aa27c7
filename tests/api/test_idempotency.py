"""``Idempotency-Key``: its length, its owner, what counts as the same request, how long it is
kept.
"""

from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.idempotency import lock_numbers
from api.models import IdempotencyKey
from api.tasks import forget_idempotency_keys
from audits.models import Evidence
from foundation.accounts.services import issue_user_token
from tests.support.api import Api
from tests.support.audits import ask
from tests.support.house import DAY, MONDAY_9AM, SECOND, SETUP, House, make_ticket
from tickets.models import Message, Ticket

REPLY = {"body": "One more thing."}


pytestmark = pytest.mark.usefixtures("monday")


def test_a_key_has_up_to_a_hundred_characters(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.requester)
    path = f"tickets/{ticket.number}/replies/"

    longest = client.post(path, REPLY, Idempotency_Key="k" * 100)
    too_long = client.post(path, REPLY, Idempotency_Key="k" * 101)

    assert longest.status_code == 201
    assert (too_long.status_code, too_long.json()["code"], too_long.json()["detail"]) == (
        400,
        "idempotency_key_too_long",
        "The Idempotency-Key may have up to 100 characters.",
    )
    assert Message.objects.count() == 1


def test_a_blank_idempotency_key_is_ignored(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.requester)

    for _ in range(2):
        client.post(f"tickets/{ticket.number}/replies/", REPLY, Idempotency_Key="  ")

    assert Message.objects.count() == 2
    assert not IdempotencyKey.objects.exists()


def test_a_stored_answer_belongs_to_one_token_and_one_path(house: House, api: Any) -> None:
    first, second = (make_ticket(house) for _ in range(2))
    client = api(house.requester)
    another = Api(issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM + SECOND))

    answers = [
        who.post(f"tickets/{ticket.number}/replies/", REPLY, Idempotency_Key="k1")
        for who, ticket in ((client, first), (client, second), (another, first))
    ]

    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert "Idempotent-Replay" not in answers[2]
    assert Message.objects.filter(ticket=first).count() == 2
    assert [str(key) for key in IdempotencyKey.objects.all()] == ["k1", "k1"]


def test_keys_of_a_session_belong_to_its_user(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.requester)

    answers = [
        client.post(
            f"/api/v1/tickets/{ticket.number}/replies/",
            REPLY,
            content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert IdempotencyKey.objects.get().owner == f"user {house.requester.pk}"
    assert Message.objects.count() == 1


def test_a_refused_request_leaves_its_key_unused(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/transitions/"

    refused = agent.post(path, {"transition": "reopen"}, Idempotency_Key="k1")
    done = agent.post(path, {"transition": "start"}, Idempotency_Key="k1")

    assert (refused.status_code, refused.json()["code"]) == (409, "transition_not_allowed")
    assert (done.status_code, done.json()["state"]) == (200, "in_progress")


def test_a_key_is_deleted_after_24_hours(house: House, api: Any) -> None:
    client = api(house.requester)
    ticket = make_ticket(house)
    path = f"tickets/{ticket.number}/replies/"
    client.post(path, REPLY, Idempotency_Key="old")
    with time_machine.travel(MONDAY_9AM + SECOND, tick=False):
        client.post(path, REPLY, Idempotency_Key="new")

    with time_machine.travel(MONDAY_9AM + DAY, tick=False):
        forgotten_at_the_limit = forget_idempotency_keys()
    with time_machine.travel(MONDAY_9AM + DAY + SECOND, tick=False):
        forgotten_after_it = forget_idempotency_keys()

    assert (forgotten_at_the_limit, forgotten_after_it) == (0, 1)
    assert [key.key for key in IdempotencyKey.objects.all()] == ["new"]
    assert Ticket.objects.count() == 1


def test_the_fields_of_a_multipart_form_are_part_of_the_request(
    house: House, client: Client
) -> None:
    number = ask(house).ticket.number
    token = issue_user_token(user=house.agent, by=SETUP, at=MONDAY_9AM)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}

    def prepare(item: int) -> int:
        body = {
            "item": item,
            "classification": "internal",
            "file": SimpleUploadedFile("users.csv", b"user;role\nana;admin\n"),
        }
        path = f"/api/v1/audits/{number}/evidence/"
        return client.post(path, body, headers=headers).status_code

    assert [prepare(1), prepare(1), prepare(2)] == [201, 201, 422]
    assert Evidence.objects.count() == 1


def test_the_numbers_of_the_lock_are_the_checksums_as_signed_integers() -> None:
    assert lock_numbers("token 7", "k1") == [1904455715, 370057385]
