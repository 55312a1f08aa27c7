"""Messages of a ticket: who writes them, what they hold, who reads them."""

from datetime import timedelta
from io import BytesIO

import pytest

from foundation.activity.models import Record
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from foundation.documents.checking import CheckedFile, check_upload
from tests.support.files import PNG
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import queries, services
from tickets.models import Attachment, Message, MessageKind, Ticket
from tickets.services import ActionNotAllowed
from tickets.services.raising import MAX_TEXT


def file(name: str = "a.png") -> CheckedFile:
    return check_upload(name=name, stream=BytesIO(PNG), size_bytes=len(PNG))


def note(house: House, ticket: Ticket, body: str, files: list[CheckedFile]) -> Message:
    return services.add_note(
        ticket=fresh(ticket), body=body, files=files, by=by(house.agent), at=MONDAY_9AM
    )


def test_a_reply_holds_its_author_channel_text_and_time(house: House) -> None:
    ticket = make_ticket(house)

    message = services.reply_to_customer(
        ticket=fresh(ticket),
        body="\n \n  We look.\n\n    Now.  \n",
        by=by(house.agent, Channel.DESK),
        at=MONDAY_9AM + MINUTE,
        files=[file()],
    )

    saved = Message.objects.get(ticket=ticket)
    assert message == saved
    assert (saved.kind, saved.body, saved.is_from_staff) == (
        "reply",
        "  We look.\n\n    Now.",
        True,
    )
    assert (saved.author, saved.channel) == (house.agent, "desk")
    assert (saved.created_at, saved.estimated_at) == (MONDAY_9AM + MINUTE, None)
    assert Attachment.objects.get(message=saved).name == "a.png"


def test_a_message_updates_the_activity_and_not_the_version(house: House) -> None:
    ticket = fresh(make_ticket(house))

    services.reply_as_customer(
        ticket=ticket, body="More.", by=by(house.requester), at=MONDAY_9AM + HOUR
    )

    assert (fresh(ticket).updated_at, fresh(ticket).version) == (MONDAY_9AM + HOUR, 1)
    assert ticket.updated_at == MONDAY_9AM + HOUR


def test_a_message_is_recorded_with_its_number_of_files(house: House) -> None:
    ticket = make_ticket(house)

    message = note(house, ticket, "Internal.", [file("a.png"), file("b.png")])

    fact = Record.objects.filter(object_id=ticket.pk).order_by("pk").last()
    assert fact is not None
    assert (fact.payload["message"], fact.payload["files"]) == (message.pk, 2)
    assert fact.payload["version"] == 1


@pytest.mark.parametrize("name", ["consultant", "bpo", "commercial"])
def test_a_person_who_does_not_work_on_the_ticket_writes_nothing(house: House, name: str) -> None:
    ticket = make_ticket(house)
    who = by(house.staff[name])

    with pytest.raises(ActionNotAllowed):
        services.reply_to_customer(ticket=fresh(ticket), body="x", by=who, at=MONDAY_9AM)
    with pytest.raises(ActionNotAllowed):
        services.add_note(ticket=fresh(ticket), body="x", by=who, at=MONDAY_9AM)
    with pytest.raises(ActionNotAllowed):
        services.send_attention_statement(
            ticket=fresh(ticket),
            body="x",
            estimated_at=MONDAY_9AM + HOUR,
            by=who,
            at=MONDAY_9AM,
        )

    assert not Message.objects.exists()


def test_the_text_of_a_message_has_a_limit(house: House) -> None:
    ticket = make_ticket(house)

    for body in ("", " \n", "x" * (MAX_TEXT + 1)):
        with pytest.raises(Invalid) as caught:
            note(house, ticket, body, [])
        assert list(caught.value.fields) == ["body"]

    assert note(house, ticket, "x" * MAX_TEXT + "  ", []).body == "x" * MAX_TEXT


@pytest.mark.parametrize(
    "distance", [-SECOND, timedelta(), timedelta(days=366), timedelta(days=400)]
)
def test_a_statement_names_a_time_within_a_year(house: House, distance: timedelta) -> None:
    ticket = make_ticket(house)

    with pytest.raises(Invalid) as caught:
        services.send_attention_statement(
            ticket=fresh(ticket),
            body="Plan.",
            estimated_at=MONDAY_9AM + distance,
            by=by(house.agent),
            at=MONDAY_9AM,
        )

    assert list(caught.value.fields) == ["estimated_at"]
    assert not Message.objects.exists()


@pytest.mark.parametrize("distance", [SECOND, timedelta(days=366) - SECOND])
def test_a_statement_accepts_the_first_and_the_last_second(
    house: House, distance: timedelta
) -> None:
    ticket = make_ticket(house)

    message = services.send_attention_statement(
        ticket=fresh(ticket),
        body="Plan.",
        estimated_at=MONDAY_9AM + distance,
        by=by(house.agent),
        at=MONDAY_9AM,
        files=[file()],
    )

    assert (message.kind, message.estimated_at) == ("statement", MONDAY_9AM + distance)
    assert message.is_from_staff is True
    assert Attachment.objects.filter(message=message).count() == 1


def test_a_reply_of_the_customer_holds_its_author_and_its_files(house: House) -> None:
    ticket = make_ticket(house)

    message = services.reply_as_customer(
        ticket=fresh(ticket),
        body="More.",
        by=by(house.requester, Channel.PORTAL),
        at=MONDAY_9AM,
        files=[file()],
    )

    assert (message.author, message.is_from_staff) == (house.requester, False)
    assert (message.kind, message.channel) == ("reply", "portal")
    assert Attachment.objects.get(ticket=ticket).message == message


def test_a_customer_does_not_reply_on_an_ended_ticket(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    with pytest.raises(ActionNotAllowed, match=ticket.number):
        services.reply_as_customer(
            ticket=fresh(ticket), body="But.", by=by(house.requester), at=MONDAY_9AM
        )

    assert not Message.objects.exists()


def test_a_reply_changes_no_state_but_that_of_a_pending_user_ticket(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(
        house,
        ticket,
        "pend_supplier",
        MONDAY_9AM,
        supplier="Link",
        supplier_case="7",
        promised_on=MONDAY_9AM.date(),
    )

    services.reply_as_customer(
        ticket=fresh(ticket), body="More.", by=by(house.requester), at=MONDAY_9AM
    )

    assert fresh(ticket).state == "pending_supplier"


def test_a_reply_reads_the_state_that_another_person_has_written(house: House) -> None:
    ticket = make_ticket(house)
    read_before = fresh(ticket)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    with pytest.raises(ActionNotAllowed):
        services.reply_as_customer(
            ticket=read_before, body="More.", by=by(house.requester), at=MONDAY_9AM
        )


def test_each_entry_of_the_conversation_has_its_side_and_its_files(house: House) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Staff.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )
    note(house, ticket, "Note.", [file("note.png")])
    services.reply_as_customer(
        ticket=fresh(ticket),
        body="Customer.",
        by=by(house.requester),
        at=MONDAY_9AM + HOUR,
        files=[file("one.png"), file("two.png")],
    )
    other = make_ticket(house)
    note(house, other, "Elsewhere.", [file("other.png")])

    found = queries.conversation(ticket, with_notes=True)

    assert [(item.side, item.message.body) for item in found] == [
        ("note", "Note."),
        ("staff", "Staff."),
        ("customer", "Customer."),
    ]
    assert [[each.name for each in item.attachments] for item in found] == [
        ["note.png"],
        [],
        ["one.png", "two.png"],
    ]
    assert [item.side for item in queries.conversation(ticket, with_notes=False)] == [
        "staff",
        "customer",
    ]


def test_the_files_of_the_description_are_those_without_a_message(house: House) -> None:
    ticket = make_ticket(house)
    note(house, ticket, "Note.", [file("note.png")])
    attached = Attachment.objects.get(ticket=ticket)
    for name in ("first.png", "second.png"):
        Attachment.objects.create(
            organization=house.north,
            ticket=ticket,
            blob=attached.blob,
            name=name,
            created_at=MONDAY_9AM,
        )
    other = make_ticket(house)
    Attachment.objects.create(
        organization=house.north,
        ticket=other,
        blob=attached.blob,
        name="other.png",
        created_at=MONDAY_9AM,
    )

    found = queries.attachments_of_description(ticket)

    assert [item.name for item in found] == ["first.png", "second.png"]


def test_a_file_is_read_by_those_who_see_its_ticket(house: House) -> None:
    ticket = make_ticket(house)
    public = services.reply_as_customer(
        ticket=fresh(ticket),
        body="See.",
        by=by(house.requester),
        at=MONDAY_9AM,
        files=[file("one.png"), file("two.png")],
    )
    first, second = Attachment.objects.filter(message=public).order_by("pk")
    own = Attachment.objects.create(
        organization=house.north,
        ticket=ticket,
        blob=first.blob,
        name="own.png",
        created_at=MONDAY_9AM,
    )

    for attachment in (first, second, own):
        for user in (house.requester, house.agent):
            assert queries.get_attachment(user, attachment.pk) == (attachment, attachment.blob)
        with pytest.raises(queries.TicketNotFound):
            queries.get_attachment(house.outsider, attachment.pk)
    with pytest.raises(queries.TicketNotFound):
        queries.get_attachment(house.agent, own.pk + 1)


def test_a_person_without_a_ticket_of_their_own_reads_no_file_of_another(house: House) -> None:
    ticket = make_ticket(house)
    make_ticket(house, requester=house.people["approver"])
    message = services.reply_as_customer(
        ticket=fresh(ticket),
        body="See.",
        by=by(house.requester),
        at=MONDAY_9AM,
        files=[file()],
    )
    attachment = Attachment.objects.get(message=message)

    with pytest.raises(queries.TicketNotFound):
        queries.get_attachment(house.people["approver"], attachment.pk)


@pytest.mark.parametrize(("count", "taken"), [(0, True), (10, True), (11, False)])
def test_a_message_takes_ten_files(house: House, count: int, taken: bool) -> None:
    ticket = make_ticket(house)
    files = [file(f"{place}.png") for place in range(count)]

    if taken:
        note(house, ticket, "Files.", files)
    else:
        with pytest.raises(Invalid, match="10"):
            note(house, ticket, "Files.", files)

    saved = Attachment.objects.filter(ticket=ticket)
    assert saved.count() == (count if taken else 0)
    assert all(item.created_at == MONDAY_9AM for item in saved)


def test_only_an_internal_note_is_not_public() -> None:
    public = {kind.value for kind in MessageKind if Message(kind=kind).is_public}

    assert public == {"reply", "statement", "solution"}
