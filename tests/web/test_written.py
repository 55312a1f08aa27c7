"""What a person wrote keeps its blank lines and its indentation, on pages and in letters."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings

from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tickets import services

TEXT = "First:\n\n    def f():\n        return <1>\n\n\nhttps://example.com/a"


def test_pages_and_letters_show_it_as_it_was_typed(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, description=TEXT)
    services.reply_to_customer(ticket=fresh(ticket), body=TEXT, by=by(house.agent), at=MONDAY_9AM)
    client = sign_in(house.agent)

    page = client.get(f"/admin/tickets/{ticket.number}/").content.decode()

    written = re.findall(r'<div class="written">(.*?)</div>', page, re.S)
    expected = "First:\n\n    def f():\n        return &lt;1&gt;\n\n\n<a href="
    assert len(written) == 2
    assert all(each.startswith(expected) for each in written)
    letter = render_message(OutboxMessage.objects.get(template="ticket_reply")).html
    assert "white-space:pre-wrap" in letter
    assert "First:\n\n    def f():\n        return &lt;1&gt;" in letter


def test_the_stylesheet_keeps_white_space_of_what_was_written() -> None:
    sheets = (Path(settings.BASE_DIR) / "static" / "css").rglob("*.css")
    rules = [
        rule
        for sheet in sheets
        for rule in re.findall(r"\.written \{(.*?)\}", sheet.read_text(), re.S)
    ]

    assert any("white-space: pre-wrap" in rule for rule in rules)
