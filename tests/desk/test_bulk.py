"""Acts on several tickets of the queue: preview, done on each that allows it, undone."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from foundation.accounts.models import Team
from foundation.activity.models import Record
from foundation.core.classification import Impact, Urgency
from foundation.duty.models import Absence
from foundation.notifications.models import OutboxMessage
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import step
from tickets import services
from tickets.models import Message, Ticket

PREVIEW = "/admin/queue/preview/"
APPLY = "/admin/queue/apply/"
UNDO = "/admin/queue/undo/"

pytestmark = pytest.mark.usefixtures("monday")


def chosen(*tickets: Ticket) -> list[str]:
    return [f"{ticket.pk}:{fresh(ticket).version}" for ticket in tickets]


def token_of(page: Any) -> str:
    """Return what the message of a page takes back."""
    return next(each.extra_tags for each in page.context["messages"] if each.extra_tags)


def test_a_preview_says_what_would_change_and_keeps_nothing(house: House, sign_in: Any) -> None:
    one, ended, other = (make_ticket(house) for _ in range(3))
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")
    facts = Record.objects.count()
    letters = OutboxMessage.objects.count()
    client = sign_in(english(house))

    page = client.post(
        PREVIEW,
        {
            "ticket": chosen(one, ended, other),
            "act": "assign",
            "assignee": house.staff["agent2"].pk,
            "next": "/admin/queue/?view=all",
        },
    )

    text = text_of(page.content.decode())
    assert page.status_code == 200
    assert "Give to Agent2" in text
    assert "2 tickets would change. Nothing is saved yet." in text
    assert f"{one.number} The invoice fails Company north Assignee: — → Agent2" in text
    assert f"Refused {ended.number} cannot be assigned by you, or it has ended." in text
    assert [fresh(ticket).assignee for ticket in (one, ended, other)] == [None] * 3
    assert (Record.objects.count(), OutboxMessage.objects.count()) == (facts, letters)


def test_an_act_is_done_on_each_that_allows_it(house: House, sign_in: Any) -> None:
    one, ended, other, unchosen = (make_ticket(house) for _ in range(4))
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")

    page = sign_in(english(house)).post(
        APPLY,
        {
            "ticket": chosen(other, ended, one),
            "act": "assign",
            "assignee": house.staff["agent2"].pk,
            "next": "/admin/queue/?view=all",
        },
        follow=True,
    )

    assert page.redirect_chain == [("/admin/queue/?view=all", 302)]
    assert {str(tab.label): tab.count for _icon, tab in page.context["lists"]}["Unassigned"] == 1
    assert words_of_messages(page) == [
        f"{ended.number}: {ended.number} cannot be assigned by you, or it has ended.",
        "2 tickets changed.",
    ]
    agent2 = house.staff["agent2"]
    assert [fresh(each).assignee for each in (one, ended, other, unchosen)] == [
        agent2,
        None,
        agent2,
        None,
    ]
    facts = Record.objects.filter(verb="ticket.assigned").order_by("pk")
    assert [fact.object_id for fact in facts] == [one.pk, other.pk]  # in the order of the numbers


def test_a_ticket_that_changed_since_the_preview_is_left_alone(house: House, sign_in: Any) -> None:
    one, changed = (make_ticket(house) for _ in range(2))
    seen = chosen(one, changed)
    step(house, changed, "start", MONDAY_9AM, user=house.staff["agent2"])

    page = sign_in(english(house)).post(
        APPLY, {"ticket": seen, "act": "assign", "assignee": house.agent.pk}, follow=True
    )

    assert words_of_messages(page) == [
        f"{changed.number}: Someone changed {changed.number} while you were working on it. "
        "Nothing was saved: look at what changed and send it again.",
        "1 ticket changed.",
    ]
    assert fresh(changed).assignee == house.staff["agent2"]


def test_an_assignment_is_undone_once_and_by_the_same_person(house: House, sign_in: Any) -> None:
    one, other, moved = (make_ticket(house) for _ in range(3))
    services.assign_ticket(
        ticket=fresh(one), assignee=house.staff["agent2"], by=by(house.agent), at=MONDAY_9AM
    )
    done = sign_in(english(house)).post(
        APPLY,
        {"ticket": chosen(one, other, moved), "act": "assign", "assignee": house.agent.pk},
        follow=True,
    )
    token = token_of(done)
    assert f'value="{token}"' in done.content.decode()
    step(house, moved, "start", MONDAY_9AM)

    stranger = sign_in(english(house, "agent2")).post(UNDO, {"token": token}, follow=True)
    assert words_of_messages(stranger) == ["This can no longer be undone."]
    undone = sign_in(english(house)).post(UNDO, {"token": token}, follow=True)

    assert words_of_messages(undone)[-1] == "Undone: 2 tickets are as before."
    assert moved.number in words_of_messages(undone)[0]
    assert [fresh(each).assignee for each in (one, other, moved)] == [
        house.staff["agent2"],
        None,
        house.agent,
    ]
    again = sign_in(english(house)).post(UNDO, {"token": token}, follow=True)
    assert [fresh(each).assignee for each in (one, other)] == [house.staff["agent2"], None]
    assert "Undone: 2 tickets are as before." not in words_of_messages(again)


@pytest.mark.parametrize(("minutes", "works"), [(9, True), (11, False)])
def test_an_act_can_be_undone_for_ten_minutes(
    house: House, sign_in: Any, minutes: int, works: bool
) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    done = client.post(
        APPLY, {"ticket": chosen(ticket), "act": "assign", "assignee": house.agent.pk}, follow=True
    )

    with time_machine.travel(MONDAY_9AM + minutes * MINUTE, tick=False):
        client.post(UNDO, {"token": token_of(done)})

    assert (fresh(ticket).assignee is None) is works


def test_a_classification_shows_its_clocks_is_given_a_reason_and_undone(
    house: House, sign_in: Any
) -> None:
    one, other = (make_ticket(house) for _ in range(2))
    client = sign_in(english(house))
    typed = {"ticket": chosen(one, other), "act": "classify", "impact": "extensive"}

    shown = client.post(PREVIEW, {**typed, "urgency": "critical"})
    text = text_of(shown.content.decode())
    assert "Classify as Extensive, Critical" in text
    assert "High → Critical" in text
    print(text)
    assert "Due: Mar 2, 2026, 10:00 → Mar 2, 2026, 09:40" in text
    without = client.post(APPLY, {**typed, "urgency": "critical", "reason": " "})
    assert (without.status_code, fresh(one).priority) == (400, 2)
    assert "This field is required." in without.content.decode()

    done = client.post(
        APPLY, {**typed, "urgency": "critical", "reason": "All are hit."}, follow=True
    )

    assert words_of_messages(done) == ["2 tickets changed."]
    assert [fresh(each).priority for each in (one, other)] == [1, 1]
    client.post(UNDO, {"token": token_of(done)})
    assert [(fresh(each).impact, fresh(each).urgency) for each in (one, other)] == [
        (Impact.MINOR, Urgency.CRITICAL)
    ] * 2
    notes = Message.objects.filter(ticket=one).order_by("pk").values_list("body", flat=True)
    assert list(notes) == [
        "Reason for the new classification: All are hit.",
        "Reason for the new classification: The change of several tickets is undone.",
    ]


def test_a_step_is_taken_with_one_message_and_is_not_undone(house: House, sign_in: Any) -> None:
    one, other = (make_ticket(house) for _ in range(2))
    for ticket in (one, other):
        step(house, ticket, "start", MONDAY_9AM)
    client = sign_in(english(house))
    typed = {"ticket": chosen(one, other), "act": "step", "step": "solve"}

    shown = client.post(PREVIEW, typed)
    assert "In progress → Solved" in text_of(shown.content.decode())
    assert 'name="solution_type"' in shown.content.decode()
    refused = client.post(APPLY, {**typed, "message": "Restarted."})
    assert (refused.status_code, fresh(one).state) == (400, "in_progress")
    assert "Restarted." in refused.content.decode()  # what was typed is kept

    done = client.post(
        APPLY,
        {**typed, "message": "Restarted.", "solution_type": "definitive"},
        follow=True,
    )

    assert [fresh(each).state for each in (one, other)] == ["solved", "solved"]
    assert [each.extra_tags for each in done.context["messages"]] == [""]
    bodies = Message.objects.filter(kind="solution").values_list("body", flat=True)
    assert list(bodies) == ["Restarted.", "Restarted."]


def test_a_step_up_asks_for_the_group(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    typed = {"ticket": chosen(ticket), "act": "step", "step": "assign", "reason": "Too hard."}
    typed["tried"] = "A restart."

    assert "New → Assigned" in text_of(client.post(PREVIEW, typed).content.decode())
    client.post(APPLY, {**typed, "team": house.level_two.pk})

    assert (fresh(ticket).state, fresh(ticket).team) == ("assigned", house.level_two)
    offered = [each.name for each in client.get("/admin/queue/?view=all").context["bulk_steps"]]
    assert offered == [
        "register",
        "return_to_desk",
        "start",
        "assign",
        "pend_user",
        "solve",
        "reject",
        "cancel",
        "close_cancelled",
        "close_invalid",
        "decline",
        "reopen",
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"ticket": ""}, "Choose at least one ticket and what is to be done."),
        ({"ticket": "one"}, "Choose at least one ticket and what is to be done."),
        ({"ticket": "9" * 19}, "Choose at least one ticket and what is to be done."),
        ({"ticket": "\u0663"}, "Choose at least one ticket and what is to be done."),
        ({"assignee": ""}, "Choose at least one ticket and a person."),
        ({"assignee": "requester"}, "Choose at least one ticket and a person."),
        ({"act": "step"}, "Choose a step."),
        ({"act": "step", "step": "approve"}, "Choose a step."),
        ({"act": "step", "step": "close_unanswered"}, "Choose a step."),
        ({"act": "classify"}, "Choose an impact and an urgency."),
        ({"act": "nonsense"}, "Choose an impact and an urgency."),
    ],
)
def test_an_act_that_says_nothing_keeps_the_selection(
    house: House, sign_in: Any, typed: dict[str, str], words: str
) -> None:
    ticket = make_ticket(house)
    make_ticket(house)
    usual = {"ticket": chosen(ticket)[0], "act": "assign", "assignee": str(house.agent.pk)}
    if typed.get("assignee") == "requester":
        typed = {"assignee": str(house.requester.pk)}

    typed = {"next": "/admin/queue/?view=all&priority=2", **typed}
    page = sign_in(english(house)).post(PREVIEW, {**usual, **typed}, follow=True)

    assert words_of_messages(page) == [words]
    kept = re.findall(r'value="(\d+):\d+"[^>]*\bchecked\b', page.content.decode())
    assert kept == ([] if "ticket" in typed else [str(ticket.pk)])
    assert page.context["reading"].filter.chosen["priority"] == "2"  # the list is kept too
    assert fresh(ticket).assignee is None


def test_more_than_a_hundred_tickets_are_refused_and_not_cut(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    typed = {"act": "assign", "assignee": house.agent.pk}
    many = [f"{ticket.pk + number}:1" for number in range(101)]

    page = sign_in(english(house)).post(APPLY, {**typed, "ticket": many}, follow=True)

    assert words_of_messages(page) == ["Choose at most 100 tickets at once: 101 are selected."]
    assert fresh(ticket).assignee is None


def test_a_step_up_is_possible_though_the_first_group_serves_another_customer(
    house: House, sign_in: Any
) -> None:
    south = Team.objects.create(name="A south", level=2)
    south.organizations.add(house.south)
    ticket = make_ticket(house)
    typed = {"ticket": chosen(ticket), "act": "step", "step": "assign"}

    text = text_of(sign_in(english(house)).post(PREVIEW, typed).content.decode())

    assert "New → Assigned" in text


def test_what_was_typed_is_shown_again_when_no_ticket_takes_it(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    seen = chosen(ticket)
    step(house, ticket, "solve", MONDAY_9AM, message="!", solution_type="definitive")
    typed = {"ticket": seen, "act": "step", "step": "solve", "solution_type": "definitive"}

    page = sign_in(english(house)).post(APPLY, {**typed, "message": "A long text."})

    assert page.status_code == 409
    assert "A long text." in page.content.decode()
    assert ticket.number in words_of_messages(page)[0]


def test_tickets_of_another_customer_are_not_touched(house: House, sign_in: Any) -> None:
    hidden = make_ticket(
        house, organization=house.south, requester=house.outsider, subject="Canary"
    )
    mine = make_ticket(house)
    north_only = Team.objects.create(name="North", level=1)
    north_only.members.add(house.staff["desk_supervisor"])
    north_only.organizations.add(house.north)
    client = sign_in(english(house, "desk_supervisor"))
    typed = {
        "ticket": [f"{hidden.pk}:1", f"{mine.pk}:1", "987654321"],
        "act": "assign",
        "assignee": house.agent.pk,
    }

    shown = client.post(PREVIEW, typed).content.decode()
    client.post(APPLY, typed)

    assert ("Canary" in shown, hidden.number in shown, mine.number in shown) == (False, False, True)
    assert (fresh(mine).assignee, Ticket.objects.get(pk=hidden.pk).assignee) == (house.agent, None)


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/admin/queue/?view=mine", "/admin/queue/?view=mine"),
        ("https://elsewhere.example/", "/admin/queue/"),
        ("", "/admin/queue/"),
    ],
)
def test_an_act_leads_only_to_local_addresses(
    house: House, sign_in: Any, target: str, leads_to: str
) -> None:
    typed = {"ticket": chosen(make_ticket(house)), "act": "assign", "assignee": "none"}

    done = sign_in(house.agent).post(APPLY, {**typed, "next": target})

    assert (done.status_code, done["Location"]) == (302, leads_to)


def test_the_people_stand_with_their_load_and_absence(house: House, sign_in: Any) -> None:
    for _number in range(2):
        ticket = make_ticket(house)
        services.assign_ticket(
            ticket=ticket, assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
        )
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "close_invalid", MONDAY_9AM, reason="Twice.")
    Absence.objects.create(
        person=house.staff["agent2"],
        starts_at=MONDAY_9AM - HOUR,
        ends_at=MONDAY_9AM + 3 * DAY + timedelta(hours=9),
    )

    answer = text_of(sign_in(english(house)).get("/admin/queue/people/").content.decode())

    assert answer == (
        "Assignee… Nobody Agent · 1 ticket Agent2 · 0 tickets · away until Thu 18:00 "
        "Consultant · 0 tickets Desk Manager · 0 tickets Desk Supervisor · 0 tickets"
    )
