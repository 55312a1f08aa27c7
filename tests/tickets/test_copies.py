"""Copies of messages to other addresses: who gets one, who sees it, and who may not get one."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from foundation.accounts.models import Membership
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from foundation.notifications.services import deliver_message
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.tickets import started
from tickets import services
from tickets.models import HeldMessage, Message, MessageKind, Ticket
from tickets.services import Copies, Saying, TransitionDetails, typed_copies

pytestmark = pytest.mark.usefixtures("monday")

SOON = MONDAY_9AM + MINUTE
BOSS = "boss@elsewhere.example"
SUPPLIER = "supplier@elsewhere.example"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def reply(house: House, ticket: Ticket, cc: str = "", bcc: str = "", **given: Any) -> Message:
    return services.reply_to_customer(
        ticket=fresh(ticket),
        body="We **look** into it.",
        copies=typed_copies(cc, bcc),
        by=by(house.agent),
        at=SOON,
        **given,
    )


def letters(template: str = "ticket_copy") -> dict[str, OutboxMessage]:
    rows = OutboxMessage.objects.filter(template=template).order_by("pk")
    return {each.to_email: each for each in rows}


def test_each_address_gets_the_message_once_and_the_blind_ones_are_named_nowhere(
    house: House,
) -> None:
    ticket = make_ticket(house)

    message = reply(house, ticket, f"Boss <{BOSS.upper()}>; {BOSS}", f"{SUPPLIER}\n{BOSS}")

    assert (message.cc, message.bcc) == ([BOSS], [SUPPLIER])
    copies = letters()
    assert sorted(copies) == [BOSS, SUPPLIER]
    assert letters("ticket_reply")["requester@north.example"].copies == [BOSS]
    assert (copies[BOSS].copies, copies[SUPPLIER].copies) == ([], [BOSS])
    for row in OutboxMessage.objects.filter(template__in=("ticket_copy", "ticket_reply")):
        rendered = render_message(row)
        assert SUPPLIER not in rendered.text + rendered.subject + str(row.copies)
    text = render_message(copies[BOSS]).text
    assert text.startswith(
        f"Agent wrote to Requester North (Company north) about {ticket.number}, with a copy to you:"
        "\n\nWe **look** into it."
    )
    assert "http" not in text  # who has no account cannot open the ticket


def test_the_header_names_the_copies_and_the_envelope_has_one_address(house: House) -> None:
    reply(house, make_ticket(house), BOSS, SUPPLIER)

    for row in OutboxMessage.objects.filter(template__in=("ticket_copy", "ticket_reply")):
        deliver_message(message=row, from_email="Mesa <mesa@mesa.example>", at=SOON)

    sent = {each.to[0]: each for each in mail.outbox}
    assert {each: sent[each].recipients() for each in sent} == {each: [each] for each in sent}
    headers = {each: sent[each].message()["Cc"] for each in sent}
    assert headers == {"requester@north.example": BOSS, BOSS: None, SUPPLIER: BOSS}


def test_people_who_see_the_ticket_get_a_link_to_it(house: House) -> None:
    ticket = make_ticket(house)

    reply(house, ticket, "coordinator@north.example, approver@north.example", "bpo@desk.example")

    texts = {address: render_message(row).text for address, row in letters().items()}
    assert f"/tickets/{ticket.number}/" in texts["coordinator@north.example"]
    assert f"/admin/tickets/{ticket.number}/" in texts["bpo@desk.example"]
    assert "http" not in texts["approver@north.example"]  # sees only tickets of their own


def test_a_follower_and_the_requester_get_one_letter(house: House) -> None:
    ticket = make_ticket(house)
    services.watch_ticket(
        ticket=fresh(ticket),
        person=house.people["coordinator"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    message = reply(house, ticket, "coordinator@north.example, Requester@North.example")

    assert message.cc == ["coordinator@north.example"]
    assert list(letters("watched")) == []
    assert list(letters()) == ["coordinator@north.example"]


@pytest.mark.parametrize(
    ("cc", "bcc", "field", "words"),
    [
        ("nobody", "", "cc", "“nobody” is no e-mail address."),
        ("", "a@b@c.example", "bcc", "“a@b@c.example” is no e-mail address."),
        ("x@y.example\r\nBcc: z@y.example", "", "cc", "“Bcc: z@y.example” is no e-mail address."),
        (
            "requester@south.example",
            "",
            "cc",
            "requester@south.example may not read about Company north.",
        ),
        (",".join(f"a{n}@y.example" for n in range(11)), "", "cc", "At most 10 copies."),
    ],
)
def test_what_is_no_address_or_may_not_read_it_is_refused_and_nothing_is_sent(
    house: House, cc: str, bcc: str, field: str, words: str
) -> None:
    ticket = make_ticket(house)

    with pytest.raises(Invalid) as refused:
        reply(house, ticket, cc, bcc)

    assert {name: str(text) for name, text in refused.value.fields.items()} == {field: words}
    assert not Message.objects.exists()
    assert not letters("ticket_reply")


def test_somebody_who_left_the_customer_gets_none(house: House) -> None:
    Membership.objects.filter(user=house.people["coordinator"]).update(is_suspended=True)

    with pytest.raises(Invalid, match="may not read about"):
        reply(house, make_ticket(house), "coordinator@north.example")


def test_statements_and_steps_have_copies_too(house: House) -> None:
    ticket = started(house)
    services.send_attention_statement(
        ticket=fresh(ticket),
        body="Today.",
        estimated_at=SOON + HOUR,
        copies=Copies(cc=(BOSS,)),
        by=by(house.agent),
        at=SOON,
    )
    assert "Expected time of attention: Mar 2, 2026, 10:01" in render_message(letters()[BOSS]).text

    services.transition_ticket(
        ticket=fresh(ticket),
        name="solve",
        details=TransitionDetails(
            message="Solved.", solution_type="definitive", copies=Copies(bcc=(SUPPLIER,))
        ),
        by=by(house.agent),
        at=SOON + MINUTE,
    )
    assert "Solved." in render_message(letters()[SUPPLIER]).text
    assert Message.objects.get(kind=MessageKind.SOLUTION).bcc == [SUPPLIER]


def test_a_held_message_keeps_its_copies_and_gives_them_back(house: House) -> None:
    ticket = make_ticket(house)
    saying = Saying(
        kind=MessageKind.REPLY,
        body="Hello.",
        details=TransitionDetails(copies=typed_copies(BOSS, SUPPLIER)),
    )

    services.say(
        ticket=ticket, saying=saying, by=by(house.agent), at=SOON, delay=timedelta(seconds=10)
    )
    assert not letters()
    services.send_held(held_id=HeldMessage.objects.get().pk, at=SOON + MINUTE)

    assert sorted(letters()) == [BOSS, SUPPLIER]


def test_what_would_be_refused_is_refused_before_it_is_held(house: House) -> None:
    saying = Saying(
        kind=MessageKind.REPLY,
        body="Hello.",
        details=TransitionDetails(copies=typed_copies("nobody", "")),
    )

    with pytest.raises(Invalid):
        services.say(
            ticket=make_ticket(house),
            saying=saying,
            by=by(house.agent),
            at=SOON,
            delay=timedelta(seconds=10),
        )
    assert not HeldMessage.objects.exists()


def test_the_composer_sends_them_and_shows_what_is_wrong(
    house: House, client: Client, settings: Any
) -> None:
    settings.MESA_UNDO_SECONDS = 0
    ticket = started(house)
    client.force_login(english(house))
    address = f"/admin/tickets/{ticket.number}/say/"

    refused = client.post(address, {"kind": "reply", "body": "Hello.", "cc": "nobody"})
    assert refused.status_code == 400
    assert "“nobody” is no e-mail address." in text_of(refused.content.decode())
    assert 'value="nobody"' in refused.content.decode()
    note = client.post(address, {"kind": "note", "body": "For us.", "cc": "nobody"})
    assert note.status_code == 302  # the fields of a reply are not read for a note
    client.post(address, {"kind": "reply", "body": "Hello.", "cc": BOSS, "bcc": SUPPLIER})

    message = Message.objects.get(kind=MessageKind.REPLY)
    assert (message.cc, message.bcc) == ([BOSS], [SUPPLIER])
    desk = text_of(client.get(f"/admin/tickets/{ticket.number}/").content.decode())
    assert f"Copy to: {BOSS}" in desk
    assert f"Blind copy to: {SUPPLIER}" in desk
    seen = client.post(f"/tickets/{ticket.number}/as-customer/").content.decode()
    assert BOSS in seen
    assert SUPPLIER not in seen  # as the customer sees it
    client.force_login(house.requester)
    portal = client.get(f"/tickets/{ticket.number}/").content.decode()
    assert BOSS in portal
    assert SUPPLIER not in portal


def test_a_copy_has_no_secret_whatever_the_contract_says(house: House) -> None:
    ticket = make_ticket(house)

    services.reply_to_customer(
        ticket=fresh(ticket),
        body="contraseña: Zarzamora77",
        copies=typed_copies(BOSS, SUPPLIER),
        by=by(house.agent),
        at=SOON,
    )

    texts = [render_message(each).text for each in letters().values()]
    assert len(texts) == 2
    assert not any("Zarzamora77" in text for text in texts)


@pytest.mark.parametrize(
    "address",
    [
        '"requester"@south.example',
        "ana@münchen.example",
        "anı@elsewhere.example",
        "=?utf-8?q?x?=@elsewhere.example",
        "commercial@desk.example",
        "mesa@desk.example",
    ],
)
def test_another_spelling_the_own_address_and_who_sees_no_tickets_are_refused(
    house: House, settings: Any, address: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Mesa <mesa@desk.example>"
    ticket = make_ticket(house)

    with pytest.raises(Invalid) as refused:
        reply(house, ticket, address)

    assert list(refused.value.fields) == ["cc"]
    assert not letters()


def test_a_follower_who_is_copied_gets_one_letter_of_a_step(house: House) -> None:
    ticket = started(house, at=MONDAY_9AM)
    coordinator = house.people["coordinator"]
    services.watch_ticket(
        ticket=fresh(ticket), person=coordinator, by=by(house.agent), at=MONDAY_9AM
    )

    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=TransitionDetails(message="Which one?", copies=Copies(cc=(coordinator.email,))),
        by=by(house.agent),
        at=SOON,
    )

    told = OutboxMessage.objects.filter(to_email=coordinator.email, dedupe_key__contains="state:")
    assert [each.template for each in told] == ["ticket_copy"]
    texts = OutboxMessage.objects.filter(to_email=coordinator.email)
    assert sum("Which one?" in render_message(each).text for each in texts) == 1
