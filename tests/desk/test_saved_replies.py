"""Saved replies: who sees, saves and deletes them, and their placeholders in the composer."""

from typing import Any

import pytest

from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.tickets import step
from tickets import services
from tickets.models import Message, SavedReply, Ticket
from tickets.placeholders import PLACEHOLDERS, filled, left_in, unknown_in

pytestmark = pytest.mark.usefixtures("monday")

NEW = "/admin/replies/new/"


def typed(**changes: Any) -> dict[str, Any]:
    return {"name": "Restart", "audience": "mine", "body_es": "Hola {{nombre}}.", **changes}


def offered(client: Any, ticket: Ticket) -> list[tuple[str, str]]:
    page = client.get(f"/admin/tickets/{ticket.number}/replies/")
    texts: list[tuple[str, str]] = page.context["texts"]
    return texts


def test_a_reply_is_saved_offered_changed_and_deleted(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))

    saved = client.post(NEW, typed(name=" Restart  it "), follow=True)

    assert words_of_messages(saved) == ["The reply “Restart it” is saved."]
    reply = SavedReply.objects.get()
    assert (reply.owner, reply.audience, reply.body_en) == (house.agent, "mine", "")
    assert offered(client, ticket) == [("Restart it", "Hola Requester.")]
    address = f"/admin/replies/{reply.pk}/"
    assert client.get(address).context["form"]["body_es"].value() == "Hola {{nombre}}."
    client.post(address, typed(name="Other", body_es="Adiós."))
    other = SavedReply.objects.get()
    assert (other.name, other.body_es) == ("Other", "Adiós.")
    client.post(f"/admin/replies/{other.pk}/delete/")
    assert SavedReply.objects.count() == 0
    assert "No replies are saved yet." in client.get("/admin/replies/").content.decode()


def test_replies_are_seen_by_those_for_whom_they_are(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    supervisor = sign_in(house.staff["desk_supervisor"])
    for name, audience in (("Own", "mine"), ("Two", "group"), ("All", "public")):
        team = house.level_two.pk
        supervisor.post(NEW, typed(name=name, audience=audience, team=team, body_es=name))

    def names(user: Any) -> list[str]:
        return [name for name, _text in offered(sign_in(user), ticket)]

    assert names(house.staff["desk_supervisor"]) == ["All", "Own", "Two"]
    assert names(house.agent) == ["All"]
    listed = sign_in(house.agent).get("/admin/replies/").context["rows"]
    assert [(str(reply), own, may) for reply, own, may in listed] == [("All", False, False)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"body_es": " "}, "body_es"),
        ({"body_es": "Hola {{nadie}}"}, "body_es"),
        ({"body_en": "Hi {{nobody}}"}, "body_en"),
        ({"body_es": "x" * 20_001}, "body_es"),
        ({"audience": "public"}, "audience"),
        ({"audience": "group"}, "team"),
    ],
)
def test_what_cannot_be_saved_is_said_beside_its_field(
    house: House, sign_in: Any, changes: dict[str, str], field: str
) -> None:
    refused = sign_in(house.agent).post(NEW, typed(**changes))

    assert (refused.status_code, SavedReply.objects.count()) == (400, 0)
    assert field in refused.context["form"].errors


def test_a_reply_of_somebody_else_is_copied_and_never_changed(house: House, sign_in: Any) -> None:
    supervisor = sign_in(house.staff["desk_supervisor"])
    supervisor.post(NEW, typed(audience="public"))
    supervisor.post(NEW, typed(name="Hidden"))
    shared, hidden = SavedReply.objects.order_by("pk")
    client = sign_in(house.agent)

    client.post(f"/admin/replies/{shared.pk}/", typed(name="Mine now", body_es="Changed"))
    client.post(f"/admin/replies/{shared.pk}/delete/")

    kept = SavedReply.objects.order_by("pk").values_list("name", "owner", "body_es")
    supervisor_id = house.staff["desk_supervisor"].pk
    assert list(kept) == [
        ("Restart", supervisor_id, "Hola {{nombre}}."),
        ("Hidden", supervisor_id, "Hola {{nombre}}."),
        ("Mine now", house.agent.pk, "Changed"),
    ]
    assert client.get(f"/admin/replies/{hidden.pk}/").status_code == 404


def test_the_text_is_in_the_language_of_its_reader(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    client.post(NEW, typed(body_es="Vence {{vencimiento}}", body_en="Due {{due}}"))

    def texts(language: str) -> list[str]:
        requester = house.requester
        requester.language = language
        requester.save()
        return [text for _name, text in offered(client, fresh(ticket))]

    assert texts("es") == ["Vence 2 mar 2026, 10:00"]
    assert texts("en") == ["Due Mar 2, 2026, 10:00"]


def test_each_placeholder_has_its_value(house: House) -> None:
    ticket = make_ticket(house)
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
    )
    writer = house.staff["agent2"]
    marks = " | ".join(f"{{{{{english}}}}}" for english, _spanish in PLACEHOLDERS)
    same = " | ".join(f"{{{{ {spanish.upper()} }}}}" for _english, spanish in PLACEHOLDERS)

    text = filled(marks, fresh(ticket), writer, "en")

    assert text.split(" | ") == [
        "Requester North",
        "Requester",
        "Company north",
        ticket.number,
        "The invoice fails",
        ticket.service.name,
        "Mar 2, 2026, 10:00",
        "Agent",
        "Agent2",
    ]
    assert filled(same, fresh(ticket), writer, "en") == text
    assert filled("{{x}} {{ due", fresh(ticket), writer, "en") == "{{x}} {{ due"
    assert (unknown_in("{{x}} {{due}}"), left_in("{{x}} {{due}}")) == (["{{x}}"], ["{{due}}"])


def test_a_placeholder_without_a_value_blocks_sending(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    client.post(NEW, typed(body_es="Lo atiende {{asignado}}."))
    ((_name, text),) = offered(client, ticket)
    before = OutboxMessage.objects.count()

    refused = client.post(f"/admin/tickets/{ticket.number}/say/", {"kind": "reply", "body": text})

    assert text == "Lo atiende {{asignado}}."
    assert (refused.status_code, Message.objects.count()) == (400, 0)
    assert OutboxMessage.objects.count() == before
    words = "Write what {{asignado}} stands for: this ticket has no value for it."
    assert words in text_of(refused.content.decode())
    step(house, ticket, "start", MONDAY_9AM)
    assert offered(client, ticket) == [("Restart", "Lo atiende Agent.")]


def test_another_customers_ticket_fills_no_reply(house: House, sign_in: Any) -> None:
    house.level_two.organizations.set([house.north])
    hidden = make_ticket(house, requester=house.outsider)
    customer = sign_in(house.requester).get(f"/admin/tickets/{hidden.number}/replies/")
    assert customer.status_code == 302  # to the sign-in of the desk


def test_a_reply_does_not_replace_another_of_ones_own(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    client.post(NEW, typed(name="One", body_es="Uno"))
    client.post(NEW, typed(name="Two", body_es="Dos"))
    one, two = SavedReply.objects.order_by("pk")

    again = client.post(NEW, typed(name="One", body_es="Tres"))
    renamed = client.post(f"/admin/replies/{two.pk}/", typed(name="One", body_es="Tres"))

    assert (again.status_code, renamed.status_code) == (400, 400)
    texts = SavedReply.objects.order_by("pk").values_list("name", "body_es")
    assert list(texts) == [("One", "Uno"), ("Two", "Dos")]
    assert client.post(f"/admin/replies/{one.pk}/", typed(name="One")).status_code == 302


def test_a_renamed_reply_stays_the_same_one(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    client.post(NEW, typed(name="One", body_es="Uno"))
    client.post(NEW, typed(name="Two", body_es="Dos"))
    one, two = SavedReply.objects.order_by("pk")

    client.post(f"/admin/replies/{two.pk}/", typed(name=" Three ", body_es="Tres"))

    texts = SavedReply.objects.order_by("pk").values_list("pk", "name", "body_es")
    assert list(texts) == [(one.pk, "One", "Uno"), (two.pk, "Three", "Tres")]
    with pytest.raises(Invalid, match="Ya tiene otro"):
        services.save_reply(
            name="One",
            body_es="x",
            body_en="",
            audience="mine",
            team=None,
            by=by(house.agent),
            at=MONDAY_9AM,
            renames=two.pk,
        )
    assert SavedReply.objects.get(pk=two.pk).name == "Three"


def test_who_is_not_in_a_group_saves_nothing_for_it(house: House) -> None:
    def save(name: str) -> None:
        services.save_reply(
            name="Ours",
            body_es="x",
            body_en="",
            audience="group",
            team=house.level_two,
            by=by(house.staff[name]),
            at=MONDAY_9AM,
        )

    with pytest.raises(NotAllowed):
        save("agent")
    assert not SavedReply.objects.exists()

    save("consultant")
    assert SavedReply.objects.get().team == house.level_two
