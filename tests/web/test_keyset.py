"""Pages that begin after a row."""

import random
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest

from foundation.core.classification import Priority
from tests.support.house import MONDAY_9AM, House, make_ticket
from tickets.models import Ticket
from web.keyset import keyset_page

QUEUE = ("-is_relevant", "-is_major", "queue_at", "id")


@pytest.fixture
def many(house: House) -> list[int]:
    """Twenty-three tickets with equal and different keys."""
    chance = random.Random(7)
    ids = []
    for _number in range(23):
        ticket = make_ticket(house)
        Ticket.objects.filter(pk=ticket.pk).update(
            is_relevant=chance.random() < 0.3,
            is_major=chance.random() < 0.3,
            queue_at=MONDAY_9AM + timedelta(hours=chance.randrange(4)),
            priority=chance.choice(list(Priority)),
        )
        ids.append(ticket.pk)
    return ids


@pytest.mark.parametrize(
    "order", [QUEUE, ("id",), ("-id",), ("priority", "queue_at", "id"), ("-updated_at", "-id")]
)
@pytest.mark.parametrize("size", [1, 5, 22, 23, 24])
def test_pages_forth_and_back_have_every_row_once(
    many: list[int], order: tuple[str, ...], size: int
) -> None:
    whole = list(Ticket.objects.order_by(*order).values_list("pk", flat=True))
    rows = Ticket.objects.all()

    pages = [keyset_page(rows, order, size)]
    while pages[-1].after:
        pages.append(keyset_page(rows, order, size, after=pages[-1].after))
    forth = [row.pk for page in pages for row in page.rows]
    back = [pages[-1]]
    while back[-1].before:
        back.append(keyset_page(rows, order, size, before=back[-1].before))

    assert forth == whole
    assert [row.pk for page in reversed(back) for row in page.rows] == whole
    assert pages[0].before == ""


def test_a_page_begins_after_its_mark_though_the_row_has_gone(many: list[int]) -> None:
    rows = Ticket.objects.all()
    mark = keyset_page(rows, ("id",), 5).after

    left = keyset_page(rows.exclude(pk=many[4]), ("id",), 5, after=mark)

    assert [row.pk for row in left.rows] == many[5:10]


@pytest.mark.parametrize(
    "mark",
    [
        "x",
        "%%%",
        "é",
        urlsafe_b64encode(b"{}").decode(),
        urlsafe_b64encode(b"[1,2]").decode(),
        urlsafe_b64encode(b'["x"]').decode(),
        urlsafe_b64encode(b"[null]").decode(),
        urlsafe_b64encode(b"[1e999]").decode(),
        urlsafe_b64encode(b"[[1]]").decode(),
        urlsafe_b64encode(b"[" * 990).decode(),
    ],
)
def test_a_text_that_is_no_mark_is_the_first_page(many: list[int], mark: str) -> None:
    for named in ("after", "before"):
        page = keyset_page(Ticket.objects.all(), ("id",), 5, **{named: mark})
        assert [row.pk for row in page.rows] == many[:5]


def test_a_mark_beyond_every_row_leads_to_the_end(many: list[int]) -> None:
    mark = urlsafe_b64encode(b"[99999999999999999999999]").decode()

    after = keyset_page(Ticket.objects.all(), ("id",), 5, after=mark)
    before = keyset_page(Ticket.objects.all(), ("id",), 5, before=mark)

    assert [row.pk for row in after.rows] == []
    assert [row.pk for row in before.rows] == many[-5:]


def test_a_page_without_rows_has_no_neighbours(house: House) -> None:
    page = keyset_page(Ticket.objects.all(), ("id",), 5)

    assert (list(page.rows), page.before, page.after) == ([], "", "")


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", "x"]
)
def test_an_instant_that_is_none_is_the_first_page(many: list[int], instant: str) -> None:
    mark = urlsafe_b64encode(f'[true,false,"{instant}",1]'.encode()).decode()

    page = keyset_page(Ticket.objects.all(), QUEUE, 30, after=mark)

    assert len(page.rows) == 23
