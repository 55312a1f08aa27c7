"""The composer: drafts, a reply that takes a step, and what is new since the last visit."""

from typing import Any

import pytest
import time_machine

from foundation.notifications.models import OutboxMessage
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import step
from tickets import services
from tickets.models import Message, StateInterval, Ticket, Visit

pytestmark = pytest.mark.usefixtures("monday")


def address(ticket: Ticket, act: str = "say") -> str:
    return f"/admin/tickets/{ticket.number}/{act}/"


def composer(page: Any) -> Any:
    panels = page.context["panels"]._shown
    return next(each.context for each in panels if each.panel.name == "composer")


def test_a_draft_is_kept_on_the_server_for_its_writer(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    version = fresh(ticket).version
    kept = sign_in(english(house)).post(
        address(ticket, "draft"), {"kind": "note", "body": "Half a thought"}
    )

    assert text_of(kept.content.decode()) == "Draft kept"
    mine = composer(sign_in(house.agent).get(f"/admin/tickets/{ticket.number}/"))["say_form"]
    assert (mine["body"].value(), mine["kind"].value()) == ("Half a thought", "note")
    other = sign_in(house.staff["agent2"]).get(f"/admin/tickets/{ticket.number}/")
    assert "Half a thought" not in other.content.decode()
    portal = sign_in(house.requester).get(f"/tickets/{ticket.number}/")
    assert "Half a thought" not in portal.content.decode()
    assert (fresh(ticket).version, Message.objects.count()) == (version, 0)


@pytest.mark.parametrize("kind", ["reply", "note", "statement"])
def test_a_draft_goes_with_the_message(house: House, sign_in: Any, kind: str) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    client.post(address(ticket, "draft"), {"kind": kind, "body": "Text"})
    typed = {"kind": kind, "body": "Text", "estimated_at": "2026-03-03T10:00"}

    client.post(address(ticket), typed)

    assert list(Message.objects.values_list("kind", "body")) == [(kind, "Text")]
    assert Visit.objects.get().draft == ""


def test_a_draft_stays_when_its_message_is_refused(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    client.post(address(ticket, "draft"), {"kind": "statement", "body": "Tomorrow"})

    refused = client.post(address(ticket), {"kind": "statement", "body": "Tomorrow"})

    assert (refused.status_code, Visit.objects.get().draft) == (400, "Tomorrow")


def test_an_emptied_draft_is_dropped_and_a_long_one_refused(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    client.post(address(ticket, "draft"), {"kind": "nonsense", "body": "x"})
    assert Visit.objects.get().draft_kind == "reply"

    long = client.post(address(ticket, "draft"), {"kind": "reply", "body": "x" * 100_001})
    assert "The text is too long to be kept." in long.content.decode()
    assert Visit.objects.get().draft == "x"
    emptied = client.post(address(ticket, "draft"), {"kind": "reply", "body": " \n"})

    assert text_of(emptied.content.decode()) == ""
    assert (Visit.objects.get().draft, Visit.objects.get().draft_kind) == ("", "")


def test_who_keeps_a_draft_is_shown_as_writing(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    sign_in(house.staff["agent2"]).post(address(ticket, "draft"), {"kind": "reply", "body": "x"})

    seen = sign_in(english(house)).post(address(ticket, "presence"))

    assert "Agent2 is writing" in text_of(seen.content.decode())


@pytest.mark.parametrize("then", ["pend_user", "solve"])
@pytest.mark.parametrize("begins", ["new", "in_progress"])
def test_a_reply_takes_a_step_with_one_message(
    house: House, sign_in: Any, then: str, begins: str
) -> None:
    state, kind = {"pend_user": ("pending_user", "reply"), "solve": ("solved", "solution")}[then]
    ticket = make_ticket(house)
    if begins == "in_progress":
        step(house, ticket, "start", MONDAY_9AM)
    before = OutboxMessage.objects.count()

    page = sign_in(english(house)).post(
        address(ticket),
        {
            "kind": "reply",
            "body": "Restarted: does it work?",
            "then": then,
            "solution_type": "workaround",
            "version": fresh(ticket).version,
        },
        follow=True,
    )

    changed = fresh(ticket)
    assert (changed.state, changed.assignee) == (state, house.agent)
    assert list(Message.objects.values_list("kind", "body")) == [(kind, "Restarted: does it work?")]
    label = {"pending_user": "Pending user", "solved": "Solved"}[state]
    assert words_of_messages(page) == [
        "Sent to Requester North.",
        f"{ticket.number} is now “{label}”.",
    ]
    states = StateInterval.objects.filter(ticket=ticket).order_by("pk")
    assert [each.state for each in states] == ["new", "in_progress", state]
    letters = OutboxMessage.objects.count() - before
    assert letters == (2 if begins == "new" else 1)
    if then == "solve":
        assert changed.solution_type == "workaround"


def test_the_steps_of_a_reply_are_those_that_are_possible(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    def offered(user: Any) -> list[str]:
        page = sign_in(user).get(f"/admin/tickets/{ticket.number}/")
        return sorted(composer(page)["offered"] - {""})

    steps = ["pend_supplier", "pend_user", "solve"]
    assert offered(house.agent) == steps  # work is started by them
    step(house, ticket, "start", MONDAY_9AM)
    assert offered(house.agent) == steps
    step(house, ticket, "pend_user", MONDAY_9AM, message="?")
    assert offered(house.agent) == ["pend_supplier", "solve"]
    step(house, ticket, "solve", MONDAY_9AM, message="!", solution_type="definitive")
    assert offered(house.agent) == []


def test_a_reply_goes_though_its_step_is_stale(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    seen = fresh(ticket).version
    step(house, ticket, "start", MONDAY_9AM, user=house.staff["agent2"])

    page = sign_in(english(house)).post(
        address(ticket),
        {"kind": "reply", "body": "My answer.", "version": seen, "then": "pend_user"},
        follow=True,
    )

    assert fresh(ticket).state == "in_progress"
    assert list(Message.objects.values_list("kind", "body")) == [("reply", "My answer.")]
    sent, not_taken = words_of_messages(page)
    assert sent == "Sent to Requester North."
    assert not_taken.startswith(
        "The reply was sent, without the step: Somebody changed the ticket meanwhile ("
    )
    assert "In progress" in not_taken
    assert composer(page)["offered"] == {"", "pend_user", "pend_supplier", "solve"}


def test_a_reply_goes_though_its_step_is_not_possible(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, message="!", solution_type="definitive")
    typed = {"kind": "reply", "body": "More.", "then": "solve", "solution_type": "definitive"}

    page = sign_in(english(house)).post(address(ticket), typed, follow=True)

    assert list(Message.objects.values_list("kind", "body")) == [
        ("solution", "!"),
        ("reply", "More."),
    ]
    assert words_of_messages(page)[1].startswith(
        f"The reply was sent, without the step: Ticket {ticket.number} is “Solved”"
    )


@pytest.mark.parametrize("then", ["nonsense", "reject", "close_invalid"])
def test_only_the_steps_of_a_reply_go_with_it(house: House, sign_in: Any, then: str) -> None:
    ticket = make_ticket(house)

    typed = {"kind": "reply", "body": "Text", "then": then}
    refused = sign_in(house.agent).post(address(ticket), typed)

    assert (refused.status_code, fresh(ticket).state, Message.objects.count()) == (400, "new", 0)
    assert composer(refused)["say_form"]["body"].value() == "Text"


def test_a_reply_waits_for_a_supplier(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    typed = {"kind": "reply", "body": "We have asked the vendor.", "then": "pend_supplier"}

    refused = client.post(address(ticket), typed)
    assert (refused.status_code, Message.objects.count()) == (400, 0)
    wrong = set(composer(refused)["say_form"].errors)
    assert wrong >= {"supplier", "supplier_case", "promised_on"}
    case = {"supplier": "Lira", "supplier_case": "497955-AIS", "promised_on": "2026-03-09"}
    before = OutboxMessage.objects.count()
    client.post(address(ticket), typed | case)

    assert fresh(ticket).state == "pending_supplier"
    stay = StateInterval.objects.get(ticket=ticket, ended_at=None)
    assert (stay.supplier, stay.supplier_case, str(stay.promised_on)) == tuple(case.values())
    assert Message.objects.get().body == "We have asked the vendor."
    letters = OutboxMessage.objects.order_by("pk")[before:]
    texts = [each.context.get("body") for each in letters]
    assert texts.count("We have asked the vendor.") == 1  # one letter has it


def test_what_another_step_needs_does_not_go_with_a_step(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    typed = {"kind": "reply", "body": "Which one?", "then": "pend_user", "supplier": "Lira"}

    sign_in(house.agent).post(address(ticket), typed)

    assert StateInterval.objects.get(ticket=ticket, ended_at=None).supplier == ""


def test_a_note_takes_no_step(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    sign_in(house.agent).post(address(ticket), {"kind": "note", "body": "Text", "then": "solve"})

    assert (fresh(ticket).state, Message.objects.get().kind) == ("new", "note")


def test_what_is_new_since_the_last_visit_is_marked(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    def add(minutes: int, name: str) -> Message:
        return services.add_note(
            ticket=fresh(ticket),
            body=f"{name} at {minutes}",
            by=by(house.staff[name]),
            at=MONDAY_9AM + minutes * MINUTE,
        )

    def first_unseen() -> int | None:
        page = sign_in(english(house)).get(f"/admin/tickets/{ticket.number}/")
        panels = page.context["panels"]._shown
        found = next(each for each in panels if each.panel.name == "conversation")
        mark = found.context["first_unseen"]
        assert ("Since your last visit" in page.content.decode()) is (mark is not None)
        return int(mark) if mark is not None else None

    add(-2, "agent2")
    assert first_unseen() is None  # everything is new on the first visit
    sign_in(house.agent).post(address(ticket, "presence"))
    add(1, "agent")
    unseen = add(2, "agent2")
    add(3, "agent2")
    with time_machine.travel(MONDAY_9AM + HOUR, tick=False):
        assert first_unseen() == unseen.pk
        sign_in(house.agent).post(address(ticket, "presence"))
        assert first_unseen() is None


def test_a_draft_of_something_else_stays(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    client.post(address(ticket, "draft"), {"kind": "reply", "body": "On another device"})

    client.post(address(ticket), {"kind": "note", "body": "Short."})

    assert Visit.objects.get().draft == "On another device"


def test_a_draft_that_comes_after_its_message_is_not_kept(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    client.post(address(ticket), {"kind": "reply", "body": "Line one\r\nLine two"})

    client.post(address(ticket, "draft"), {"kind": "reply", "body": "Line one\r\nLine two"})

    assert Visit.objects.get().draft == ""


def test_what_no_database_keeps_is_left_out_of_a_draft(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    sign_in(house.agent).post(address(ticket, "draft"), {"kind": "reply", "body": "a\0b"})

    assert Visit.objects.get().draft == "ab"
