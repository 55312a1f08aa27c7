"""Sensitive data in the texts of a ticket: masked copies, what was written, and who reads it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from audits.models import RequestedItem
from audits.services.base import require_text
from catalog.models import Contract
from escalation.services import request_escalation
from foundation.accounts.models import Membership, User
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.errors import Invalid, NotFound
from foundation.core.sensitive import MASK
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.audits import ITEMS, ask
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import closed, solved, started, step
from tickets import masking, queries, services, verbs
from tickets.models import Message, OriginalText, StateInterval, Ticket
from tickets.services import DetailsMissing, Spent, TaskPlan, TransitionDetails
from web.timeline import sentence

NOON = MONDAY_9AM + 3 * HOUR
SECRET = "Contraseña: Qw3rty!9 en 10.0.0.5"
SHOWN = f"Contraseña: {MASK} en 10.0.0.5"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def reply(house: House, ticket: Ticket, body: str = SECRET) -> Message:
    return services.reply_as_customer(
        ticket=fresh(ticket), body=body, by=by(house.requester, Channel.PORTAL), at=NOON
    )


def split_off(house: House, message: Message, requester: User) -> Ticket:
    """Split a message off, unchanged, for somebody of the customer."""
    part = services.NewTicket(
        membership=Membership.objects.get(user=requester),
        subject="Of its own",
        description=message.body,
        kind=Kind.INCIDENT,
        service=house.services["erp"],
        impact=Impact.MINOR,
        urgency=Urgency.LOW,
    )
    return services.split_ticket(
        ticket=fresh(message.ticket), message=message, part=part, by=by(house.agent), at=NOON
    )


def show(house: House, ticket: Ticket, message: Message | None, person: Any = None) -> OriginalText:
    return services.show_original(
        ticket=ticket, message=message, by=by(person or house.agent), at=NOON + MINUTE
    )


def last_text(template: str) -> str:
    found = OutboxMessage.objects.filter(template=template).order_by("pk").last()
    assert found is not None
    return render_message(found).text


def test_a_message_shows_a_masked_copy_and_keeps_what_was_written(house: House) -> None:
    message = reply(house, make_ticket(house))

    assert (message.body, message.sensitive) == (SHOWN, "password,ip")
    assert message.is_masked
    assert OriginalText.objects.get(message=message).text == SECRET


def test_addresses_of_machines_stay_and_are_marked(house: House) -> None:
    message = reply(house, make_ticket(house), "ping 10.0.0.5")

    assert (message.body, message.sensitive) == ("ping 10.0.0.5", "ip")
    assert not message.is_masked
    assert not OriginalText.objects.exists()


def test_a_ticket_masks_its_subject_description_and_answers(house: House) -> None:
    answers = [
        {"label_es": "Contraseña", "label_en": "Password", "value": "verano"},
        {"label_es": "Equipo", "label_en": "Device", "value": "10.0.0.5"},
        {"label_es": "Usuario", "label_en": "User", "value": "ana, NIP: 1234"},
    ]
    ticket = services.raise_ticket(
        request=services.NewTicket(
            membership=Membership.objects.get(user=house.requester),
            subject="El NIP: 4711 no sirve",
            description=SECRET,
            kind=Kind.INCIDENT,
            service=house.services["erp"],
            impact=Impact.MINOR,
            urgency=Urgency.LOW,
            answers=answers,
        ),
        by=by(house.requester, Channel.PORTAL),
        at=NOON,
    )

    assert ticket.subject == f"El NIP: {MASK} no sirve"
    assert ticket.description == SHOWN
    assert [each["value"] for each in ticket.answers] == [MASK, "10.0.0.5", f"ana, NIP: {MASK}"]
    assert ticket.sensitive == "password,ip"
    original = OriginalText.objects.get(ticket=ticket)
    assert (original.subject, original.text) == ("El NIP: 4711 no sirve", SECRET)
    assert original.answers == answers


def test_a_masked_subject_fits_its_column(house: House) -> None:
    ticket = make_ticket(house, subject="pin:1234 " * 22)

    assert len(ticket.subject) == masking.MAX_SUBJECT
    assert OriginalText.objects.get(ticket=ticket).subject == ("pin:1234 " * 22).strip()


def test_what_is_masked_is_not_found_by_a_search(house: House) -> None:
    ticket = make_ticket(house, description="NIP: 87654321")
    reply(house, ticket, "contraseña: Zarzamora77 en 10.99.88.77")

    def finds(words: str) -> bool:
        return queries.matching(Ticket.objects.all(), words, reader=house.agent).exists()

    assert not finds("87654321")
    assert not finds("Zarzamora77")
    assert finds("10.99.88.77")


def test_whoever_reads_what_was_written_is_recorded(house: House) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket)

    assert show(house, ticket, message).text == SECRET

    fact = [each for each in queries.timeline(ticket) if each.verb == verbs.ORIGINAL_SHOWN]
    assert len(fact) == 1
    assert fact[0].payload["message"] == message.pk
    assert SECRET not in str(fact[0].payload)
    assert sentence(fact[0], "UTC") == "Sensitive data shown: a password and an IP address"
    show(house, ticket, message)
    assert sum(each.verb == verbs.ORIGINAL_SHOWN for each in queries.timeline(ticket)) == 2


def test_what_is_not_masked_or_not_readable_is_not_shown(house: House) -> None:
    ticket = make_ticket(house)
    plain = reply(house, ticket, "ping 10.0.0.5")
    note = services.add_note(ticket=fresh(ticket), body=SECRET, by=by(house.agent), at=NOON)

    for message, person in (
        (plain, house.agent),
        (None, house.agent),
        (note, house.requester),
        (note, house.outsider),
        (reply(house, ticket), house.outsider),
    ):
        with pytest.raises(NotFound):
            show(house, ticket, message, person)
    assert not [each for each in queries.timeline(ticket) if each.verb == verbs.ORIGINAL_SHOWN]
    assert show(house, ticket, note).text == SECRET


def test_a_customer_reads_what_they_wrote(house: House) -> None:
    ticket = make_ticket(house, description=SECRET)

    assert show(house, ticket, None, house.requester).text == SECRET


def test_letters_mask_where_the_contract_says_so(house: House) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(ticket=fresh(ticket), body=SECRET, by=by(house.agent), at=NOON)
    assert SECRET in last_text("ticket_reply")
    assert "hidden" not in last_text("ticket_reply")

    Contract.objects.filter(pk=house.contract.pk).update(masks_mail=True)
    services.reply_to_customer(
        ticket=fresh(ticket), body=SECRET, by=by(house.agent), at=NOON + MINUTE
    )

    text = last_text("ticket_reply")
    assert f"Contraseña: {MASK} en {MASK}" in text
    assert "Sensitive data is hidden in this e-mail: read it in the ticket." in text
    found = OutboxMessage.objects.filter(template="ticket_reply").order_by("pk").last()
    assert found is not None
    assert "Qw3rty" not in str(found.context)


def test_the_copy_of_a_new_ticket_masks_as_the_contract_says(house: House) -> None:
    make_ticket(house, subject="Falla 10.0.0.5", description=SECRET)
    assert SECRET in last_text("ticket_received")

    Contract.objects.filter(pk=house.contract.pk).update(masks_mail=True)
    make_ticket(house, subject="Falla 10.0.0.5", description=SECRET)

    text = last_text("ticket_received")
    assert "Qw3rty!9" not in text
    assert "10.0.0.5" not in text


def test_letters_of_a_ticket_without_a_contract_mask_always(house: House) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(starts_on="2030-01-01")
    ticket = make_ticket(house, description=SECRET)

    assert ticket.contract is None
    assert "Qw3rty!9" not in last_text("ticket_received")


@pytest.mark.parametrize(
    ("channel", "masks"),
    [
        (Channel.WHATSAPP, True),
        (Channel.CHAT, True),
        (Channel.EMAIL, False),
        (Channel.PORTAL, False),
        (Channel.API, False),
    ],
)
def test_channels_mask_whatever_the_contract_says(
    house: House, channel: Channel, masks: bool
) -> None:
    assert masking.leaves_masked(channel, make_ticket(house)) is masks


def test_the_reason_of_a_declined_solution_is_masked_with_its_message(house: House) -> None:
    ticket = solved(house)

    step(house, ticket, "decline", NOON, user=house.requester, reason=SECRET)

    interval = StateInterval.objects.get(ticket=ticket, ended_at=None)
    assert interval.reason == SHOWN
    message = Message.objects.filter(ticket=ticket).latest("pk")
    assert (message.body, OriginalText.objects.get(message=message).text) == (SHOWN, SECRET)


def test_texts_that_are_shown_as_they_are_refuse_secrets(house: House) -> None:
    ticket = started(house)
    agent = by(house.agent)

    def refused(name: str, act: Any) -> None:
        with pytest.raises(Invalid) as refusal:
            act()
        assert "a password" in str(refusal.value.fields[name]), name

    refused("reason", lambda: step(house, ticket, "close_invalid", NOON, reason=SECRET))
    refused(
        "tried",
        lambda: step(
            house, ticket, "assign", NOON, team=house.level_two, reason="Deep.", tried=SECRET
        ),
    )
    refused(
        "reason",
        lambda: services.mark_stay(
            ticket=fresh(ticket), mark="spare_parts", reason=SECRET, by=agent, at=NOON
        ),
    )
    refused(
        "note",
        lambda: services.enter_time(
            ticket=fresh(ticket), spent=Spent(5, note=SECRET), by=agent, at=NOON
        ),
    )
    refused(
        "title",
        lambda: services.add_tasks(
            ticket=fresh(ticket), plans=[TaskPlan(SECRET)], by=agent, at=NOON
        ),
    )
    refused(
        "tags",
        lambda: services.tag_ticket(ticket=fresh(ticket), names=["NIP:1234"], by=agent, at=NOON),
    )
    refused(
        "reason",
        lambda: request_escalation(ticket=fresh(ticket), reason=SECRET, by=agent, at=NOON),
    )


def test_a_follow_up_sent_twice_is_one_although_it_is_masked(house: House) -> None:
    ticket = closed(house)
    requester = by(house.requester, Channel.PORTAL)

    first = services.follow_up_ticket(ticket=ticket, body=SECRET, by=requester, at=NOON + 24 * HOUR)
    again = services.follow_up_ticket(
        ticket=ticket, body=SECRET, by=requester, at=NOON + 24 * HOUR + MINUTE
    )

    assert first.pk == again.pk
    assert first.description == SHOWN


def test_the_question_of_a_step_is_masked_too(house: House) -> None:
    ticket = started(house)

    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=TransitionDetails(reason="Falta.", message="¿El NIP: 4711 es suyo?"),
        by=by(house.agent),
        at=NOON,
    )

    assert Message.objects.filter(ticket=ticket).latest("pk").body == f"¿El NIP: {MASK} es suyo?"


def test_a_refused_reason_is_a_detail_of_the_step(house: House) -> None:
    with pytest.raises(DetailsMissing):
        step(house, started(house), "close_invalid", NOON, reason=SECRET)


def test_a_part_that_is_split_off_keeps_what_was_written(house: House) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket)
    found = split_off(house, message, house.requester)

    assert (found.description, found.is_masked) == (SHOWN, True)
    assert show(house, found, None).text == SECRET


def test_a_subject_is_masked_in_every_letter_which_says_so(house: House) -> None:
    make_ticket(house, subject="NIP: 4711 falla")

    found = OutboxMessage.objects.filter(template="ticket_received").latest("pk")
    letter = render_message(found)

    assert "4711" not in letter.subject + letter.text
    assert "Sensitive data is hidden in this e-mail" in letter.text


@pytest.mark.parametrize(
    "reason", ["Ya quedó, clave: 84111506", "error token: invalid_grant", "El lote 12345678-5"]
)
def test_what_only_resembles_a_secret_is_not_refused(house: House, reason: str) -> None:
    ticket = started(house)

    step(house, ticket, "close_invalid", NOON, reason=reason)

    assert StateInterval.objects.get(ticket=ticket, ended_at=None).reason == reason


def test_an_address_that_a_password_covers_leaves_the_original_reachable(house: House) -> None:
    message = reply(house, make_ticket(house), "wan pass: 2001:db8::abcd")

    assert (message.body, message.is_masked) == (f"wan pass: {MASK}", True)


def test_an_audit_masks_its_purpose_and_items_and_refuses_secrets_in_reasons(house: House) -> None:
    items = [("erp", f"Usuarios. {SECRET}"), *ITEMS[1:]]
    audit = ask(house, fields={"C7": SECRET}, items=items)

    assert SHOWN in {audit.purpose, audit.auditor_company, audit.auditor_name}
    assert RequestedItem.objects.get(audit=audit, number=1).description == f"Usuarios. {SHOWN}"
    assert SHOWN in audit.ticket.description
    assert SECRET in show(house, audit.ticket, None).text
    with pytest.raises(Invalid) as refusal:
        require_text(SECRET, "reason")
    assert "a password" in str(refusal.value.fields["reason"])


def test_a_part_for_who_does_not_read_the_source_has_the_masked_copy(house: House) -> None:
    ticket = make_ticket(house)
    message = reply(house, ticket)
    other = house.people["site_supervisor"]
    assert not queries.visible_to(other).filter(pk=ticket.pk).exists()
    found = split_off(house, message, other)

    assert (found.description, found.is_masked) == (SHOWN, False)
    assert "Qw3rty" not in last_text("ticket_received")
