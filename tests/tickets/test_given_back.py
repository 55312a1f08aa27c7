"""A message that is taken back, or cannot be sent, is in its author's composer again: with its
text, its step and its files.
"""

from datetime import timedelta

import pytest

from foundation.core.errors import Invalid
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.holding import (
    DELAY,
    given_back,
    hold,
    reply,
    send,
    solving,
    take_back,
)
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tickets import services, tasks
from tickets.models import Attachment, HeldMessage, Message, Visit

pytestmark = pytest.mark.usefixtures("monday")


def test_what_is_taken_back_is_a_draft_again_and_never_sent(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, solving(ticket, files=[upload(PNG, "cable.png")]))

    take_back(house, held)
    send(held)

    visit = Visit.objects.get(ticket=ticket, person=house.agent)
    assert (visit.draft, visit.draft_kind) == ("It works again.", "reply")
    assert not Message.objects.exists()
    back = given_back(house, ticket)
    assert back.held is None
    assert back.given_back == held
    assert (back.given_back.step, back.given_back.send_at) == ("solve", None)
    assert [file.name for file in back.files] == ["cable.png"]
    assert tasks.sweep_held() == 0


@pytest.mark.parametrize("delay", [DELAY, timedelta()])
def test_the_chosen_files_go_again_with_the_next_message(house: House, delay: timedelta) -> None:
    ticket = make_ticket(house)
    files = [upload(PNG, "cable.png"), upload(PNG + b"x", "plug.png")]
    held = hold(house, ticket, reply(files=files))
    take_back(house, held)
    again = [file.pk for file in given_back(house, ticket).files[:1]]
    both = reply(
        "It really works.",
        files=[upload(PNG, "third.png")],
        kept="It works again.",
        again=held.pk,
        again_files=again,
    )

    said = services.say(
        ticket=fresh(ticket), saying=both, by=by(house.agent), at=MONDAY_9AM, delay=delay
    )
    if said.held is not None:
        send(said.held)

    message = Message.objects.get()
    names = {file.name: file.blob.read() for file in Attachment.objects.filter(message=message)}
    assert names == {"cable.png": PNG, "third.png": PNG}
    assert not HeldMessage.objects.exists()
    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == ""


def test_files_that_went_meanwhile_or_are_of_others_are_refused(house: House) -> None:
    ticket = make_ticket(house)
    of_another = hold(
        house, ticket, reply(files=[upload(PNG, "cable.png")]), by=by(house.staff["agent2"])
    )
    mine = hold(house, ticket, reply(files=[upload(PNG, "cable.png")]))
    (file,) = mine.files.all()

    for message, ids in (
        (of_another, [of_another.files.get().pk]),
        (mine, [file.pk]),  # it is on hold: it was not given back
        (mine, [10**9]),
    ):
        with pytest.raises(Invalid, match="ya se enviaron"):
            hold(house, ticket, reply("Again.", again=message.pk, again_files=ids))
    take_back(house, mine)
    hold(house, ticket, reply("Again.", again=mine.pk, again_files=[file.pk]))
    with pytest.raises(Invalid, match="ya se enviaron"):
        hold(house, ticket, reply("Twice.", again=mine.pk, again_files=[file.pk]))

    assert [each.body for each in HeldMessage.objects.order_by("pk")] == [
        "It works again.",
        "Again.",
    ]


def test_files_that_go_again_count_among_those_of_the_message(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply(files=[upload(PNG, "cable.png")]))
    take_back(house, held)
    again = [file.pk for file in given_back(house, ticket).files]
    many = [upload(PNG, f"{number}.png") for number in range(10)]

    with pytest.raises(Invalid, match="10 archivos"):
        hold(house, ticket, reply("Many.", files=many, again=held.pk, again_files=again))


def test_two_messages_taken_back_keep_the_files_of_both(house: House) -> None:
    ticket = make_ticket(house)
    take_back(house, hold(house, ticket, reply("One.", files=[upload(PNG, "one.png")])))
    take_back(house, hold(house, ticket, reply("Two.", files=[upload(PNG, "two.png")])))

    assert [file.name for file in given_back(house, ticket).files] == ["one.png", "two.png"]
    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == "Two.\n\nOne."
    assert HeldMessage.objects.count() == 1


def test_what_was_given_back_goes_with_its_draft(house: House) -> None:
    """A draft that was emptied gives nothing to a later message."""
    ticket = make_ticket(house)
    take_back(house, hold(house, ticket, reply("One.", files=[upload(PNG, "one.png")])))
    services.save_draft(ticket=ticket, kind="reply", body="", by=by(house.agent), at=MONDAY_9AM)

    take_back(house, hold(house, ticket, reply("Two.", files=[upload(PNG, "two.png")])))

    assert [file.name for file in given_back(house, ticket).files] == ["two.png"]


def test_what_is_given_back_stands_before_what_is_being_written(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply())
    services.save_draft(
        ticket=ticket, kind="note", body="A long new text.", by=by(house.agent), at=MONDAY_9AM
    )

    services.take_back(ticket=ticket, held_id=held.pk, by=by(house.agent), at=MONDAY_9AM)

    visit = Visit.objects.get(ticket=ticket, person=house.agent)
    assert visit.draft == "It works again.\n\nA long new text."


def test_a_note_that_is_being_written_stays_a_note(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply("Public."))
    services.save_draft(
        ticket=ticket, kind="note", body="Secret.", by=by(house.agent), at=MONDAY_9AM
    )

    take_back(house, held)

    visit = Visit.objects.get(ticket=ticket, person=house.agent)
    assert (visit.draft, visit.draft_kind) == ("Public.\n\nSecret.", "note")


def test_taking_back_twice_changes_nothing(house: House) -> None:
    ticket = make_ticket(house)
    held = hold(house, ticket, reply("One.", files=[upload(PNG, "one.png")]))

    take_back(house, held)
    take_back(house, held)

    assert Visit.objects.get(ticket=ticket, person=house.agent).draft == "One."
    assert [file.name for file in given_back(house, ticket).files] == ["one.png"]
