"""The composer holds what goes to the customer for some seconds, in which it can be taken back."""

from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support.files import PNG
from tests.support.house import MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.html import ChangeForm, text_of
from tests.support.pages import english, words_of_messages
from tests.support.statements import statements
from tests.support.tickets import started
from tickets import services
from tickets.models import Attachment, HeldMessage, Message, Ticket

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def ten_seconds(settings: Any) -> None:
    settings.MESA_UNDO_SECONDS = 10


@pytest.mark.usefixtures("ten_seconds")
def test_the_page_sends_later_and_takes_back(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    address = f"/admin/tickets/{ticket.number}/"
    client = sign_in(english(house))

    typed = {"kind": "reply", "body": "It works again."}
    sent = client.post(f"{address}say/", typed | {"once": "a" * 22}, follow=True)
    held = HeldMessage.objects.get()
    other = sign_in(house.staff["agent2"]).get(address).content.decode()
    portal = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()
    back = sign_in(house.agent).post(f"{address}held/{held.pk}/take-back/", follow=True)

    text = text_of(sent.content.decode())
    assert words_of_messages(sent) == [f"Sent to Requester North in 10 seconds ({ticket.number})."]
    assert f'action="{address}held/{held.pk}/take-back/"' in sent.content.decode()
    assert "About to be sent: It works again." in text
    assert "It works again." not in other
    assert "It works again." not in portal
    assert words_of_messages(back) == ["Not sent: it is in the composer again."]
    assert "It works again.</textarea>" in back.content.decode()
    assert not Message.objects.exists()
    same_form = sign_in(house.agent).post(f"{address}say/", typed | {"once": "a" * 22})
    assert same_form.status_code == 302
    first_again = HeldMessage.objects.get(send_at__isnull=False)
    services.take_back(ticket=ticket, held_id=first_again.pk, by=by(house.agent), at=MONDAY_9AM)
    again = sign_in(house.agent).post(f"{address}say/", typed | {"once": "b" * 22})
    assert again.status_code == 302
    assert HeldMessage.objects.get(send_at__isnull=False).body == "It works again."
    twice = sign_in(house.agent).post(f"{address}say/", typed | {"once": "c" * 22})
    assert twice.status_code == 409


@pytest.mark.usefixtures("ten_seconds")
def test_step_dates_and_files_come_back_with_the_text_and_go_again(
    house: House, sign_in: Any
) -> None:
    ticket = started(house)
    address = f"/admin/tickets/{ticket.number}/"
    client = sign_in(english(house))
    typed = {
        "kind": "reply",
        "body": "We wait for the supplier.",
        "then": "pend_supplier",
        "supplier": "Link",
        "supplier_case": "INC-7",
        "promised_on": "2026-03-20",
        "version": str(fresh(ticket).version),
    }
    files = [SimpleUploadedFile(name, PNG) for name in ("cable.png", "plug.png")]
    client.post(f"{address}say/", typed | {"attachments": files})
    held = HeldMessage.objects.get()

    client.post(f"{address}held/{held.pk}/take-back/")
    page = client.get(address)

    form = ChangeForm(page.content.decode(), "data-composer").sent
    assert {name: form[name][0].strip() for name in typed} == typed
    cable, plug = held.files.order_by("pk")
    assert form["again"] == [str(held.pk)]
    assert form["again_files"] == [str(cable.pk), str(plug.pk)]
    unknown = client.post(f"{address}say/", typed | {"again": held.pk, "again_files": [10**9]})
    assert "A file was sent with another message meanwhile. Attach it again." in text_of(
        unknown.content.decode()
    )
    client.post(f"{address}say/", typed | {"again": held.pk, "again_files": [plug.pk]})
    services.send_held(held_id=HeldMessage.objects.get().pk, at=MONDAY_9AM + 10 * SECOND)
    assert fresh(ticket).state == "pending_supplier"
    assert [file.name for file in Attachment.objects.all()] == ["plug.png"]
    assert statements(client, address) <= 20


@pytest.mark.usefixtures("ten_seconds")
def test_the_time_of_a_statement_comes_back_in_the_customers_zone(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    address = f"/admin/tickets/{ticket.number}/"
    client = sign_in(house.agent)
    typed = {"kind": "statement", "body": "At two.", "estimated_at": "2026-03-02T14:00"}
    client.post(f"{address}say/", typed)

    client.post(f"{address}held/{HeldMessage.objects.get().pk}/take-back/")

    form = ChangeForm(client.get(address).content.decode(), "data-composer").sent
    assert {name: form[name][0].strip() for name in typed} == typed


@pytest.mark.usefixtures("ten_seconds")
def test_a_note_and_a_reply_that_is_due_soon_do_not_wait(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    address = f"/admin/tickets/{ticket.number}/"
    client = sign_in(english(house))

    client.post(f"{address}say/", {"kind": "note", "body": "A note."})
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=MONDAY_9AM + 20 * SECOND)
    page = client.post(f"{address}say/", {"kind": "reply", "body": "At once."}, follow=True)

    assert [message.body for message in Message.objects.order_by("pk")] == ["A note.", "At once."]
    assert words_of_messages(page) == ["Note saved.", "Sent to Requester North."]
    assert not HeldMessage.objects.exists()


@pytest.mark.usefixtures("ten_seconds")
def test_another_act_of_the_author_sends_what_is_held_before(house: House, sign_in: Any) -> None:
    ticket = started(house)
    address = f"/admin/tickets/{ticket.number}/"
    client = sign_in(english(house))

    client.post(f"{address}say/", {"kind": "reply", "body": "One."})
    note = client.post(f"{address}say/", {"kind": "note", "body": "Two."}, follow=True)
    client.post(f"{address}say/", {"kind": "reply", "body": "Three."})
    solved = {
        "version": fresh(ticket).version,
        "message": "Four.",
        "solution_type": "definitive",
    }
    client.post(f"{address}step/solve/", solved)

    bodies = [message.body for message in Message.objects.order_by("pk")]
    assert bodies == ["One.", "Two.", "Three.", "Four."]
    assert words_of_messages(note)[-2:] == [
        "What was about to be sent went before it.",
        "Note saved.",
    ]
    assert fresh(ticket).state == "solved"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/admin/tickets/{}/assign/", {"assignee": ""}),
        ("/admin/tickets/{}/classify/", {"environment": "test"}),
        ("/api/v1/tickets/{}/transitions/", {"transition": "start"}),
        ("/api/v1/tickets/{}/replies/", {"kind": "note", "body": "A note."}),
    ],
)
@pytest.mark.usefixtures("ten_seconds")
def test_what_is_on_hold_goes_before_each_other_act(
    house: House, sign_in: Any, path: str, sent: dict[str, Any]
) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    client.post(f"/admin/tickets/{ticket.number}/say/", {"kind": "reply", "body": "One."})
    found = fresh(ticket)
    kept = {name: getattr(found, name) for name in ("kind", "version")}
    kept |= {"service": found.service_id, "grid": f"{found.impact}:{found.urgency}"}
    json = {"content_type": "application/json"} if path.startswith("/api/") else {}
    answer = client.post(path.format(ticket.number), sent if json else kept | sent, **json)

    assert answer.status_code < 400, answer.content
    assert Message.objects.order_by("pk")[0].body == "One."
    assert not HeldMessage.objects.exists()


@pytest.mark.usefixtures("ten_seconds")
@pytest.mark.parametrize("version", ["9" * 30, "-1", "x"])
def test_a_forged_version_is_refused(house: House, sign_in: Any, version: str) -> None:
    ticket = make_ticket(house)
    typed = {"kind": "reply", "body": "Text.", "then": "solve", "version": version}

    answer = sign_in(house.agent).post(f"/admin/tickets/{ticket.number}/say/", typed)

    assert answer.status_code == 400
    assert not HeldMessage.objects.exists()


@pytest.mark.usefixtures("ten_seconds")
def test_the_page_keeps_its_budget(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/say/", {"kind": "reply", "body": "Text."}
    )
    assert HeldMessage.objects.exists()

    assert statements(sign_in(house.agent), f"/admin/tickets/{ticket.number}/") <= 20


@pytest.mark.usefixtures("ten_seconds")
def test_the_page_counts_down_the_seconds_that_are_left(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    address = f"/admin/tickets/{ticket.number}/"
    client = sign_in(house.agent)
    client.post(f"{address}say/", {"kind": "reply", "body": "It works again."})

    for passed, left in ((0, 10), (3.5, 7), (12, 1)):
        with time_machine.travel(MONDAY_9AM + passed * SECOND, tick=False):
            page = client.get(address).content.decode()

        assert f'data-held="{left}"' in page
