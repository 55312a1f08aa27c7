"""Letters to people who left: judged when they are delivered (SPEC 7.5)."""

from typing import Any

import pytest
from django.core import mail

from foundation.accounts.models import Membership, Organization, Team, User
from foundation.core.links import Link
from foundation.notifications.models import MessageStatus, OutboxMessage
from foundation.notifications.services import Letter, deliver_message, queue_letters
from tests.support.house import MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tickets.services import assign_ticket, reply_as_customer


def queued(house: House, *, to: User | None = None, email: str = "") -> OutboxMessage:
    letter = Letter(
        template="account_notice",
        to_email=email or (to.email if to else ""),
        language="es",
        dedupe_key="x",
        recipient_id=to.pk if to else None,
        context={"notice": "password_changed"},
    )
    queue_letters(organization_id=house.north.pk, letters=[letter], at=MONDAY_9AM)
    return OutboxMessage.objects.get()


def status_after_delivery(message: OutboxMessage) -> str:
    deliver_message(message=message, from_email="mesa@mesa.example", at=MONDAY_9AM)
    return OutboxMessage.objects.get().status


def suspend(house: House) -> None:
    Membership.objects.filter(user=house.requester).update(is_suspended=True)


def deactivate(house: House) -> None:
    User.objects.filter(pk__in=[house.requester.pk, house.agent.pk]).update(is_active=False)


def close(house: House) -> None:
    Organization.objects.filter(pk=house.north.pk).update(is_active=False)


def restrict(house: House) -> None:
    team = Team.objects.create(name="South alone", level=1)
    team.members.add(house.agent)
    team.organizations.add(house.south)


@pytest.mark.parametrize(
    ("who", "change"),
    [
        ("requester", suspend),
        ("requester", deactivate),
        ("requester", close),
        ("agent", deactivate),
        ("agent", restrict),
    ],
)
def test_a_letter_queued_before_its_reader_left_is_withheld(
    house: House, who: str, change: Any
) -> None:
    message = queued(house, to=getattr(house, who))
    change(house)

    assert status_after_delivery(message) == MessageStatus.WITHHELD
    assert mail.outbox == []


@pytest.mark.parametrize("who", ["requester", "agent"])
def test_a_letter_to_who_still_reads_is_sent(house: House, who: str) -> None:
    assert status_after_delivery(queued(house, to=getattr(house, who))) == MessageStatus.SENT
    assert [each.to for each in mail.outbox] == [[getattr(house, who).email]]


def test_an_address_of_another_customers_person_gets_nothing(house: House) -> None:
    message = queued(house, email=house.outsider.email.upper())

    assert status_after_delivery(message) == MessageStatus.WITHHELD


def test_an_address_of_nobody_is_an_outside_contact(house: House) -> None:
    assert status_after_delivery(queued(house, email="night@carrier.example")) == MessageStatus.SENT


def test_a_withheld_letter_goes_out_when_it_is_queued_again(house: House) -> None:
    from foundation.notifications.services import requeue_messages

    message = queued(house, to=house.requester)
    suspend(house)
    assert status_after_delivery(message) == MessageStatus.WITHHELD
    Membership.objects.filter(user=house.requester).update(is_suspended=False)

    count = requeue_messages(message_ids=[message.pk], by=SETUP, at=MONDAY_9AM)

    assert count == 1
    assert status_after_delivery(OutboxMessage.objects.get()) == MessageStatus.SENT


def test_the_outbox_shows_neither_texts_nor_addresses(house: House, sign_in: Any) -> None:
    queue_letters(
        organization_id=house.north.pk,
        letters=[
            Letter(
                template="escalation",
                to_email=house.requester.email,
                language="es",
                dedupe_key="reset",
                context={"reason": "secret-text"},
                links={"acknowledge_url": Link("acknowledgement", "secret-key", for_staff=True)},
            )
        ],
        at=MONDAY_9AM,
    )
    message = OutboxMessage.objects.get()
    client = sign_in(house.staff["administrator"])

    page = client.get(f"/admin/notifications/outboxmessage/{message.pk}/change/")

    assert page.status_code == 200
    assert house.requester.email in page.content.decode()
    assert "secret" not in page.content.decode()


def test_the_reply_to_an_agent_who_left_goes_to_the_supervisors(house: House) -> None:
    ticket = make_ticket(house)
    assign_ticket(
        ticket=ticket,
        assignee=house.agent,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    User.objects.filter(pk=house.agent.pk).update(is_active=False)
    OutboxMessage.objects.all().delete()

    reply_as_customer(
        ticket=fresh(ticket), body="And now?", files=[], by=by(house.requester), at=MONDAY_9AM
    )

    letters = OutboxMessage.objects.filter(template="customer_replied")
    assert [letter.to_email for letter in letters] == [house.staff["desk_supervisor"].email]
