"""The parts of the desk's ticket page: the act that comes next, the menu of steps, the facts
between the messages, what comes after the page, and the effects of a classification while it is
chosen.
"""

import importlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from escalation.models import Cause
from escalation.services import escalate_ticket
from foundation.accounts.models import Membership, Team
from sla.clocks.models import Clock
from tests.support.files import PNG
from tests.support.house import MINUTE, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import step
from tickets import services
from tickets.models import Attachment, Ticket, Visit

pytestmark = pytest.mark.usefixtures("monday")


def address(ticket: Ticket, part: str = "") -> str:
    return f"/admin/tickets/{ticket.number}/{part}"


def loaded(page: Any, name: str) -> Any:
    panels = page.context["panels"]._shown
    return next((each.context for each in panels if each.panel.name == name), None)


def test_the_act_that_comes_next(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    def primary(user: Any) -> str | None:
        found = loaded(sign_in(user).get(address(ticket)), "steps")
        return found["primary"] if found else None

    other = house.staff["agent2"]
    assert primary(house.agent) == "start"
    assert primary(house.staff["bpo"]) is None
    services.assign_ticket(ticket=fresh(ticket), assignee=other, by=by(other), at=MONDAY_9AM)
    assert primary(house.agent) == "solve"  # a reply may start the work
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM, message="?")
    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=by(other), at=MONDAY_9AM)
    assert primary(house.agent) == "assign"  # the ticket waits on
    step(house, ticket, "solve", MONDAY_9AM, message="!", solution_type="definitive")
    assert primary(house.agent) == ""


def test_taking_a_ticket_starts_the_work(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    page = client.get(address(ticket)).content.decode()
    assert f'action="{address(ticket, "step/start/")}"' in page

    client.post(address(ticket, "step/start/"), {"version": fresh(ticket).version})

    assert (fresh(ticket).state, fresh(ticket).assignee) == ("in_progress", house.agent)


def test_the_menu_names_each_step_once_by_what_it_does(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    groups = loaded(sign_in(english(house)).get(address(ticket)), "steps")["groups"]

    assert [(str(label), [each.name for each in steps]) for label, steps in groups] == [
        ("Wait", ["pend_user", "pend_supplier"]),
        ("Hand over", ["assign"]),
        ("Close", ["solve", "close_cancelled", "close_invalid"]),
    ]


def test_the_facts_stand_between_the_messages(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + MINUTE)
    services.reply_to_customer(
        ticket=fresh(ticket), body="First.", by=by(house.agent), at=MONDAY_9AM + 2 * MINUTE
    )
    step(house, ticket, "pend_user", MONDAY_9AM + 3 * MINUTE, message="Second?")

    exchanges = loaded(sign_in(house.agent).get(address(ticket)), "conversation")["exchanges"]

    told = [
        ([fact.payload.get("transition") for fact in each.facts], each.item and each.item.message)
        for each in exchanges.items
    ]
    assert [(facts, message.body if message else None) for facts, message in told] == [
        (["start"], "First."),
        ([], "Second?"),
        (["pend_user"], None),  # what a message did stands after it
    ]


def test_facts_of_earlier_and_later_pages_are_left_to_them(
    house: House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("tickets.queries.conversation")
    monkeypatch.setattr(module, "PAGE_OF_MESSAGES", 1)
    ticket = make_ticket(house)
    for number in range(3):
        at = MONDAY_9AM + (2 * number + 1) * MINUTE
        assignee = house.agent if number % 2 == 0 else None
        actor = by(house.agent)
        services.assign_ticket(ticket=fresh(ticket), assignee=assignee, by=actor, at=at)
        services.add_note(ticket=fresh(ticket), body=f"{number}", by=actor, at=at + MINUTE)
    client = sign_in(house.agent)

    def shown(query: str) -> list[tuple[int, str | None]]:
        found = loaded(client.get(address(ticket, query)), "conversation")["exchanges"].items
        return [(len(each.facts), each.item and each.item.message.body) for each in found]

    newest = loaded(client.get(address(ticket)), "conversation")["exchanges"].page
    assert shown("") == [(0, "2"), (0, None)]
    assert shown(f"?before={newest.first_id}") == [(0, "1")]


def test_more_than_two_facts_are_folded(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    for number in range(3):
        assignee = house.agent if number % 2 == 0 else None
        at = MONDAY_9AM + number * MINUTE
        services.assign_ticket(ticket=fresh(ticket), assignee=assignee, by=by(house.agent), at=at)
        page = client.get(address(ticket)).content.decode()
        assert ("3 changes" in text_of(page)) is (number == 2)


def test_what_comes_after_the_page_comes_in_one_answer(house: House, sign_in: Any) -> None:
    earlier = make_ticket(house, subject="The printer again")
    ticket = make_ticket(house)
    hidden = make_ticket(house, requester=house.outsider, subject="Of another customer")
    Membership.objects.filter(user=house.requester).update(phone="+52 55 5555 0101")
    escalate_ticket(ticket=ticket, cause=Cause.REQUEST, cause_key="test", by=SETUP, at=MONDAY_9AM)
    client = sign_in(english(house))

    page = client.get(address(ticket)).content.decode()
    later = client.get(address(ticket, "panels/after_page/")).content.decode()

    assert page.count(f'hx-get="{address(ticket, "panels/after_page/")}"') == 1
    assert "+52 55 5555 0101" not in page
    for part in ("assignment", "customer", "escalation"):
        assert later.count(f'id="panel-{part}"') == 1
    assert "+52 55 5555 0101" in later
    assert hidden.subject not in later
    others = later.partition("Their last tickets")[2].partition("</ul>")[0]
    assert (earlier.number in others, ticket.number in others) == (True, False)


def test_the_last_tickets_are_those_that_the_reader_sees(house: House, sign_in: Any) -> None:
    made = [make_ticket(house, subject=f"Number {number}") for number in range(7)]
    page = sign_in(house.agent).get(address(made[-1], "panels/after_page/")).content.decode()

    assert [number for number in range(7) if f">Number {number}<" in page] == [1, 2, 3, 4, 5]


def test_every_file_of_a_ticket_is_listed_and_pictures_are_shown(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    for kind, name in (("reply", "screen.png"), ("note", "inside.png")):
        picture = SimpleUploadedFile(name, PNG, "image/png")
        client.post(address(ticket, "say/"), {"kind": kind, "body": "Look", "attachments": picture})
    first, second = Attachment.objects.order_by("pk")

    panel = client.get(address(ticket, "panels/files/")).content.decode()
    assert [panel.count(f'src="/attachments/{each.pk}/"') for each in (first, second)] == [1, 1]
    portal = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()
    assert f'src="/attachments/{first.pk}/"' in portal
    assert f"/attachments/{second.pk}/" not in portal
    monkey = Attachment.objects.select_related("blob").get(pk=first.pk)
    monkey.blob.size_bytes = 6 * 1024 * 1024
    assert not monkey.is_shown


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ("minor:critical", "Priority High: no time changes."),
        ("extensive:critical", "Nothing is saved yet. This would change:"),
    ],
)
def test_the_effects_are_shown_while_a_classification_is_chosen(
    house: House, sign_in: Any, grid: str, words: str
) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    chosen = {
        "kind": ticket.kind,
        "service": ticket.service_id,
        "grid": grid,
        "environment": "production",
        "version": fresh(ticket).version,
    }
    due = list(Clock.objects.order_by("pk").values_list("due_at", flat=True))

    shown = client.post(address(ticket, "classify/preview/"), chosen)

    assert words in text_of(shown.content.decode())
    assert list(Clock.objects.order_by("pk").values_list("due_at", flat=True)) == due
    word = shown.context["classify_form"]["seen"].value()
    saved = client.post(address(ticket, "classify/"), chosen | {"seen": word})
    assert (saved.status_code, fresh(ticket).classified_at is not None) == (302, True)
    assert f"{fresh(ticket).impact}:{fresh(ticket).urgency}" == grid


def test_a_choice_that_is_refused_says_so_before_it_is_sent(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    typed = {
        "kind": ticket.kind,
        "service": ticket.service_id,
        "grid": "minor:low",
        "environment": "production",
        "version": fresh(ticket).version,
    }

    refused = sign_in(house.staff["bpo"]).post(address(ticket, "classify/preview/"), typed)

    assert "Solo la mesa clasifica" in text_of(refused.content.decode())
    nonsense = sign_in(english(house)).post(
        address(ticket, "classify/preview/"), typed | {"grid": "x"}
    )
    assert (nonsense.status_code, text_of(nonsense.content.decode())) == (200, "")
    assert nonsense.context["classify_form"]["seen"].value() in {None, ""}


def test_the_form_of_a_step_is_loaded_when_it_is_opened(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))

    page = client.get(address(ticket)).content.decode()
    part = client.get(address(ticket, "step/reject/form/"), headers={"HX-Request": "true"})
    whole = client.get(address(ticket, "step/reject/form/")).content.decode()

    assert f'hx-get="{address(ticket, "step/reject/form/")}"' in page
    assert f'action="{address(ticket, "step/reject/")}"' not in page
    assert part.content.decode().strip().startswith("<form")
    assert f'action="{address(ticket, "step/reject/")}"' in part.content.decode()
    opened = whole.partition('<details class="inline-step" open')[2].partition("</details>")[0]
    assert f'action="{address(ticket, "step/reject/")}"' in opened
    words = "This step is not possible any more. Read the page again."
    for name in ("approve", "nothing"):
        late = address(ticket, f"step/{name}/form/")
        part = client.get(late, headers={"HX-Request": "true"}).content.decode()
        assert text_of(part) == words
        assert words_of_messages(client.get(late)) == [words]


def test_the_ledger_of_a_clock_is_a_link_and_a_drawer(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    page = client.get(address(ticket)).content.decode()
    assert f'href="{address(ticket, "clocks/reaction/")}"' in page

    ledger = client.get(address(ticket, "clocks/reaction/")).content.decode()

    assert ledger.count("data-explanation") == 1


def test_a_glance_shows_clocks_and_the_last_message_and_notes_no_visit(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))

    fresh_one = client.get(address(ticket, "glance/")).content.decode()
    services.add_note(
        ticket=fresh(ticket), body="Only for us.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )
    noted = client.get(address(ticket, "glance/")).content.decode()

    assert "Nobody has answered yet" in fresh_one
    assert "It says: not allowed." in fresh_one
    assert "Last message: an internal note" in noted
    assert "Only for us." in noted
    assert noted.count("clock-row") == 2
    assert Visit.objects.count() == 0
    assert "<html" not in noted


def test_who_serves_one_customer_sees_nothing_of_another(house: House, sign_in: Any) -> None:
    team = Team.objects.create(name="North", level=1)
    team.members.add(house.staff["desk_supervisor"])
    team.organizations.add(house.north)
    own = make_ticket(house)
    elsewhere = make_ticket(house, organization=house.south, subject="Canary of the south")
    client = sign_in(house.staff["desk_supervisor"])

    later = client.get(address(own, "panels/after_page/")).content.decode()

    assert "panel-customer" in later
    assert "Canary" not in later
    for part in ("", "glance/", "replies/", "panels/after_page/", "panels/files/"):
        hidden = client.get(address(elsewhere, part))
        assert hidden.status_code == 404, part
        assert b"Canary" not in hidden.content
    sees_both = sign_in(house.agent).get(address(own, "panels/after_page/")).content.decode()
    assert "Canary of the south" in sees_both
