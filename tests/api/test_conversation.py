"""The conversation of a ticket over the API: messages, files, and what is masked."""

from typing import Any

import pytest

from foundation.core.sensitive import MASK
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.house import MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tickets import queries, services, verbs
from tickets.models import Attachment, OriginalText, Ticket

pytestmark = pytest.mark.usefixtures("monday")

SECRET = "Contraseña: Qw3rty!9 en 10.0.0.5"


def told(house: House) -> Ticket:
    """Return a ticket with a secret, a reply with a file, and a note."""
    ticket = make_ticket(house, description=SECRET, subject="NIP: 4711")
    services.reply_to_customer(
        ticket=fresh(ticket),
        body="See the picture.",
        files=[upload(PNG, "screen.png")],
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    services.add_note(ticket=fresh(ticket), body=SECRET, by=by(house.agent), at=MONDAY_9AM + MINUTE)
    return ticket


def test_the_staff_read_notes_and_a_customer_does_not(house: House, api: Any) -> None:
    ticket = told(house)
    path = f"tickets/{ticket.number}/messages/"

    staff = api(house.agent).get(path).json()
    customer = api(house.requester).get(path).json()

    assert [(each["kind"], each["body"]) for each in staff["messages"]] == [
        ("reply", "See the picture."),
        ("note", f"Contraseña: {MASK} en 10.0.0.5"),
    ]
    assert staff["messages"][1]["sensitive"] == ["password", "ip"]
    assert [each["kind"] for each in customer["messages"]] == ["reply"]
    assert (customer["earlier"], customer["files"]) == (0, [])
    (file,) = customer["messages"][0]["files"]
    assert (file["name"], file["content_type"], file["size_bytes"]) == (
        "screen.png",
        "image/png",
        len(PNG),
    )


def test_earlier_messages_are_read_by_id(house: House, api: Any) -> None:
    ticket = told(house)
    client = api(house.agent)
    path = f"tickets/{ticket.number}/messages/"
    last = client.get(path).json()["messages"][-1]["id"]

    earlier = client.get(f"{path}?before={last}").json()

    assert [each["kind"] for each in earlier["messages"]] == ["reply"]
    for wrong in ("x", "-1", "9" * 30):
        answer = client.get(f"{path}?before={wrong}")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["before"]), wrong
    assert client.get(f"{path}?after=1").status_code == 400


def test_a_file_is_downloaded_from_its_ticket(house: House, api: Any) -> None:
    ticket = told(house)
    other = make_ticket(house)
    file = Attachment.objects.get()
    client = api(house.requester)

    answer = client.get(f"tickets/{ticket.number}/files/{file.pk}/")

    assert b"".join(answer.streaming_content) == PNG
    assert client.get(f"tickets/{other.number}/files/{file.pk}/").status_code == 404
    assert api(house.outsider).get(f"tickets/{ticket.number}/files/{file.pk}/").status_code == 404


def test_what_was_written_is_read_on_the_record(house: House, api: Any) -> None:
    ticket = told(house)
    note = OriginalText.objects.exclude(message=None).get().message
    assert note is not None

    detail = api(house.requester).get(f"tickets/{ticket.number}/").json()
    assert (detail["subject"], detail["sensitive"]) == (f"NIP: {MASK}", ["password", "ip"])

    answer = api(house.requester).post(f"tickets/{ticket.number}/original/", {})
    assert answer.json() == {"subject": "NIP: 4711", "text": SECRET, "answers": []}
    assert answer["Cache-Control"] == "private, no-store"
    path = f"tickets/{ticket.number}/messages/{note.pk}/original/"
    assert api(house.requester).post(path, {}).status_code == 404
    assert api(house.agent).post(path, {}).json()["text"] == SECRET
    facts = [each for each in queries.timeline(ticket) if each.verb == verbs.ORIGINAL_SHOWN]
    assert [each.payload["message"] for each in facts] == [None, note.pk]


def test_what_is_not_masked_or_is_of_another_ticket_is_not_found(house: House, api: Any) -> None:
    ticket = told(house)
    other = make_ticket(house)
    note = OriginalText.objects.exclude(message=None).get().message_id
    client = api(house.agent)

    assert client.post(f"tickets/{other.number}/original/", {}).status_code == 404
    assert client.post(f"tickets/{other.number}/messages/{note}/original/", {}).status_code == 404
    assert client.get(f"tickets/{ticket.number}/original/").status_code == 405
    assert api(house.outsider).post(f"tickets/{ticket.number}/original/", {}).status_code == 404
