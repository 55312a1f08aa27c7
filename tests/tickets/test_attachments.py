from hashlib import sha256
from io import BytesIO

import pytest

from foundation.documents.checking import FileRefused, check_upload
from foundation.notifications.models import OutboxMessage
from tests.support.files import PNG
from tests.support.house import (
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tickets import queries, services
from tickets.services.attachments import attach_files


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("empty.png", b"", None),
        ("large.pdf", b"%PDF-1.7 ", 26 * 1024 * 1024),
        ("program.exe", b"MZ\x90", None),
        ("disguised.pdf", b"MZ\x90\x00 not a pdf", None),
        ("disguised.png", b"<html><script>alert(1)</script></html>", None),
        ("binary.txt", b"text\x00binary", None),
        ("page.html", b"<html>", None),
    ],
)
def test_forbidden_files_are_refused_by_name(name: str, content: bytes, size: int | None) -> None:
    with pytest.raises(FileRefused, match=name):
        check_upload(
            name=name, stream=BytesIO(content), size_bytes=len(content) if size is None else size
        )


def test_a_picture_enters_and_equal_content_is_kept_once(house: House) -> None:
    from foundation.documents.models import Blob

    files = [
        check_upload(name=name, stream=BytesIO(PNG), size_bytes=len(PNG))
        for name in ("a.png", "../../b.png")
    ]
    ticket = make_ticket(house)

    services.reply_as_customer(
        ticket=fresh(ticket), body="See.", files=files, by=by(house.requester), at=MONDAY_9AM
    )

    assert [
        item.name for item in queries.conversation(ticket, with_notes=False).items[0].attachments
    ] == ["a.png", "b.png"]
    assert Blob.objects.count() == 1


def test_a_note_and_its_files_never_reach_the_customer(house: House) -> None:
    ticket = make_ticket(house)
    file = check_upload(name="a.png", stream=BytesIO(PNG), size_bytes=len(PNG))
    services.add_note(
        ticket=fresh(ticket), body="Internal.", files=[file], by=by(house.agent), at=MONDAY_9AM
    )
    attachment = queries.conversation(ticket, with_notes=True).items[0].attachments[0]

    assert queries.conversation(ticket, with_notes=False).items == []
    assert queries.get_attachment(house.agent, attachment.pk)[0] == attachment
    with pytest.raises(queries.TicketNotFound):
        queries.get_attachment(house.requester, attachment.pk)
    assert (
        not OutboxMessage.objects.filter(recipient=house.requester)
        .exclude(template="ticket_received")
        .exists()
    )


def test_no_files_are_no_attachments_and_equal_content_read_before_is_still_stored_whole(
    house: House,
) -> None:
    ticket = make_ticket(house)
    file = check_upload(name="a.png", stream=BytesIO(PNG), size_bytes=len(PNG))
    file.stream.read()

    assert attach_files(ticket=ticket, message=None, files=[], at=MONDAY_9AM) == []
    (kept,) = attach_files(ticket=ticket, message=None, files=[file], at=MONDAY_9AM)

    assert (kept.ticket_id, kept.message_id, kept.name) == (ticket.pk, None, "a.png")
    assert (kept.blob.sha256, kept.blob.size_bytes) == (sha256(PNG).hexdigest(), len(PNG))
    with kept.blob.file.open() as stored:
        assert stored.read() == PNG
