"""Macros: saved under a name, listed on a ticket, and run: all acts, or none."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import translation

from catalog.models import Contract
from foundation.core.errors import Invalid
from tests.support.house import MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.statements import statements
from tests.support.tickets import closed, started
from tickets import queries, services
from tickets.models import HeldMessage, Macro, Message, Task, Ticket, TicketTag, TimeEntry
from tickets.services import MacroActs, MacroRefused, StaleTicket

pytestmark = pytest.mark.usefixtures("monday")

NEW = "/admin/macros/new/"
SOON = MONDAY_9AM + 2 * MINUTE
DELAY = timedelta(seconds=10)
ASK = MacroActs(
    takes=True,
    kind="reply",
    body_es="Hola, {{nombre}}: ¿cuál?",
    body_en="Hello {{first_name}}, which one?",
    step="pend_user",
    tags="VPN, asked",
    tasks="Look at the log\nCall them",
)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def save(house: House, acts: MacroActs = ASK, **changes: Any) -> Macro:
    values = {"name": "Ask", "audience": "public", "team": None, **changes}
    return services.save_macro(
        acts=acts, by=by(house.staff["desk_supervisor"]), at=MONDAY_9AM, **values
    )


def run(house: House, ticket: Ticket, macro: Macro, **changes: Any) -> services.Said:
    return services.run_macro(
        ticket=fresh(ticket), macro=macro, by=by(house.agent), at=SOON, **changes
    )


def typed(**changes: Any) -> dict[str, Any]:
    return {"name": "Take", "audience": "mine", "takes": "on", "activity": "analysis", **changes}


def address(ticket: Ticket, macro: Macro | None = None) -> str:
    return f"/admin/tickets/{ticket.number}/macros/" + (f"{macro.pk}/" if macro else "")


def test_a_macro_does_all_its_acts(house: House) -> None:
    ticket = make_ticket(house)

    said = run(house, ticket, save(house))

    ticket = fresh(ticket)
    assert said.held is None
    assert (ticket.state, ticket.assignee) == ("pending_user", house.agent)
    assert Message.objects.get().body == "Hello Requester, which one?"
    assert sorted(TicketTag.objects.values_list("tag__name", flat=True)) == ["VPN", "asked"]
    tasks = Task.objects.order_by("pk").values_list("title", "checklist")
    assert list(tasks) == [("Look at the log", ""), ("Call them", "")]


def test_the_message_is_in_the_language_of_the_requester(house: House) -> None:
    house.requester.language = "es"
    house.requester.save()
    ticket = make_ticket(house)

    run(house, ticket, save(house))

    assert Message.objects.get().body == "Hola, Requester: ¿cuál?"


def test_what_the_customer_gets_is_held_and_the_rest_is_done(house: House) -> None:
    ticket = make_ticket(house)

    said = run(house, ticket, save(house), delay=DELAY)

    assert said.held == HeldMessage.objects.get()
    assert (said.held.step, said.held.body) == ("pend_user", "Hello Requester, which one?")
    assert fresh(ticket).assignee == house.agent
    assert fresh(ticket).state != "pending_user"
    assert not Message.objects.exists()
    services.send_held(held_id=said.held.pk, at=SOON + DELAY)
    assert fresh(ticket).state == "pending_user"


def test_a_note_with_its_time_and_the_start_of_the_work(house: House) -> None:
    ticket = make_ticket(house)
    acts = MacroActs(kind="note", body_es="Revisado.", step="start", minutes=15, activity="phone")

    run(house, ticket, save(house, acts))

    assert fresh(ticket).state == "in_progress"
    message = Message.objects.get()
    assert (message.kind, message.body) == ("note", "Revisado.")
    entry = TimeEntry.objects.get()
    assert (entry.minutes, entry.activity) == (15, "phone")


def test_a_solution_is_of_the_type_that_was_chosen(house: House) -> None:
    ticket = started(house)
    acts = MacroActs(kind="reply", body_es="Listo.", step="solve", solution_type="workaround")

    run(house, ticket, save(house, acts))

    assert (fresh(ticket).state, fresh(ticket).solution_type) == ("solved", "workaround")


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        (MacroActs(takes=True, tags="vpn", step="start"), "You cannot assign this ticket"),
        (MacroActs(tags="vpn", step="start"), "“Start work” is not possible now"),
        (MacroActs(tags="vpn", kind="reply", body_es="¿?", step="pend_user"), "not possible now"),
        (MacroActs(tags="vpn", tasks="Call them"), "has ended"),
    ],
)
def test_nothing_is_done_when_one_act_is_not_possible(
    house: House, acts: MacroActs, reason: str
) -> None:
    ticket = closed(house)
    before = fresh(ticket).version
    messages = Message.objects.count()

    with pytest.raises(MacroRefused, match=reason) as refused:
        run(house, ticket, save(house, acts))

    assert str(refused.value).startswith("“Ask” did nothing: ")
    assert fresh(ticket).version == before
    assert not TicketTag.objects.exists()
    assert Message.objects.count() == messages


def test_a_step_that_fails_with_its_reply_takes_the_other_acts_back(house: House) -> None:
    Contract.objects.update(time_asked="with_reply")
    ticket = started(house)

    with pytest.raises(Invalid, match="did nothing") as refused:
        run(house, ticket, save(house))

    assert refused.value.fields
    assert fresh(ticket).state == "in_progress"
    assert not TicketTag.objects.exists()
    assert not Task.objects.exists()
    with pytest.raises(Invalid):
        run(house, ticket, save(house), delay=DELAY)
    assert not HeldMessage.objects.exists()
    assert not TicketTag.objects.exists()


def test_a_placeholder_without_a_value_sends_nothing(house: House) -> None:
    ticket = make_ticket(house)
    acts = MacroActs(kind="reply", body_es="De {{asignado}}", tags="vpn")

    with pytest.raises(Invalid, match="no value for {{asignado}}"):
        run(house, ticket, save(house, acts))

    assert not Message.objects.exists()
    assert not TicketTag.objects.exists()


def test_a_ticket_that_changed_meanwhile_is_left(house: House) -> None:
    ticket = make_ticket(house)
    seen = fresh(ticket).version
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff["agent2"], by=by(house.agent), at=SOON
    )

    with pytest.raises(StaleTicket):
        run(house, ticket, save(house), expected_version=seen)

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("acts", "field"),
    [
        (MacroActs(), "takes"),
        (MacroActs(kind="reply"), "body_es"),
        (MacroActs(kind="solution", body_es="x"), "kind"),
        (MacroActs(takes=True, body_en="x"), "kind"),
        (MacroActs(kind="reply", body_es="{{nadie}}"), "body_es"),
        (MacroActs(kind="note", body_es="x" * 20_001), "body_es"),
        (MacroActs(kind="note", body_es="x", step="pend_user"), "kind"),
        (MacroActs(kind="reply", body_es="x", step="solve"), "solution_type"),
        (MacroActs(kind="reply", body_es="x", step="pend_supplier"), "step"),
        (MacroActs(takes=True, minutes=5), "minutes"),
        (MacroActs(kind="note", body_es="x", minutes=1441), "minutes"),
        (MacroActs(kind="note", body_es="x", minutes=0), "minutes"),
        (MacroActs(kind="note", body_es="x", activity="sleep"), "activity"),
        (MacroActs(tags='a"b'), "tags"),
        (MacroActs(tags=",".join(map(str, range(21)))), "tags"),
        (MacroActs(tasks="x" * 201), "tasks"),
        (MacroActs(tasks="\n".join("x" * 41)), "tasks"),
        (MacroActs(tasks="NIP: 4711"), "tasks"),
        (MacroActs(kind="note", body_es="NIP: 4711"), "body_es"),
        (MacroActs(kind="note", body_es="x", body_en="PIN: 4711"), "body_en"),
        (MacroActs(tags=",".join(f"{n:019}" for n in range(20))), "tags"),
    ],
)
def test_acts_that_do_not_go_together_are_refused(
    house: House, acts: MacroActs, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(house, acts)

    assert set(refused.value.fields) == {field}
    assert not Macro.objects.exists()


def test_a_name_with_a_secret_is_refused(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        save(house, name="NIP: 4711")

    assert set(refused.value.fields) == {"name"}


def test_tasks_that_are_open_already_are_not_added_again(house: House) -> None:
    ticket = make_ticket(house)
    macro = save(house, MacroActs(tasks="Call them\nLook at the log"))
    run(house, ticket, macro)
    services.finish_task(task=Task.objects.get(title="Call them"), by=by(house.agent), at=SOON)

    run(house, ticket, macro)

    open_now = Task.objects.filter(done_at=None).values_list("title", flat=True)
    assert sorted(open_now) == ["Call them", "Look at the log"]
    assert Task.objects.count() == 3


def test_what_the_customer_wrote_is_no_placeholder(house: House) -> None:
    ticket = make_ticket(house, subject="What is {{number}}?")

    run(house, ticket, save(house, MacroActs(kind="reply", body_es="Sobre {{asunto}}")))

    assert Message.objects.get().body == "Sobre What is {{number}}?"


@pytest.mark.parametrize(("language", "text"), [("es", "Visto."), ("en", "Seen.")])
def test_a_note_is_in_the_language_of_who_runs_it(house: House, language: str, text: str) -> None:
    house.agent.language = language
    house.agent.save()

    run(
        house,
        make_ticket(house),
        save(house, MacroActs(kind="note", body_es="Visto.", body_en="Seen.")),
    )

    assert Message.objects.get().body == text


def test_what_belongs_to_no_act_is_not_kept(house: House) -> None:
    macro = save(house, MacroActs(takes=True, solution_type="definitive", tags=" #VPN , vpn,red"))

    assert (macro.solution_type, macro.tags) == ("", "VPN, red")


def test_a_macro_is_written_changed_and_deleted_on_its_pages(house: House, sign_in: Any) -> None:
    client = sign_in(english(house))

    saved = client.post(NEW, typed(minutes="1:30", kind="note", body_es="Visto."), follow=True)

    assert words_of_messages(saved) == ["The macro “Take” is saved."]
    macro = Macro.objects.get()
    assert (macro.owner, macro.takes, macro.minutes) == (house.agent, True, 90)
    assert macro.acts == ["Assigns it to you", "Internal note"]
    assert "Assigns it to you" in text_of(client.get("/admin/macros/").content.decode())
    form = client.get(f"/admin/macros/{macro.pk}/")
    assert form.context["form"]["minutes"].value() == 90
    assert "{{first_name}}" in form.content.decode()
    client.post(f"/admin/macros/{macro.pk}/", typed(name="Other", takes="", tags="red"))
    assert list(Macro.objects.values_list("name", "takes", "kind", "tags")) == [
        ("Other", False, "", "red")
    ]
    refused = client.post(NEW, typed(name="None", takes=""))
    assert refused.status_code == 400
    assert "takes" in refused.context["form"].errors
    client.post(f"/admin/macros/{macro.pk}/delete/")
    assert not Macro.objects.exists()


def test_the_menu_says_what_each_does_and_which_are_not_possible(
    house: House, sign_in: Any
) -> None:
    ticket = started(house)
    client = sign_in(english(house))
    save(house)
    save(house, MacroActs(step="start", tags="vpn"), name="Begin")
    save(house, MacroActs(takes=True), name="Own", audience="mine")  # the supervisor's

    page = client.get(f"/admin/tickets/{ticket.number}/")
    wanted = f"{address(ticket)}?version={fresh(ticket).version}"
    assert wanted in page.content.decode()
    part = client.get(wanted, headers={"HX-Request": "true"})

    rows = [(str(macro), why) for macro, why in part.context["rows"]]
    assert rows == [("Ask", ""), ("Begin", "“Start work” is not possible now.")]
    words = text_of(part.content.decode())
    assert "Assigns it to you · Wait for the user · Tags: VPN, asked · Tasks: Look at" in words
    assert "<html" not in part.content.decode()
    whole = client.get(address(ticket))
    assert "<h1>Run a macro</h1>" in whole.content.decode()


def test_the_menu_costs_the_same_for_many_macros(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    save(house)
    one = statements(client, address(ticket))
    for number in range(5):
        save(house, name=f"Ask {number}")

    assert statements(client, address(ticket)) == one


def test_a_click_runs_it_and_the_reply_can_be_taken_back(
    house: House, sign_in: Any, settings: LazySettings
) -> None:
    settings.MESA_UNDO_SECONDS = 10
    ticket = make_ticket(house)
    macro = save(house)
    client = sign_in(english(house))

    done = client.post(address(ticket, macro), {"version": fresh(ticket).version}, follow=True)

    assert words_of_messages(done)[0] == "“Ask” is done."
    assert "Sent to Requester North in 10 seconds" in words_of_messages(done)[1]
    held = HeldMessage.objects.get()
    assert f"/held/{held.pk}/take-back/" in done.content.decode()
    assert fresh(ticket).assignee == house.agent


def test_without_a_wait_the_page_says_the_new_state(
    house: House, sign_in: Any, settings: LazySettings
) -> None:
    settings.MESA_UNDO_SECONDS = 0
    ticket = make_ticket(house)
    macro = save(house)

    done = sign_in(english(house)).post(address(ticket, macro), {}, follow=True)

    assert words_of_messages(done) == [
        "“Ask” is done.",
        "Sent to Requester North.",
        f"{ticket.number} is now “Pending user”.",
    ]


def test_a_refusal_is_said_on_the_page(house: House, sign_in: Any) -> None:
    ticket = closed(house)
    macro = save(house)
    client = sign_in(english(house))

    refused = client.post(address(ticket, macro), {"version": fresh(ticket).version})

    assert refused.status_code == 403
    assert "“Ask” did nothing: " in text_of(refused.content.decode())
    stale = client.post(address(ticket, macro), {"version": "1"})
    assert stale.status_code == 409
    gone = client.post(address(ticket) + "987654/", {}, follow=True)
    assert words_of_messages(gone) == ["This macro was deleted."]


def test_who_does_not_see_a_macro_does_not_run_it(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    macro = save(house, audience="mine")

    answer = sign_in(english(house)).post(address(ticket, macro), {}, follow=True)

    assert words_of_messages(answer) == ["This macro was deleted."]
    assert fresh(ticket).assignee is None
    assert queries.macros_for(house.agent) == []
