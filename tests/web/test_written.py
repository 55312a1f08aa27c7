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

    written = re.findall(r'<div class="written">(.*?)</div>', page, re.S)
    expected = "  First:\n\n    def f():\n        return &lt;1&gt;\n\n\n<a href="
    assert len(written) == 2
    assert all(each.startswith(expected) for each in written)
    letter = render_message(OutboxMessage.objects.get(template="ticket_reply")).html
    assert "white-space:pre-wrap" in letter
    assert "  First:\n\n    def f():\n        return &lt;1&gt;" in letter


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
