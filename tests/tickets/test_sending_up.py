"""A ticket that is sent to a higher level: what was tried, and who is told."""

import pytest

from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import MONDAY_9AM, House, fresh, make_ticket
from tests.support.tickets import step
from tickets import queries
from tickets.services import DetailsMissing


def test_a_ticket_that_goes_up_says_what_was_tried(house: House) -> None:
    ticket = make_ticket(house)
    sent = {"team": house.level_two, "reason": "Deeper."}

    with pytest.raises(DetailsMissing) as caught:
        step(house, ticket, "assign", MONDAY_9AM, **sent, tried=" ")
    assert list(caught.value.fields) == ["tried"]
    step(house, ticket, "assign", MONDAY_9AM, **sent, tried=" A restart. ")

    stay = queries.handover_of(fresh(ticket))
    assert stay is not None
    assert (stay.reason, stay.tried) == ("Deeper.", "A restart.")
    step(house, ticket, "start", MONDAY_9AM, user=house.staff["consultant"])
    assert queries.handover_of(fresh(ticket)) == stay
    step(house, ticket, "assign", MONDAY_9AM, **sent, tried="Everything.")
    again = queries.handover_of(fresh(ticket))
    assert again is not None
    assert again.tried == "Everything."
    step(house, ticket, "return_to_desk", MONDAY_9AM, reason="Ours.")
    assert queries.handover_of(fresh(ticket)) is None


def test_the_members_of_the_group_are_told_with_what_was_tried(house: House) -> None:
    second = house.staff["desk_manager"]
    house.level_two.members.add(second, house.agent)
    ticket = make_ticket(house)

    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.", tried="Tea.")

    letters = OutboxMessage.objects.filter(template="ticket_sent").order_by("to_email")
    assert [each.to_email for each in letters] == [
        house.staff["consultant"].email,
        second.email,
    ]
    OutboxMessage.objects.update(language="en")
    mail = render_message(OutboxMessage.objects.get(pk=letters[0].pk))
    assert f"{ticket.number}" in mail.subject
    assert "Reason: Up." in mail.text
    assert "What was tried: Tea." in mail.text


def test_a_group_with_a_mailbox_is_told_there(house: House) -> None:
    house.level_two.email = "level2@desk.example"
    house.level_two.save()
    ticket = make_ticket(house)

    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")

    letter = OutboxMessage.objects.get(template="ticket_sent")
    assert (letter.to_email, letter.to_name, letter.recipient_id) == (
        "level2@desk.example",
        "Level two",
        None,
    )
