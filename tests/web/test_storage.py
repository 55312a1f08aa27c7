"""A disk that is full or read-only, and files without their bytes: a plain page, the typed text
kept, the pages of tickets alive, and ``/readyz`` tells.
"""

import errno
import resource
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.utils import DatabaseError, OperationalError
from django.test import Client

from foundation.accounts.services import issue_user_token
from foundation.documents.models import Blob
from foundation.notifications.models import OutboxMessage
from reports.models import ReportIssue
from sla.clocks.models import Clock
from tests.support.api import Api
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.house import HOUR, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.html import text_of
from tickets import services
from tickets.models import Attachment, Message
from web.storage import cannot_store

pytestmark = pytest.mark.usefixtures("monday")
OURS = {"Sec-Fetch-Site": "same-origin"}
TEXT = "The invoice of March fails since this morning, on every desk."
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a pragma of SQLite")


@pytest.fixture
def read_only(house: House) -> Iterator[None]:
    """Let the database take no writes, as on a file system that became read-only."""
    connection.ensure_connection()
    connection.connection.execute("PRAGMA query_only = 1")
    try:
        yield
    finally:
        connection.connection.execute("PRAGMA query_only = 0")


@pytest.fixture
def ticket_and_client(house: House, sign_in: Any) -> tuple[Any, Client]:
    ticket = make_ticket(house)
    house.requester.language = "en"
    house.requester.save()
    return ticket, sign_in(house.requester)


@on_sqlite
def test_what_cannot_be_stored_is_kept_on_a_page_and_sent_again(
    ticket_and_client: Any, read_only: None
) -> None:
    ticket, client = ticket_and_client
    path = f"/tickets/{ticket.number}/reply/"

    refused = client.post(path, {"body": TEXT}, headers=OURS)
    shown = text_of(refused.content.decode())
    connection.connection.execute("PRAGMA query_only = 0")
    sent = client.post(path, {"body": TEXT}, headers=OURS)

    assert refused.status_code == 503
    assert "Nothing can be stored on our side at the moment." in shown
    assert TEXT in shown
    assert sent.status_code == 302
    assert Message.objects.get(ticket=ticket).body == TEXT


@pytest.mark.parametrize("size", [600_000, 3_000_000])
def test_a_file_that_the_disk_does_not_take_leaves_the_text(
    ticket_and_client: Any, size: int
) -> None:
    """More than a megabyte is written to the disk while it is received."""
    ticket, client = ticket_and_client
    path = f"/tickets/{ticket.number}/reply/"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        file = SimpleUploadedFile("a.txt", b"x" * size)
        refused = client.post(path, {"body": TEXT, "attachments": file}, headers=OURS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    sent = client.post(path, {"body": TEXT}, headers=OURS)

    assert refused.status_code == 503
    assert "Nothing can be stored on our side at the moment." in text_of(refused.content.decode())
    assert TEXT in text_of(refused.content.decode())
    assert sent.status_code == 302
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_what_fails_when_it_is_committed_is_not_said_to_be_done(
    ticket_and_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, client = ticket_and_client
    path = f"/tickets/{ticket.number}/"
    form = {"body": TEXT, "once": "o" * 22}

    def fails(*_arguments: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("web.once.note_result", fails)
    refused = client.post(f"{path}reply/", form, headers=OURS)
    monkeypatch.undo()
    after = client.get(path)
    sent = client.post(f"{path}reply/", form, headers=OURS, follow=True)

    assert refused.status_code == 503
    assert "Your message was sent" not in refused.content.decode() + after.content.decode()
    assert "Your message was sent" in sent.content.decode()


@on_sqlite
def test_pages_are_read_while_nothing_can_be_stored(
    ticket_and_client: Any, house: House, read_only: None
) -> None:
    ticket, client = ticket_and_client

    pages = [client.get(path) for path in ("/", "/tickets/", f"/tickets/{ticket.number}/")]

    assert [page.status_code for page in pages] == [200 if place else 302 for place in range(3)]


@on_sqlite
def test_the_api_reads_on_and_answers_503_in_its_own_shape(
    house: House, api_of_requester: Api, read_only: None
) -> None:
    listed = api_of_requester.get("tickets/")
    refused = api_of_requester.post("tickets/", NEW)

    assert listed.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert refused["Retry-After"] == "60"


NEW = {
    "subject": "The invoice fails",
    "description": "x",
    "service": "erp",
    "impact": "minor",
    "urgency": "low",
}


@pytest.fixture
def api_of_requester(house: House) -> Api:
    found = Api(issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM))
    found.get("tickets/")  # notes the use of the token, once an hour
    return found


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def full_database(folder: Path) -> sqlite3.Error:
    """Return the error of a database that may not grow any more."""
    own = sqlite3.connect(folder / "full.sqlite3")
    own.execute("CREATE TABLE texts (body TEXT)")
    own.execute("PRAGMA max_page_count = 3")
    try:
        own.execute("INSERT INTO texts VALUES (?)", ["x" * 1_000_000])
    except sqlite3.Error as error:
        return error
    raise AssertionError("it grew")


def test_a_full_disk_is_known_by_the_errors_of_the_real_thing(tmp_path: Path) -> None:
    full = full_database(tmp_path)
    assert "full" in str(full)
    assert cannot_store(caused(OperationalError(str(full)), full))
    with pytest.raises(OSError, match="No space") as caught:
        Path("/dev/full").write_text("x" * 100_000)
    assert cannot_store(caught.value)
    assert cannot_store(OSError(errno.EROFS, "Read-only file system"))
    for other in (OSError(errno.ENOENT, "x"), DatabaseError("syntax error"), ValueError("x")):
        assert not cannot_store(other)


class _Coded(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__()
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "expected"), [("53100", True), ("25006", True), ("40001", False)]
)
def test_postgresql_says_it_by_its_codes(sqlstate: str, expected: bool) -> None:
    assert cannot_store(caused(OperationalError("x"), _Coded(sqlstate))) is expected


@pytest.mark.once
def test_a_ticket_lives_without_the_bytes_of_its_file(ticket_and_client: Any, house: House) -> None:
    ticket, client = ticket_and_client
    services.reply_to_customer(
        ticket=fresh(ticket),
        body="See.",
        files=[upload(PNG, "screen.png")],
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    attachment = Attachment.objects.get(ticket=ticket)
    Path(Blob.objects.get(pk=attachment.blob_id).file.path).unlink()

    page = client.get(f"/tickets/{ticket.number}/")
    missing = client.get(f"/attachments/{attachment.pk}/")

    assert page.status_code == 200
    assert "screen.png" in page.content.decode()
    assert missing.status_code == 404
    assert "The file is missing on our side." in text_of(missing.content.decode())


@pytest.mark.once
@pytest.mark.parametrize("left", [None, 5, 0])
def test_attached_again_the_file_is_whole_where_it_was_too(
    ticket_and_client: Any, house: House, left: int | None
) -> None:
    """``left`` is how many of its bytes a disk has kept."""
    ticket, client = ticket_and_client

    def attach() -> Attachment:
        reply = services.reply_to_customer(
            ticket=fresh(ticket),
            body="See.",
            files=[upload(PNG, "screen.png")],
            by=by(house.agent),
            at=MONDAY_9AM + HOUR,
        )
        return Attachment.objects.get(message=reply)

    first = attach()
    file = Path(Blob.objects.get(pk=first.blob_id).file.path)
    if left is None:
        file.unlink()
    else:
        file.write_bytes(PNG[:left])
    missing = client.get(f"/attachments/{first.pk}/")
    second = attach()
    served = [client.get(f"/attachments/{each.pk}/") for each in (first, second)]

    assert missing.status_code == 404
    assert [b"".join(each.streaming_content) for each in served] == [PNG, PNG]
    assert file.read_bytes() == PNG


def test_readyz_tells_that_nothing_can_be_stored(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = client.get("/readyz").json()
    monkeypatch.setattr("web.health._ROOM", 10**18)

    full = client.get("/readyz")

    assert fine["storage"] == "ok"
    assert (full.status_code, full.json()["storage"], full.json()["status"]) == (
        200,
        "away",
        "degraded",
    )


def test_a_database_that_cannot_be_opened_is_no_unexpected_error(
    ticket_and_client: Any, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, client = ticket_and_client
    token = issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM)
    client.raise_request_exception = False

    def away(*_arguments: Any, **_named: Any) -> None:
        raise OperationalError("unable to open database file")

    monkeypatch.setattr("web.middleware.token_by_digest", away)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    api = client.get("/api/v1/tickets/", headers={"Authorization": f"Bearer {token}"})
    page = client.get(f"/tickets/{ticket.number}/")
    sent = client.post(f"/tickets/{ticket.number}/reply/", {"body": TEXT}, headers=OURS)

    assert sent.status_code == 503
    assert TEXT in text_of(sent.content.decode())
    assert 'name="csrfmiddlewaretoken"' in sent.content.decode()
    assert (api.status_code, api.json()["code"]) == (503, "storage_unavailable")
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (503, "text/html")


def test_readyz_tells_by_how_much_each_lane_is_late(house: House, client: Client) -> None:
    OutboxMessage.objects.all().delete()
    make_ticket(house)
    none = client.get("/readyz").json()["late_seconds"]
    Clock.objects.update(next_event_at=MONDAY_9AM - timedelta(seconds=7))
    OutboxMessage.objects.update(run_after=MONDAY_9AM - timedelta(seconds=11))
    ReportIssue.objects.create(
        organization=house.north,
        month=MONDAY_9AM.date(),
        language="es",
        data={},
        data_sha256="x",
        cutoff_at=MONDAY_9AM,
        requested_at=MONDAY_9AM,
        run_after=MONDAY_9AM - timedelta(seconds=13),
    )

    late = client.get("/readyz").json()["late_seconds"]

    assert none == {"clocks": 0, "mail": 0, "reports": 0}
    assert late == {"clocks": 7, "mail": 11, "reports": 13}


@pytest.mark.parametrize(
    ("lane", "seconds", "status"),
    [
        ("clocks", 60, "ok"),
        ("clocks", 61, "degraded"),
        ("mail", 300, "ok"),
        ("mail", 301, "degraded"),
    ],
)
def test_a_lane_that_stands_still_degrades(
    house: House, client: Client, lane: str, seconds: int, status: str
) -> None:
    OutboxMessage.objects.all().delete()
    make_ticket(house)
    OutboxMessage.objects.update(run_after=MONDAY_9AM)
    due = MONDAY_9AM - timedelta(seconds=seconds)
    if lane == "clocks":
        Clock.objects.update(next_event_at=due)
    else:
        OutboxMessage.objects.update(run_after=due)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, status)
