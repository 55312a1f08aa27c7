"""Letters about tickets: who gets one, with which template and which words."""

from datetime import datetime
from typing import Any

import pytest

from foundation.accounts.models import Membership, User
from foundation.core.classification import Channel
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import letters, services
from tickets.models import Ticket


def letters_after(pk: int) -> list[tuple[str, str]]:
    """Return (template, address) of the letters queued after the one with this id."""
    found = OutboxMessage.objects.filter(pk__gt=pk).order_by("pk")
    return list(found.values_list("template", "to_email"))


def last_letter() -> int:
    found = OutboxMessage.objects.order_by("pk").last()
    return found.pk if found else 0


def end_membership(house: House) -> None:
    Membership.objects.filter(user=house.requester).update(is_suspended=True)


def letter(template: str) -> OutboxMessage:
    return OutboxMessage.objects.get(template=template)


def staff_links(found: OutboxMessage) -> list[Any]:
    return list(found.links["url"])


def owned(house: House, *, owner: User | None = None, assignee: User | None = None) -> Ticket:
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(owner=owner, assignee=assignee)
    return fresh(ticket)


def test_the_copy_of_a_new_ticket_has_its_facts_and_its_thread(house: House) -> None:
    ticket = make_ticket(house)

    found = letter("ticket_received")

    assert (found.to_email, found.to_name) == (house.requester.email, house.requester.full_name)
    assert (found.recipient_id, found.organization_id) == (house.requester.pk, house.north.pk)
    assert found.dedupe_key == f"raised:{ticket.pk}:{house.requester.pk}"
    assert found.thread_id.startswith(f"<ticket-{ticket.pk}@")
    assert found.links["url"] == ["ticket", ticket.number, False]
    assert found.context["number"] == ticket.number
    assert found.context["subject"] == "The invoice fails"
    assert found.context["organization"] == "Company north"
    assert (found.context["state"], found.context["priority"]) == ("new", "high")
    assert found.context["time_zone"] == "America/Mexico_City"
    assert found.context["out_of_contract"] is False
    assert found.context["description"] == "It says: not allowed."
    assert found.created_at == MONDAY_9AM


@pytest.mark.parametrize(("own", "expected"), [("es", "es"), ("en", "en"), ("", "en")])
def test_a_letter_is_in_the_language_of_the_person_else_of_the_organization(
    house: House, own: str, expected: str
) -> None:
    ticket = fresh(make_ticket(house))
    house.requester.language = own

    assert letters.language_of(house.requester, ticket) == expected


def test_a_reply_of_the_desk_is_sent_to_the_requester(house: House) -> None:
    ticket = make_ticket(house)
    before = last_letter()

    message = services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM
    )

    assert letters_after(before) == [("ticket_reply", house.requester.email)]
    assert letter("ticket_reply").context["body"] == "We look."
    assert letter("ticket_reply").dedupe_key == f"message:{message.pk}:{house.requester.pk}"


def test_an_attention_statement_is_sent_with_its_time(house: House) -> None:
    ticket = make_ticket(house)
    before = last_letter()

    services.send_attention_statement(
        ticket=fresh(ticket),
        body="We replace it.",
        estimated_at=MONDAY_9AM + HOUR,
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    assert letters_after(before) == [("ticket_statement", house.requester.email)]
    assert letter("ticket_statement").context["body"] == "We replace it."
    assert (
        datetime.fromisoformat(letter("ticket_statement").context["estimated_at"])
        == MONDAY_9AM + HOUR
    )


@pytest.mark.parametrize("leaves", ["membership", "account"])
def test_a_requester_without_access_gets_no_letter(house: House, leaves: str) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    if leaves == "membership":
        end_membership(house)
    else:
        User.objects.filter(pk=house.requester.pk).update(is_active=False)
    before = last_letter()

    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM
    )
    services.send_attention_statement(
        ticket=fresh(ticket),
        body="Plan.",
        estimated_at=MONDAY_9AM + HOUR,
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    reminded = services.remind_of_validation(ticket=fresh(ticket), at=MONDAY_9AM + DAY)

    assert reminded is True
    assert letters_after(before) == []


@pytest.mark.parametrize("who", ["assignee", "owner", "nobody"])
def test_a_reply_of_the_customer_reaches_the_assignee_else_the_owner(
    house: House, who: str
) -> None:
    owner = None if who == "nobody" else house.agent
    assignee = house.staff["agent2"] if who == "assignee" else None
    ticket = owned(house, owner=owner, assignee=assignee)
    before = last_letter()

    services.reply_as_customer(
        ticket=ticket, body="More data.", by=by(house.requester), at=MONDAY_9AM
    )

    reader = assignee or owner
    expected = [("customer_replied", reader.email)] if reader else []
    assert letters_after(before) == expected
    if reader:
        assert letter("customer_replied").context["body"] == "More data."
        assert staff_links(letter("customer_replied")) == ["ticket", ticket.number, True]


def test_the_requester_is_notified_of_states_set_by_the_desk(house: House) -> None:
    ticket = make_ticket(house)
    before = last_letter()

    step(house, ticket, "start", MONDAY_9AM, reason="Internal words.")

    assert letters_after(before) == [("ticket_state", house.requester.email)]
    assert letter("ticket_state").context["state"] == "in_progress"
    assert (letter("ticket_state").context["body"], letter("ticket_state").context["reason"]) == (
        "",
        "",
    )
    assert letter("ticket_state").links["url"] == ["ticket", ticket.number, False]


def test_a_rejection_gives_its_reason_to_the_requester(house: House) -> None:
    ticket = make_ticket(house)

    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    assert letter("ticket_state").context["reason"] == "Not ours."
    assert letter("ticket_state").context["state"] == "rejected"


def test_a_solution_and_a_closing_have_templates_of_their_own(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    before = last_letter()

    step(house, ticket, "solve", MONDAY_9AM, solution_type="workaround", message="Use the other.")
    coordinator = house.people["coordinator"]
    accepted = {"accepted_by": coordinator, "accepted_channel": "phone"}
    step(house, ticket, "approve", MONDAY_9AM + HOUR, **accepted)

    assert letters_after(before) == [
        ("ticket_solved", house.requester.email),
        ("ticket_closed", house.requester.email),
    ]
    assert letter("ticket_solved").context["body"] == "Use the other."
    assert letter("ticket_solved").context["solution_type"] == "workaround"
    assert letter("ticket_closed").context["closure_code"] == "approved"
    assert (
        f"{coordinator.full_name} accepted the solution (Phone), and the desk recorded it."
        in render_message(letter("ticket_closed")).text
    )


@pytest.mark.parametrize("who", ["assignee", "owner", "nobody"])
def test_a_step_of_the_requester_reaches_the_assignee_else_the_owner(
    house: House, who: str
) -> None:
    owner = None if who == "nobody" else house.agent
    assignee = house.staff["agent2"] if who == "assignee" else None
    ticket = owned(house, owner=owner, assignee=assignee)
    before = last_letter()

    step(house, ticket, "cancel", MONDAY_9AM, user=house.requester, reason="By mistake.")

    reader = assignee or owner
    expected = [("customer_step", reader.email)] if reader else []
    assert letters_after(before) == [("ticket_state", house.requester.email), *expected]
    if reader:
        found = letter("customer_step")
        assert (found.context["transition"], found.context["body"]) == ("cancel", "By mistake.")
        assert staff_links(found) == ["ticket", ticket.number, True]


def test_a_decline_of_the_requester_carries_its_words(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")

    step(house, ticket, "decline", MONDAY_9AM + HOUR, user=house.requester, reason="It fails.")

    found = letter("customer_step")
    assert (found.to_email, found.context["body"]) == (house.agent.email, "It fails.")


def test_an_answer_notifies_the_desk_once(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM + MINUTE, message="Which one?")
    before = last_letter()

    services.reply_as_customer(
        ticket=fresh(ticket),
        body="This one.",
        by=by(house.requester, Channel.PORTAL),
        at=MONDAY_9AM + HOUR,
    )

    assert letters_after(before) == [
        ("ticket_state", house.requester.email),
        ("customer_replied", house.agent.email),
    ]
    assert fresh(ticket).state == "in_progress"


def test_an_answer_of_a_coordinator_notifies_the_requester_of_the_state(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM + MINUTE, message="Which one?")
    before = last_letter()

    services.reply_as_customer(
        ticket=fresh(ticket),
        body="This one.",
        by=by(house.people["coordinator"]),
        at=MONDAY_9AM + HOUR,
    )

    assert sorted(letters_after(before)) == [
        ("customer_replied", house.agent.email),
        ("ticket_state", house.requester.email),
    ]


def test_an_assignee_is_notified_of_acts_of_others_only(house: House) -> None:
    ticket = make_ticket(house)
    before = last_letter()

    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
    )
    assert letters_after(before) == []
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff["agent2"], by=by(house.agent), at=MONDAY_9AM
    )
    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=by(house.agent), at=MONDAY_9AM)

    assert letters_after(before) == [("ticket_assigned", house.staff["agent2"].email)]
    assert letter("ticket_assigned").links["url"] == ["ticket", ticket.number, True]
    assert letter("ticket_assigned").dedupe_key == (
        f"assigned:{ticket.pk}:3:{house.staff['agent2'].pk}"
    )


def test_the_requester_is_reminded_once_with_the_end_of_the_period(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    solved = fresh(ticket)
    due = solved.validation_due_at
    assert due is not None

    first = services.remind_of_validation(ticket=fresh(ticket), at=MONDAY_9AM + DAY)
    stale = services.remind_of_validation(ticket=solved, at=MONDAY_9AM + DAY)
    again = services.remind_of_validation(ticket=fresh(ticket), at=MONDAY_9AM + DAY)

    assert (first, stale, again) == (True, False, False)
    found = letter("validation_reminder")
    assert found.to_email == house.requester.email
    assert datetime.fromisoformat(found.context["validation_due_at"]) == due


def test_who_has_and_follows_a_ticket_gets_one_letter_of_an_answer(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    services.watch_ticket(ticket=ticket, person=house.agent, by=by(house.agent), at=MONDAY_9AM)
    before = last_letter()

    services.reply_as_customer(
        ticket=fresh(ticket), body="This one.", by=by(house.requester), at=MONDAY_9AM + HOUR
    )

    told = [address for _template, address in letters_after(before)]
    assert told.count(house.agent.email) == 1
