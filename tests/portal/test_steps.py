"""Steps, replies and lists of the portal: what is said, and which panel a refusal comes back in."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, started, step
from tickets.models import Ticket
from tickets.services import send_attention_statement

SCRIPT = ("run.exe", b"MZ\x90")


pytestmark = pytest.mark.usefixtures("monday")


def act(client: Any, ticket: Ticket, tail: str, **typed: Any) -> Any:
    return client.post(f"/tickets/{ticket.number}/{tail}/", typed, follow=True)


def told(page: Any) -> list[str]:
    return [str(each) for each in page.context["messages"]]


def found(page: Any, name: str) -> Any:
    return next(context[name] for context in page.context if name in context)


def test_each_act_shows_its_message(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    early, ended = (make_ticket(house) for _ in range(2))
    answered = solved(house, MONDAY_9AM)
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")

    said = [
        told(act(client, early, "reply", body="Hello?")),
        told(act(client, early, "escalate", reason="It is urgent.")),
        told(act(client, early, "step/cancel", reason="Twice.")),
        told(act(client, answered, "step/approve")),
        told(act(client, ended, "follow-up", body="Again.")),
    ]

    follower = Ticket.objects.get(continues=ended)
    assert said == [
        ["Your message was sent."],
        ["Escalated: Agent was notified."],
        [f"{early.number} is now “Cancelled”."],
        [f"{answered.number} is now “Closed”."],
        [f"{follower.number} was raised. We sent you a copy by e-mail."],
    ]


@pytest.mark.parametrize(
    ("name", "panel"), [("decline", "decision"), ("cancel", "life"), ("nonsense", "life")]
)
def test_a_refused_step_returns_in_its_panel_with_the_reason(
    house: House, sign_in: Any, name: str, panel: str
) -> None:
    ticket = solved(house, MONDAY_9AM) if name == "decline" else make_ticket(house)

    page = sign_in(house.requester).post(
        f"/tickets/{ticket.number}/step/{name}/",
        {"reason": ""},
        headers={"HX-Request": "true"},
    )

    assert page.status_code == 400
    assert len(told(page)) == 1
    assert found(page, "panel").name == panel
    assert (found(page, "refused_step"), bool(found(page, "reason_form").errors)) == (name, True)


def test_a_refused_reply_or_follow_up_keeps_its_text(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    running, ended = (make_ticket(house) for _ in range(2))
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")

    pages = [
        act(client, ticket, tail, body="A long text.", attachments=SimpleUploadedFile(*SCRIPT))
        for ticket, tail in ((running, "reply"), (ended, "follow-up"))
    ]

    assert [page.status_code for page in pages] == [400, 400]
    assert [["run.exe" in words for words in told(page)] for page in pages] == [[True], [True]]
    assert all(">\nA long text.</textarea>" in page.content.decode() for page in pages)


def test_the_list_filters_waiting_open_ended_and_searched_tickets(
    house: House, sign_in: Any
) -> None:
    fresh_one = make_ticket(house, subject="Printer")
    waiting = solved(house, MONDAY_9AM)
    ended = make_ticket(house)
    step(house, ended, "reject", MONDAY_9AM, reason="A duplicate.")
    client = sign_in(house.requester)

    def shown(query: str) -> list[Ticket]:
        return [row[0] for row in client.get(f"/tickets/?{query}").context["rows"]]

    assert shown("show=waiting") == [waiting]
    assert shown("show=open") == shown("") == shown("show=nonsense") == [waiting, fresh_one]
    assert shown("show=ended") == [ended]
    assert shown("show=all") == [ended, waiting, fresh_one]
    assert shown("q=printer") == [fresh_one]
    assert shown("q=nothing") == []
    assert client.get("/tickets/?show=nonsense").context["show"] == "open"


def test_the_pager_keeps_the_filter_and_the_words(
    house: House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.tickets.views.PAGE_SIZE", 1)
    made = [make_ticket(house, subject="Printer") for _ in range(3)]
    client = sign_in(house.requester)
    after = client.get("/tickets/?show=all&q=printer").context["page"].after

    page = client.get(f"/tickets/?show=all&q=printer&after={after}")

    assert [row[0] for row in page.context["rows"]] == [made[1]]
    marks = page.context["page"]
    text = page.content.decode()
    assert f'href="?show=all&amp;q=printer&amp;before={marks.before}"' in text
    assert f'href="?show=all&amp;q=printer&amp;after={marks.after}"' in text
    assert client.get(f"/tickets/?show=all&after={marks.after}").context["page"].after == ""


def test_the_home_separates_waiting_from_open_tickets(house: House, sign_in: Any) -> None:
    other = make_ticket(house)
    waiting = solved(house, MONDAY_9AM)

    page = sign_in(house.requester).get("/home/")

    panels = {each.panel.name: each.context for each in page.context["panels"]._shown}
    assert panels["waiting"]["waiting"] == [fresh(waiting)]
    assert list(panels["open"]["open"]) == [fresh(other)]


@pytest.mark.parametrize(
    ("act_of", "error"),
    [
        ("step/decline", "This is needed for “It still fails”."),
        ("escalate", "Say why you escalate."),
    ],
)
def test_a_reason_that_is_missing_is_marked_at_its_field(
    house: House, sign_in: Any, act_of: str, error: str
) -> None:
    ticket = solved(house, MONDAY_9AM) if act_of == "step/decline" else make_ticket(house)

    page = sign_in(house.requester).post(f"/tickets/{ticket.number}/{act_of}/", {"reason": " "})

    shown = page.content.decode()
    (wrong,) = re.findall(r'<div class="field [^"]*field-wrong">.*?</div>', shown, re.DOTALL)
    assert 'name="reason"' in wrong
    assert error in wrong
    assert wrong.count('class="error"') == 1


def test_the_customer_reads_that_the_clock_is_paused_only_while_it_is(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.requester)
    paused = started(house)
    met = started(house)
    send_attention_statement(
        ticket=fresh(met),
        body="By noon.",
        estimated_at=MONDAY_9AM + 3 * HOUR,
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    for ticket in (paused, met):
        step(house, ticket, "pend_user", MONDAY_9AM, message="Which one?")

    pages = [client.get(f"/tickets/{t.number}/").content.decode() for t in (paused, met)]

    words = "The attention clock is paused until you reply."
    assert ["We need your answer to go on" in page for page in pages] == [True, True]
    assert [words in page for page in pages] == [True, False]


def test_a_solved_ticket_asks_what_still_fails(house: House, sign_in: Any) -> None:
    ticket = solved(house, MONDAY_9AM)
    address = f"/tickets/{ticket.number}/"

    page = sign_in(house.requester).get(address).content.decode()

    form = page.partition(f'action="{address}step/decline/"')[2].partition("</form>")[0]
    assert "What still fails?" in form
    assert '<textarea name="reason"' in form
