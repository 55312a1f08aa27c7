"""One answer to many tickets, and a macro on them: shown first, then sent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from catalog.models import Contract
from foundation.accounts.models import Membership
from foundation.notifications.models import OutboxMessage
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import closed, started
from tickets import services
from tickets.models import (
    HeldMessage,
    Macro,
    Message,
    MessageKind,
    Ticket,
    TicketTag,
    TimeEntry,
)
from tickets.services import MacroActs, Saying

PREVIEW = "/admin/queue/preview/"
APPLY = "/admin/queue/apply/"
QUEUE = "/admin/queue/?view=all"
DELAY = timedelta(seconds=10)

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def chosen(*tickets: Ticket) -> list[str]:
    return [f"{ticket.pk}:{fresh(ticket).version}" for ticket in tickets]


def answer(*tickets: Ticket, **changes: Any) -> dict[str, Any]:
    text = {"body_es": "{{numero}}: la red volvió.", "body_en": "{{number}}: the network is back."}
    return {"ticket": chosen(*tickets), "act": "answer", "next": QUEUE, **text, **changes}


def bodies() -> list[str]:
    return list(Message.objects.order_by("ticket_id").values_list("body", flat=True))


def test_one_answer_goes_to_many_tickets_after_it_was_shown(house: House, sign_in: Any) -> None:
    spanish = house.people["coordinator"]
    spanish.language = "es"
    spanish.save()
    one = started(house)
    two = started(house, requester=spanish)
    three = make_ticket(house)
    client = sign_in(english(house))

    asked = client.post(PREVIEW, {"ticket": chosen(one, two, three), "act": "answer"})
    assert "3 tickets would change. Nothing is saved yet." in text_of(asked.content.decode())
    assert "Show the replies" in asked.content.decode()
    shown = client.post(APPLY, answer(one, two, three, step="pend_user"))

    assert shown.status_code == 200
    assert not Message.objects.exists()
    words = text_of(shown.content.decode())
    assert f"{one.number}: the network is back." in words
    assert f"{two.number}: la red volvió." in words
    assert "Send 3 replies" in words
    assert "Told by e-mail: Requester North" in words
    seen = shown.context["form"]["seen"].value()
    assert shown.context["form"]["body_en"].value() == "{{number}}: the network is back."
    assert list(shown.context["form"].fields)[:3] == ["body_es", "body_en", "step"]
    # what was written anew is shown anew
    again = client.post(APPLY, answer(one, two, three, step="pend_user", seen=seen, body_es="Otra"))
    assert again.status_code == 200
    assert not Message.objects.exists()
    sent = client.post(APPLY, answer(one, two, three, step="pend_user", seen=seen), follow=True)

    assert words_of_messages(sent) == ["3 tickets changed."]
    assert bodies() == [
        f"{one.number}: the network is back.",
        f"{two.number}: la red volvió.",
        f"{three.number}: the network is back.",
    ]
    assert {fresh(each).state for each in (one, two, three)} == {"pending_user"}
    assert not HeldMessage.objects.exists()
    letters = OutboxMessage.objects.filter(recipient__in=[house.requester, spanish])
    texts = [each.context["body"] for each in letters if each.context.get("body")]
    assert sorted(texts) == sorted(bodies())


def test_what_cannot_be_answered_is_left_with_the_reason(house: House, sign_in: Any) -> None:
    ended = closed(house)
    one = started(house)
    messages = Message.objects.count()
    client = sign_in(english(house))

    shown = client.post(APPLY, answer(ended, one, step="solve", solution_type="workaround"))
    words = text_of(shown.content.decode())
    assert "Send 1 reply" in words
    assert "Refused “Solve” is not possible now." in words
    seen = shown.context["form"]["seen"].value()
    client.post(APPLY, answer(ended, one, step="solve", solution_type="workaround", seen=seen))

    assert Message.objects.count() == messages + 1
    assert (fresh(one).state, fresh(one).solution_type) == ("solved", "workaround")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body_es": ""}, "body_es"),
        ({"body_es": "{{nadie}}"}, "body_es"),
        ({"step": "solve"}, "solution_type"),
        ({"step": "start"}, "step"),
        ({"minutes": "a while"}, "minutes"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_refused_beside_its_field(
    house: House, sign_in: Any, changes: dict[str, str], field: str
) -> None:
    one = started(house)

    refused = sign_in(english(house)).post(APPLY, answer(one, **changes))

    assert refused.status_code == 400
    assert field in refused.context["form"].errors
    assert not Message.objects.exists()


def test_a_placeholder_without_a_value_leaves_that_ticket(house: House, sign_in: Any) -> None:
    held = started(house)
    free = make_ticket(house)
    client = sign_in(english(house))
    text = {"body_es": "{{asignado}} lo ve.", "body_en": ""}

    shown = client.post(APPLY, answer(held, free, **text))
    assert "This ticket has no value for {{asignado}}." in text_of(shown.content.decode())
    client.post(APPLY, answer(held, free, **text, seen=shown.context["form"]["seen"].value()))

    assert bodies() == ["Agent lo ve."]


def test_a_macro_runs_on_many_tickets(house: House, sign_in: Any) -> None:
    acts = MacroActs(takes=True, step="start", tags="network")
    macro = services.save_macro(
        name="Outage",
        acts=acts,
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    one = make_ticket(house)
    ended = closed(house)
    client = sign_in(english(house))
    offered = client.get("/admin/queue/macros/").content.decode()
    typed = {"ticket": chosen(one, ended), "act": "macro", "macro": macro.pk, "next": QUEUE}

    shown = client.post(PREVIEW, typed)
    typed["digest"] = shown.context["asked"].values["digest"]

    assert f'<option value="{macro.pk}">Outage</option>' in offered
    words = text_of(shown.content.decode())
    assert "Run the macro “Outage”" in words
    assert "Refused “Outage” did nothing: You cannot assign this ticket." in words
    assert fresh(one).state == "new"
    done = client.post(APPLY, typed, follow=True)
    assert words_of_messages(done)[-1] == "1 ticket changed."
    assert (fresh(one).state, fresh(one).assignee) == ("in_progress", house.agent)
    assert TicketTag.objects.get().ticket_id == one.pk
    nothing = client.post(PREVIEW, typed | {"macro": "987654"}, follow=True)
    assert words_of_messages(nothing) == ["Choose a macro."]


def save_note(house: House, text: str) -> Macro:
    return services.save_macro(
        name="Note",
        acts=MacroActs(kind="note", body_es=text),
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )


def test_a_macro_that_was_changed_after_it_was_shown_is_shown_again(
    house: House, sign_in: Any
) -> None:
    macro = save_note(house, "Visto.")
    one = make_ticket(house)
    client = sign_in(english(house))
    typed = {"ticket": chosen(one), "act": "macro", "macro": macro.pk, "next": QUEUE}
    shown = client.post(PREVIEW, typed)
    words = text_of(shown.content.decode())
    assert "Internal note" in words
    assert "Message: Visto." in words
    assert "Told by e-mail" not in words
    save_note(house, "Otra cosa.")

    again = client.post(APPLY, typed | {"digest": shown.context["asked"].values["digest"]})

    assert again.status_code == 200
    assert words_of_messages(again) == ["The macro was changed: this is what it does now."]
    assert "Message: Otra cosa." in text_of(again.content.decode())
    assert not Message.objects.exists()


def test_an_answer_that_can_be_corrected_keeps_its_tickets(house: House, sign_in: Any) -> None:
    held = started(house)
    free = make_ticket(house)
    client = sign_in(english(house))

    shown = client.post(APPLY, answer(held, free, body_es="{{asignado}} lo ve.", body_en=""))

    page = shown.content.decode()
    assert page.count('name="ticket"') == 2
    nothing = client.post(APPLY, answer(free, body_es="{{asignado}} lo ve.", body_en=""))
    assert 'name="ticket"' in nothing.content.decode()
    assert "Show the replies" in nothing.content.decode()


def test_a_contract_that_asks_for_the_time_can_be_answered(house: House, sign_in: Any) -> None:
    Contract.objects.update(time_asked="with_reply")
    one = started(house)
    client = sign_in(english(house))

    first = client.post(PREVIEW, {"ticket": chosen(one), "act": "answer", "next": QUEUE})
    assert "1 ticket would change." in text_of(first.content.decode())
    lacking = client.post(APPLY, answer(one))
    assert "Refused" in text_of(lacking.content.decode())
    shown = client.post(APPLY, answer(one, minutes="5"))
    seen = shown.context["form"]["seen"].value()
    client.post(APPLY, answer(one, minutes="5", seen=seen))

    assert TimeEntry.objects.get().minutes == 5


def test_what_one_has_on_hold_oneself_makes_nothing_stale(house: House, sign_in: Any) -> None:
    one = make_ticket(house)
    services.say(
        ticket=fresh(one),
        saying=Saying(
            kind=MessageKind.REPLY, body="Which one?", step="pend_user", version=fresh(one).version
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
        delay=DELAY,
    )
    client = sign_in(english(house))
    typed = {"ticket": chosen(one), "act": "step", "step": "start", "next": QUEUE}

    client.post(APPLY, typed)

    assert fresh(one).state == "in_progress"
    assert bodies() == ["Which one?"]


def test_the_page_says_that_a_requester_without_access_is_not_told(
    house: House, sign_in: Any
) -> None:
    one = started(house)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    shown = sign_in(english(house)).post(APPLY, answer(one))

    assert "Nobody is told: Requester North has no access." in text_of(shown.content.decode())


def test_the_preview_of_a_macro_has_the_assignee_that_it_sets(house: House, sign_in: Any) -> None:
    macro = services.save_macro(
        name="Mine",
        acts=MacroActs(takes=True, kind="note", body_es="{{asignado}} lo ve."),
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    typed = {"ticket": chosen(make_ticket(house)), "act": "macro", "macro": macro.pk}

    shown = sign_in(english(house)).post(PREVIEW, typed)

    assert "Message: Agent lo ve." in text_of(shown.content.decode())
