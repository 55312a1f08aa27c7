"""What the queue serves beside its page: news, counts, files."""

import re
from io import BytesIO
from typing import Any

import pytest
import time_machine
from openpyxl import load_workbook

from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.tickets import step
from tickets import services

pytestmark = pytest.mark.usefixtures("monday")


def test_what_changed_since_the_page_was_read_is_announced(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    ended = make_ticket(house)
    step(house, ended, "reject", MONDAY_9AM, reason="Twice.")
    client = sign_in(english(house))
    since = MONDAY_9AM.isoformat().replace("+", "%2B")

    with time_machine.travel(MONDAY_9AM + HOUR, tick=False):
        before = client.get(f"/admin/queue/news/?view=all&since={since}").content.decode()
        services.add_note(
            ticket=ticket, body="It changes.", by=by(house.agent), at=MONDAY_9AM + MINUTE
        )
        after = client.get(f"/admin/queue/news/?view=all&since={since}").content.decode()
        elsewhere = client.get(f"/admin/queue/news/?view=mine&since={since}").content.decode()
        silent = client.get("/admin/queue/news/?since=x").content.decode()
        for far in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
            assert client.get(f"/admin/queue/news/?since={far}").status_code == 200

    assert (before.strip(), elsewhere.strip(), silent.strip()) == ("", "", "")
    with time_machine.travel(MONDAY_9AM + 2 * HOUR, tick=False):
        step(house, ticket, "reject", MONDAY_9AM + HOUR, reason="Twice.")  # it leaves the list
        address = f"/admin/queue/news/?view=all&shown={ticket.pk},x&since={since}"
        left = text_of(client.get(address).content.decode())
    assert left == text_of(after) == "1 ticket changed: show it"
    assert 'href="/admin/queue/?view=all"' in after


def test_counts_are_kept_for_twenty_seconds_and_say_their_age(house: House, sign_in: Any) -> None:
    client = sign_in(english(house))
    make_ticket(house)
    client.get("/admin/queue/")
    make_ticket(house)

    def counted(seconds: int) -> str:
        with time_machine.travel(MONDAY_9AM + seconds * MINUTE / 60, tick=False):
            return text_of(client.get("/admin/queue/counts/").content.decode())

    assert "Unassigned 1" in counted(10)
    assert "Counted 10 s ago" in counted(10)
    assert "Unassigned 2" in counted(21)
    assert "Counted 0 s ago" in counted(21)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_that_is_seen_is_exported(house: House, sign_in: Any, form: str) -> None:
    make_ticket(house, organization=house.south, requester=house.outsider)
    ticket = make_ticket(house, subject="=SUM(A1)\x0b")
    client = sign_in(english(house))

    answer = client.get(
        f"/admin/queue/export/{form}/?view=all&organization=north&columns=state,received"
    )

    name = "mesa-all-2026-03-02-0900"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}.{form}"'
    if form == "csv":
        lines = answer.content.decode("utf-8-sig").splitlines()
        rows: list[list[Any]] = [line.split(",") for line in lines if line]
    else:
        sheet: Any = load_workbook(BytesIO(answer.content)).active
        rows = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == [
        "Number",
        "Priority",
        "Subject",
        "Customer",
        "Clock",
        "Due (America/Mexico_City)",
        "State",
        "Arrived",
    ]
    assert len(rows) == 2
    assert rows[1][0] == ticket.number
    assert rows[1][2].startswith("'=SUM(A1)" if form == "csv" else "=SUM(A1)")
    assert rows[1][3:5] + rows[1][6:] == [
        "Company north",
        "Reaction",
        "New",
        "2026-03-02 09:00:00",
    ]
    assert client.get("/admin/queue/export/pdf/").status_code == 404


def test_the_list_that_is_read_is_the_current_one(house: House, sign_in: Any) -> None:
    page = sign_in(english(house)).get("/admin/queue/?view=mine").content.decode()

    current = re.findall(r'href="/admin/queue/\?view=(\w+)"\s+aria-current="page"', page)
    assert current == ["mine"]


def test_the_filter_offers_the_tags_that_are_in_use(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.tag_ticket(ticket=ticket, names=["vip"], by=by(house.agent), at=MONDAY_9AM)

    page = sign_in(english(house)).get("/admin/queue/choices/?view=all").content.decode()

    names = dict(re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL))
    offered = [value for value in re.findall(r'value="([^"]*)"', names["tag"]) if value]
    assert offered == ["vip"]
