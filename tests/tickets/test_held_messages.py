"""What was sent a moment ago can be taken back; afterwards it is sent once, with what belongs to
it.
"""

from datetime import timedelta
from typing import Any

import pytest

from foundation.accounts.models import Team
from foundation.accounts.tenancy import every_organization
from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.holding import (
    DELAY,
    SENT_AT,
    given_back,
    hold,
    letters,
    reply,
    send,
    solving,
)
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import services, tasks
from tickets.models import (
    Attachment,
    HeldMessage,
    Message,
    MessageKind,
    StateInterval,
    Ticket,
    Visit,
)
from tickets.services import ActionNotAllowed, Change, Saying, Stepping, TransitionDetails

pytestmark = pytest.mark.usefixtures("monday")


def test_until_it_is_sent_nothing_of_the_ticket_changes(house: House) -> None:
    ticket = make_ticket(house)
    version = fresh(ticket).version
    count = OutboxMessage.objects.count()

    held = hold(house, ticket, solving(ticket, files=[upload(PNG, "cable.png")]))

    assert held.send_at == SENT_AT
    assert (fresh(ticket).state, fresh(ticket).version) == ("new", version)
    assert OutboxMessage.objects.count() == count
    assert not Message.objects.exists()
    assert not Attachment.objects.exists()
    assert Clock.objects.get(ticket=ticket, metric="reaction").stopped_at is None


def test_what_is_sent_is_sent_once_with_its_step_and_its_files(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, solving(ticket, files=[upload(PNG, "cable.png")]))

    send(held)
    send(held)

    message = Message.objects.get()
    assert (message.body, message.author) == ("It works again.", house.agent)
    assert (message.created_at, message.kind) == (SENT_AT, MessageKind.SOLUTION)
    assert fresh(ticket).state == "solved"
    assert [file.name for file in Attachment.objects.filter(message=message)] == ["cable.png"]
    assert Attachment.objects.get().blob.read() == PNG
    assert len(letters("ticket_solved")) == 1
    assert Clock.objects.get(ticket=ticket, metric="reaction").stopped_at == SENT_AT
    assert not HeldMessage.objects.exists()


def test_a_statement_and_a_promise_of_a_supplier_keep_what_they_need(house: House) -> None:
    ticket = make_ticket(house)
    statement = Saying(
        kind=MessageKind.STATEMENT, body="This afternoon.", estimated_at=MONDAY_9AM + 5 * HOUR
    )
    send(hold(house, ticket, statement))
    details = TransitionDetails(
        supplier="Link", supplier_case="INC-7", promised_on=(MONDAY_9AM + 48 * HOUR).date()
    )
    waits = reply("We wait.", step="pend_supplier", details=details, version=fresh(ticket).version)
    send(hold(house, ticket, waits))

    assert Message.objects.get(kind="statement").estimated_at == MONDAY_9AM + 5 * HOUR
    interval = StateInterval.objects.get(ticket=ticket, ended_at=None)
    assert fresh(ticket).state == interval.state == "pending_supplier"
    assert (interval.supplier, interval.supplier_case) == ("Link", "INC-7")
    assert interval.promised_on == (MONDAY_9AM + 48 * HOUR).date()


@pytest.mark.parametrize(
    ("draft", "kept", "left"),
    [
        ("It works again.", "", ""),
        ("It works", "", ""),  # kept a second before the last words
        ("It wroks", "It wroks ", ""),
        ("Something else.", "It wroks", "Something else."),
    ],
)
def test_the_draft_of_what_was_sent_is_dropped(
    house: House, draft: str, kept: str, left: str
) -> None:
    ticket = make_ticket(house)
    services.save_draft(ticket=ticket, kind="reply", body=draft, by=by(house.agent), at=MONDAY_9AM)

    hold(house, ticket, reply(kept=kept))

    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == left


def test_a_draft_that_comes_late_is_not_kept(house: House) -> None:
    ticket = make_ticket(house)
    hold(house, ticket, reply())
    values = {"ticket": ticket, "kind": "reply", "by": by(house.agent), "at": MONDAY_9AM}

    services.save_draft(body="It works again. ", **values)
    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == ""

    services.save_draft(body="Something else.", **values)
    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == "Something else."


def test_what_was_sent_and_what_others_wrote_is_not_taken_back(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply())

    with pytest.raises(ActionNotAllowed, match="Ya se envió"):
        services.take_back(
            ticket=ticket, held_id=held.pk, by=by(house.staff["agent2"]), at=MONDAY_9AM
        )
    send(held)
    with pytest.raises(ActionNotAllowed, match="Ya se envió"):
        services.take_back(ticket=ticket, held_id=held.pk, by=by(house.agent), at=MONDAY_9AM)

    assert Message.objects.count() == 1


def test_what_would_be_refused_is_refused_at_once(house: House) -> None:
    ticket = make_ticket(house)
    late = Saying(kind=MessageKind.STATEMENT, body="x", estimated_at=MONDAY_9AM - MINUTE)
    many = reply(files=[upload(PNG, f"{number}.png") for number in range(11)])

    for saying in (late, many, reply(" ")):
        with pytest.raises(Invalid):
            hold(house, ticket, saying)
    with pytest.raises(NotAllowed):
        hold(house, ticket, reply(), by=by(house.staff["bpo"]))

    assert not HeldMessage.objects.exists()


def test_a_step_that_is_not_possible_is_left_out_at_once(house: House) -> None:
    ticket = make_ticket(house)
    saying = solving(ticket)
    step(house, ticket, "start", MONDAY_9AM)

    said = services.say(
        ticket=fresh(ticket), saying=saying, by=by(house.agent), at=MONDAY_9AM, delay=DELAY
    )
    assert said.held is not None
    send(said.held)

    assert isinstance(said.not_taken, services.StaleTicket)
    assert Message.objects.get().body == "It works again."
    assert fresh(ticket).state == "in_progress"
    assert letters("sent_without_step") == []  # they were told when they sent it


def test_a_step_that_becomes_impossible_is_told_to_the_author(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, solving(ticket))
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff["agent2"], by=by(house.agent), at=MONDAY_9AM
    )

    send(held)

    assert Message.objects.get().kind == MessageKind.REPLY
    assert fresh(ticket).state == "new"
    (letter,) = letters("sent_without_step")
    assert letter.to_email == house.agent.email
    assert letter.context["body"] == "It works again."


def test_what_cannot_be_sent_is_told_and_given_back(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply(files=[upload(PNG, "cable.png")]))
    house.agent.staff_roles = ["bpo"]
    house.agent.save()

    send(held)

    assert not Message.objects.exists()
    assert [letter.to_email for letter in letters("not_sent")] == [house.agent.email]
    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == "It works again."
    assert [file.name for file in given_back(house, ticket).files] == ["cable.png"]


@pytest.mark.parametrize("step_name", ["", "solve"])
def test_of_who_lost_the_customer_the_text_is_kept_as_a_note(house: House, step_name: str) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, solving(ticket) if step_name else reply())
    south = Team.objects.create(name="South", level=1)
    south.organizations.add(house.south)
    south.members.add(house.agent)
    count = OutboxMessage.objects.count()

    send(held)

    note = Message.objects.get()
    assert (note.kind, note.author) == (MessageKind.NOTE, None)
    assert note.body.startswith("Agent ya no atiende a este cliente")
    assert note.body.endswith("It works again.")
    assert fresh(ticket).state == "new"
    assert OutboxMessage.objects.count() == count
    assert not HeldMessage.objects.exists()


def test_of_who_left_the_text_is_kept_as_a_note(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply())
    house.agent.is_active = False
    house.agent.save()

    send(held)

    assert Message.objects.get().body.endswith("It works again.")
    assert Message.objects.get().kind == MessageKind.NOTE


def test_a_ticket_that_ended_meanwhile_gets_no_reply(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply())
    step(house, ticket, "reject", MONDAY_9AM, reason="A duplicate.")

    send(held)

    assert not Message.objects.exists()
    assert [letter.context["reason"] for letter in letters("not_sent")] == [
        f"{ticket.number} ya terminó."
    ]


def test_a_message_is_taken_back_on_its_own_ticket(house: House) -> None:
    held = hold(house, make_ticket(house), reply())

    with pytest.raises(ActionNotAllowed):
        services.take_back(
            ticket=make_ticket(house), held_id=held.pk, by=by(house.agent), at=MONDAY_9AM
        )

    assert HeldMessage.objects.get() == held


def test_what_fails_unexpectedly_is_tried_again_and_then_given_back(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply())
    HeldMessage.objects.update(details={})  # what no release of ours has written
    waits = []

    for _ in range(4):
        with pytest.raises(KeyError):
            send(held)
        services.try_held_later(held_id=held.pk, at=SENT_AT)
        waits.append(HeldMessage.objects.values_list("send_at", flat=True)[0] - SENT_AT)
    services.try_held_later(held_id=held.pk, at=SENT_AT)
    services.try_held_later(held_id=held.pk, at=SENT_AT)

    assert waits == [MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE]
    assert given_back(house, ticket).held is None
    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == "It works again."
    assert len(letters("not_sent")) == 1


def test_a_second_message_sends_the_first_one_before_it(house: House) -> None:
    ticket = make_ticket(house)
    hold(house, ticket, reply("One."))
    of_another = hold(house, ticket, reply("Two."), by=by(house.staff["agent2"]))

    last = hold(house, ticket, reply("Three."), at=MONDAY_9AM + SECOND)

    assert [message.body for message in Message.objects.order_by("pk")] == ["One."]
    assert set(HeldMessage.objects.all()) == {of_another, last}


def test_the_same_act_on_many_tickets_sends_first_what_is_on_hold_of_them(house: House) -> None:
    ticket = make_ticket(house)
    untouched = make_ticket(house)
    hold(house, ticket, reply("One."))
    waits = hold(house, untouched, reply("Two."))
    details = TransitionDetails(reason="Not ours.", cause="other")

    changed = services.change_each(
        changes=[Change(ticket.pk, None, Stepping("reject", details))],
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    assert [each.refusal for each in changed] == [""]
    assert [message.body for message in Message.objects.order_by("pk")][0] == "One."
    assert fresh(ticket).state == "rejected"
    assert list(HeldMessage.objects.all()) == [waits]


@pytest.mark.parametrize(
    ("due", "is_due_soon"),
    [
        (-HOUR, True),  # another clock may be due right after an overdue one
        (timedelta(), True),
        (40 * SECOND, True),
        (41 * SECOND, False),
        (None, False),
    ],
)
def test_a_clock_that_is_about_to_be_due_is_stopped_at_once(
    house: House, due: timedelta | None, is_due_soon: bool
) -> None:
    ticket = make_ticket(house)
    due_at = MONDAY_9AM + due if due is not None else None
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=due_at)

    assert services.is_due_soon(fresh(ticket), MONDAY_9AM, DELAY) is is_due_soon


def test_the_sweep_sends_what_is_due(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house, organization=house.south, requester=house.outsider)
    hold(house, ticket, reply("Due."), at=MONDAY_9AM - DELAY)
    hold(house, other, reply("Due too."), at=MONDAY_9AM - MINUTE)
    waits = hold(house, make_ticket(house), reply("Not yet."), at=MONDAY_9AM - DELAY + SECOND)

    assert [tasks.sweep_held(), tasks.sweep_held()] == [2, 0]

    with every_organization(reason="look"):
        assert {message.body for message in Message.objects.all()} == {"Due.", "Due too."}
        assert list(HeldMessage.objects.all()) == [waits]


def test_the_oldest_held_message_that_is_due_is_late(house: House, client: Any) -> None:
    hold(house, make_ticket(house), reply(), at=MONDAY_9AM - DELAY - 61 * SECOND)
    hold(house, make_ticket(house), reply())
    given_back = hold(house, make_ticket(house), reply(), at=MONDAY_9AM - HOUR)
    services.take_back(
        ticket=given_back.ticket, held_id=given_back.pk, by=by(house.agent), at=MONDAY_9AM
    )

    ready = client.get("/readyz").json()

    assert (ready["status"], ready["late_seconds"]["clocks"]) == ("degraded", 61)
