"""Signatures: written on a page of one's own, and sent under the messages to customers."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from foundation.accounts.models import User
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.pages import english, words_of_messages
from tests.support.tickets import solved
from tickets import queries, services
from tickets.models import Signature
from tickets.services import ActionNotAllowed, save_signature

pytestmark = pytest.mark.usefixtures("monday")

PAGE = "/admin/signature/"
SPANISH = "**Ana** · Mesa de servicio\nhttps://mesa.example"
ENGLISH = "**Ana** · Service desk"


def save(house: House, **texts: str) -> Signature | None:
    values = {"body_es": SPANISH, "body_en": ENGLISH, **texts}
    return save_signature(**values, by=by(house.agent))


def letter(template: str) -> Any:
    return render_message(OutboxMessage.objects.filter(template=template).latest("pk"))


def test_a_person_writes_theirs_and_takes_it_away(house: House, client: Client) -> None:
    client.force_login(english(house))

    done = client.post(PAGE, {"body_es": SPANISH, "body_en": ENGLISH}, follow=True)

    assert words_of_messages(done) == ["Your signature is saved."]
    assert done.context["form"]["body_es"].value() == SPANISH
    assert (Signature.objects.get().body_es, Signature.objects.get().person) == (
        SPANISH,
        house.agent,
    )
    gone = client.post(PAGE, {"body_es": " ", "body_en": ""}, follow=True)
    assert words_of_messages(gone) == ["You have no signature now."]
    assert not Signature.objects.exists()


def test_what_is_wrong_is_said_at_its_field(house: House, client: Client) -> None:
    client.force_login(english(house))

    refused = client.post(PAGE, {"body_es": "", "body_en": ENGLISH})
    secret = client.post(PAGE, {"body_es": "password: Tr0ub4dor&3"})
    long = client.post(PAGE, {"body_es": "x" * 1001})

    assert refused.status_code == 400
    assert list(refused.context["form"].errors) == ["body_es"]
    assert refused.context["form"]["body_en"].value() == ENGLISH
    assert list(secret.context["form"].errors) == ["body_es"]
    assert list(long.context["form"].errors) == ["body_es"]
    assert not Signature.objects.exists()
    with pytest.raises(Invalid) as error:
        save(house, body_en="x" * 1001)
    assert error.value.fields.keys() == {"body_en"}


@pytest.mark.parametrize("role", ["commercial", "administrator", "audit_area"])
def test_who_attends_no_tickets_has_none(house: House, role: str) -> None:
    with pytest.raises(ActionNotAllowed):
        save_signature(body_es="x", body_en="", by=by(house.staff[role]))


def test_a_reply_has_it_in_the_letter_and_not_in_the_conversation(house: House) -> None:
    save(house)
    ticket = make_ticket(house)

    message = services.reply_to_customer(
        ticket=fresh(ticket), body="We look into it.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )

    found = letter("ticket_reply")
    assert f"We look into it.\n\n-- \n{ENGLISH}\n\n" in found.text
    assert "<p><strong>Ana</strong> · Service desk</p>" in found.html
    assert message.body == "We look into it."


def test_it_is_in_the_language_of_who_reads_it(house: House) -> None:
    save(house)
    User.objects.filter(pk=house.requester.pk).update(language="es")
    ticket = make_ticket(house, requester=User.objects.get(pk=house.requester.pk))
    act = {"by": by(house.agent), "at": MONDAY_9AM + MINUTE}

    services.send_attention_statement(
        ticket=fresh(ticket), body="Today.", estimated_at=MONDAY_9AM + HOUR, **act
    )
    assert f"Today.\n\n-- \n{SPANISH}\n" in letter("ticket_statement").text
    User.objects.filter(pk=house.requester.pk).update(language="en")
    save(house, body_en="")
    services.reply_to_customer(ticket=fresh(ticket), body="Now.", **act)
    found = letter("ticket_reply")
    assert f"Now.\n\n-- \n{SPANISH}\n" in found.text
    assert '<a href="https://mesa.example" rel="nofollow">' in found.html


def test_steps_with_a_message_have_it_and_others_have_none(house: House) -> None:
    save(house)
    ticket = solved(house)

    assert f"-- \n{ENGLISH}" in letter("ticket_solved").text

    services.reply_as_customer(
        ticket=fresh(ticket), body="Thanks.", by=by(house.requester), at=MONDAY_9AM + 2 * HOUR
    )
    with translation.override("en"):
        others = OutboxMessage.objects.exclude(template="ticket_solved")
        assert not [each for each in others if "Ana" in render_message(each).text]
    # a message of a colleague without one
    services.reply_to_customer(
        ticket=make_ticket(house),
        body="Hello.",
        by=by(house.staff["agent2"]),
        at=MONDAY_9AM + 3 * HOUR,
    )
    assert "--" not in letter("ticket_reply").text
    assert queries.signature_of(house.staff["agent2"].pk) is None


def test_the_menu_leads_there_for_who_attends_tickets(house: House, client: Client) -> None:
    for name, is_shown in (("agent", True), ("consultant", True), ("administrator", False)):
        client.force_login(english(house, name))
        assert (PAGE in client.get("/admin/").content.decode()) is is_shown
