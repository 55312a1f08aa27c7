"""The pages of webhooks: made, tried, read and sent again by those who administer."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from foundation.accounts.models import Team
from foundation.core.sealing import unseal
from foundation.webhooks.models import Delivery, Endpoint
from foundation.webhooks.services.endpoints import SECRETS
from tests.support.house import MINUTE, MONDAY_9AM, House, make_ticket
from tests.support.html import text_of as words_of
from tests.support.pages import english, words_of_messages
from tests.support.receiver import Receiver, receiving
from tests.support.statements import statements
from tests.support.webhooks import PUBLIC, deliver, endpoint

pytestmark = pytest.mark.usefixtures("monday")

ADD = "/admin/webhooks/endpoint/add/"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.MESA_WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as found:
        yield found


@pytest.fixture
def admin(house: House, client: Client) -> Client:
    client.force_login(english(house, "administrator"))
    return client


def text_of(answer: Any) -> str:
    return words_of(answer.content.decode())


def page_of(made: Endpoint, tail: str = "") -> str:
    return f"/admin/webhooks/{made.pk}/{tail}"


def test_a_webhook_is_made_and_its_secret_shown_once(house: House, admin: Client) -> None:
    form = {"name": "Inventory", "is_active": "on", "url": PUBLIC, "reader": house.agent.email}

    saved = admin.post(ADD, form | {"kinds": ["ticket.raised", "clock.breached"]})

    assert saved.status_code == 200
    assert "no-store" in saved.headers["Cache-Control"]
    secrets = re.findall(r"whsec_[A-Za-z0-9+/=]+", saved.content.decode())
    assert len(secrets) == 1
    made = Endpoint.objects.get()
    assert (made.name, made.kinds) == ("Inventory", ["ticket.raised", "clock.breached"])
    for path in (page_of(made), f"/admin/webhooks/endpoint/{made.pk}/change/"):
        page = admin.get(path).content.decode()
        assert "Inventory" in page
        assert "whsec_" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://hooks.example/"}, "Use https://"),
        ({"url": "https://192.168.1.7/"}, "This is a private address."),
        ({"reader": "requester@north.example"}, "Choose the customer whose tickets"),
        ({"reader": "nobody@x.example"}, "Nobody has this e-mail."),
    ],
)
def test_a_form_that_would_tell_nothing_is_refused(
    house: House, admin: Client, changes: dict[str, str], words: str
) -> None:
    form = {"name": "R", "is_active": "on", "url": PUBLIC, "reader": house.agent.email}

    page = admin.post(ADD, form | changes)

    assert words in text_of(page)
    assert not Endpoint.objects.exists()


def test_a_coordinator_reads_for_their_customer_alone(house: House, admin: Client) -> None:
    form = {
        "name": "R",
        "is_active": "on",
        "url": PUBLIC,
        "reader": "coordinator@north.example",
        "organization": str(house.north.pk),
        "kinds": ["message.note"],
    }

    assert "A customer is not told of: Internal note." in text_of(admin.post(ADD, form))
    admin.post(ADD, form | {"kinds": ["message.reply"]})
    assert Endpoint.objects.get().kinds == ["message.reply"]


def test_the_page_says_what_came_of_each_event(
    house: House, admin: Client, receiver: Receiver
) -> None:
    made = endpoint(house, receiver.url, kinds=["ticket.raised"])
    ticket = make_ticket(house)
    assert "Queued" in text_of(admin.get(page_of(made)))
    receiver.answer = lambda _came: 503
    receiver.text = b"<b>down</b>"
    deliver(MONDAY_9AM)

    failing = text_of(admin.get(page_of(made)))
    assert "Does not get through" in failing
    assert "No event was taken since Mar 2, 2026, 15:00 (UTC)." in failing
    assert f"Ticket raised {ticket.number}" in failing
    assert "It answered with an error (503)" in failing
    event = Delivery.objects.get().event_id
    shown = admin.get(page_of(made, f"{event}/"))
    assert "<b>down</b>" in text_of(shown)
    assert "<b>down</b>" not in shown.content.decode()
    assert f'"number": "{ticket.number}"' in text_of(shown)
    receiver.answer = lambda _came: 204
    deliver(MONDAY_9AM + MINUTE)

    works = text_of(admin.get(page_of(made)))
    assert "Works" in works
    assert "Taken (204) 2 attempts" in works
    for show, is_there in (("waiting", False), ("failed", False), ("delivered", True)):
        assert (ticket.number in text_of(admin.get(page_of(made, f"?show={show}")))) is is_there


def test_a_test_and_what_was_lost_are_sent_from_the_page(
    house: House, admin: Client, receiver: Receiver
) -> None:
    made = endpoint(house, receiver.url, kinds=["ticket.raised"])
    make_ticket(house)
    Delivery.objects.update(status="dead", ended_at=MONDAY_9AM)
    assert "Send again what was not delivered (1)" in text_of(admin.get(page_of(made)))

    sent = admin.post(page_of(made, "test/"))
    assert "It was not sent yet" in text_of(admin.get(sent.headers["Location"]))
    again = admin.post(page_of(made, "again/"), follow=True)
    assert words_of_messages(again) == ["1 event is sent again."]
    deliver(MONDAY_9AM)
    sent_ids = {each["type"]: each["id"] for each in receiver.events}
    assert sorted(sent_ids) == ["ticket.raised", "webhook.test"]
    event = sent_ids["ticket.raised"]
    once_more = admin.post(page_of(made, f"{event}/again/"), follow=True)
    assert words_of_messages(once_more) == ["1 event is sent again."]
    nothing = admin.post(page_of(made, "again/"), follow=True)
    assert words_of_messages(nothing) == ["Nothing was to be sent."]
    Endpoint.objects.update(is_active=False)
    for tail in ("test/", "again/", f"{event}/again/"):
        refused = admin.post(page_of(made, tail), follow=True)
        assert words_of_messages(refused) == ["The webhook is switched off: switch it on first."]


def test_a_new_secret_is_shown_once_and_replaces_the_old(house: House, admin: Client) -> None:
    made = endpoint(house)

    page = admin.get(page_of(made)).content.decode()
    token = re.search(r'secret/".*?name="once" value="([^"]+)"', page, re.S)
    assert token is not None
    form = {"once": token[1]}

    shown = admin.post(page_of(made, "secret/"), form)
    again = admin.post(page_of(made, "secret/"), form, follow=True)

    assert words_of_messages(again) == ["You had sent this already: nothing was done twice."]
    assert "For 24 hours requests are signed with the earlier secret too." in text_of(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    before = made.sealed_secret
    made.refresh_from_db()
    assert made.sealed_previous == before
    assert unseal(made.sealed_secret, purpose=SECRETS) in text_of(shown)


def test_an_administrator_of_some_customers_sees_none(house: House, admin: Client) -> None:
    made = endpoint(house)
    make_ticket(house)
    group = Team.objects.create(name="South alone", level=1)
    group.members.add(house.staff["administrator"])
    group.organizations.add(house.south)
    event = Delivery.objects.all()[0].event_id

    for path in (page_of(made), page_of(made, f"{event}/")):
        assert admin.get(path).status_code == 404
    assert admin.get("/admin/webhooks/endpoint/").status_code == 403
    assert admin.post(page_of(made, "secret/")).status_code == 404


def test_the_page_runs_as_many_statements_for_many_events(house: House, admin: Client) -> None:
    made = endpoint(house)
    make_ticket(house)
    few = statements(admin, page_of(made))
    for _ in range(20):
        make_ticket(house)

    assert statements(admin, page_of(made)) == few
