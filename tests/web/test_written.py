"""What a person wrote keeps its blank lines and its indentation, on pages and in letters."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from foundation.accounts.services import issue_user_token
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.api import Api
from tests.support.house import MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tickets import services
from tickets.models import Message

TEXT = "  First:\n\n    def f():\n        return <1>\n\n\nhttps://example.com/a"


def test_pages_and_letters_show_it_as_it_was_typed(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, description=TEXT)
    services.reply_to_customer(ticket=fresh(ticket), body=TEXT, by=by(house.agent), at=MONDAY_9AM)
    client = sign_in(house.agent)

    page = client.get(f"/admin/tickets/{ticket.number}/").content.decode()

    written = re.findall(r'<div class="formatted">(.*?)</div>', page, re.S)
    expected = "<p>  First:\n\n    def f():\n        return &lt;1&gt;\n\n\n<a href="
    assert len(written) == 2
    assert all(each.startswith(expected) for each in written)
    letter = render_message(OutboxMessage.objects.get(template="ticket_reply")).html
    assert "white-space:pre-wrap" in letter
    assert "  First:<br><br>    def f():<br>        return &lt;1&gt;" in letter


@pytest.mark.usefixtures("monday")
def test_forms_and_the_api_keep_the_first_indentation(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    sent = f" \r\n{TEXT}  \n"
    sign_in(house.requester).post(f"/tickets/{ticket.number}/reply/", {"body": sent})
    sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/say/", {"body": sent, "kind": "note"}
    )
    api = Api(issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM))
    api.post(f"tickets/{ticket.number}/replies/", {"body": sent})

    blank = api.post(f"tickets/{ticket.number}/replies/", {"body": " \n "})

    bodies = Message.objects.filter(ticket=ticket).values_list("body", flat=True)
    assert list(bodies) == [TEXT] * 3
    assert (blank.status_code, list(blank.json()["fields"])) == (400, ["body"])


def test_the_stylesheet_keeps_white_space_of_what_was_written() -> None:
    sheets = (Path(settings.BASE_DIR) / "static" / "css").rglob("*.css")
    rules = [
        rule
        for sheet in sheets
        for rule in re.findall(r"\.written \{(.*?)\}", sheet.read_text(), re.S)
    ]

    assert any("white-space: pre-wrap" in rule for rule in rules)
    formatted = Path(settings.BASE_DIR) / "static" / "css" / "components" / "formatted.css"
    assert re.search(
        r"\.formatted p,\s*\.formatted li \{\s*white-space: pre-wrap", formatted.read_text()
    )


def test_bold_and_lists_are_formatted_on_pages_and_in_letters(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, description="**It** fails:\n\n- a\n- b")
    body = "Try **this**:\n```\nping <host>"  # a mark that is left open ends with the text
    services.reply_to_customer(ticket=fresh(ticket), body=body, by=by(house.agent), at=MONDAY_9AM)

    for person, address in (
        (house.agent, f"/admin/tickets/{ticket.number}/"),
        (house.requester, f"/tickets/{ticket.number}/"),
    ):
        page = sign_in(person).get(address).content.decode()
        assert "<p><strong>It</strong> fails:</p>\n<ul>\n<li>a</li>" in page
        assert "<p>Try <strong>this</strong>:</p>\n<pre><code>ping &lt;host&gt;" in page

    letter = render_message(OutboxMessage.objects.get(template="ticket_reply"))
    assert "<p>Try <strong>this</strong>:</p><pre><code>ping &lt;host&gt;" in letter.html
    assert f'<a href="{settings.MESA_URL}/tickets/{ticket.number}/"' in letter.html
    assert "Try **this**:\n```\nping <host>" in letter.text


def test_what_is_no_text_of_a_person_is_not_formatted_in_letters(house: House) -> None:
    make_ticket(house, subject="**Not bold** `x`")

    letter = render_message(OutboxMessage.objects.get(template="ticket_received"))

    assert "<strong>" not in letter.html
    assert "**Not bold** `x`" in letter.html


def test_the_preview_shows_the_text_formatted_and_keeps_nothing(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)

    shown = client.post("/preview/", {"body": "\n\n**a** <b>\n"})

    assert shown.content.decode().strip() == "<p><strong>a</strong> &lt;b&gt;</p>"
    assert b"<strong>" not in client.post("/preview/", {"body": "  "}).content
    assert client.get("/preview/").status_code == 405
