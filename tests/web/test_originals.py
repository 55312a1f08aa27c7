"""The pages of sensitive data: what a conversation masks, the button that shows it, the hint."""

from typing import Any

import pytest

from foundation.core.sensitive import MASK
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tickets import queries, services, verbs
from tickets.models import Message, Ticket

pytestmark = pytest.mark.usefixtures("monday")

SECRET = "Contraseña: Qw3rty!9 <b>en</b> 10.0.0.5"


def reply(house: House, ticket: Ticket, body: str = SECRET) -> Message:
    return services.reply_as_customer(
        ticket=fresh(ticket), body=body, by=by(house.requester), at=MONDAY_9AM
    )


def shown(ticket: Ticket) -> list[int | None]:
    """Return the ids of the people who read what was masked, in order."""
    facts = queries.timeline(fresh(ticket))
    return [each.payload["message"] for each in facts if each.verb == verbs.ORIGINAL_SHOWN]


@pytest.mark.parametrize("side", ["desk", "portal"])
def test_a_conversation_masks_and_shows_on_request(house: House, sign_in: Any, side: str) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket)
    client = sign_in(house.agent if side == "desk" else house.requester)
    address = f"/admin/tickets/{ticket.number}/" if side == "desk" else f"/tickets/{ticket.number}/"

    page = client.get(address).content.decode()

    assert "Qw3rty" not in page
    assert f"Contraseña: {MASK}" in page
    assert f'action="/originals/messages/{message.pk}/"' in page

    answer = client.post(f"/originals/messages/{message.pk}/", headers={"hx-request": "true"})

    assert answer.status_code == 200
    assert "Contraseña: Qw3rty!9 &lt;b&gt;en&lt;/b&gt; 10.0.0.5" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert shown(ticket) == [message.pk]


def test_without_javascript_a_page_shows_it(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, subject="NIP: 4711 falla", description=SECRET)

    answer = sign_in(house.requester).post(f"/originals/tickets/{ticket.number}/")

    words = text_of(answer.content.decode())
    assert "NIP: 4711 falla" in words
    assert "Contraseña: Qw3rty!9" in words
    assert f'href="/tickets/{ticket.number}/"' in answer.content.decode()
    assert shown(ticket) == [None]


def test_strangers_customers_and_get_are_refused(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, description=SECRET)
    message = reply(house, ticket)
    note = services.add_note(ticket=fresh(ticket), body=SECRET, by=by(house.agent), at=MONDAY_9AM)

    for person, path, status in (
        (house.outsider, f"/originals/messages/{message.pk}/", 404),
        (house.outsider, f"/originals/tickets/{ticket.number}/", 404),
        (house.requester, f"/originals/messages/{note.pk}/", 404),
        (house.agent, f"/originals/messages/{note.pk + 1}/", 404),
        (house.staff["commercial"], f"/originals/messages/{message.pk}/", 404),
    ):
        assert sign_in(person).post(path).status_code == status, (person, path)
    assert sign_in(house.agent).get(f"/originals/messages/{message.pk}/").status_code == 405
    assert shown(ticket) == []


def test_a_message_that_masks_nothing_has_no_button(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket, "ping 10.0.0.5")
    client = sign_in(house.agent)

    page = client.get(f"/admin/tickets/{ticket.number}/").content.decode()

    assert "Parece contener una dirección IP." in text_of(page)
    assert f"/originals/messages/{message.pk}/" not in page
    assert client.post(f"/originals/messages/{message.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SECRET, "una contraseña y una dirección IP"),
        ("ping 10.0.0.5", "Todos los que leen el ticket"),
        ("Olvidé mi contraseña", ""),
    ],
)
def test_the_hint_says_what_is_being_typed(
    house: House, sign_in: Any, text: str, words: str
) -> None:
    answer = sign_in(house.agent).post("/sensitive/", {"body": text, "csrfmiddlewaretoken": "x"})

    said = text_of(answer.content.decode())
    assert words in said if words else said.strip() == ""
    assert "Qw3rty" not in said


def test_the_fields_that_are_watched_ask_for_the_hint(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    pages = {
        "portal": (house.requester, f"/tickets/{ticket.number}/", "body"),
        "desk": (house.agent, f"/admin/tickets/{ticket.number}/", "body"),
        "register": (house.agent, "/admin/register/", "subject"),
        "raise": (house.requester, "/catalog/erp-error/", "description"),
    }
    for person, path, name in pages.values():
        page = sign_in(person).get(path).content.decode()
        assert f'hx-params="csrfmiddlewaretoken,{name}"' in page, path
