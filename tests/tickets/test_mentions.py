"""Mentions in notes: who is meant, who is told, and who never is."""

from typing import Any

import pytest

from foundation.accounts.models import Organization, Team, User
from foundation.notifications.models import OutboxMessage
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tickets import services
from tickets.mentions import mentioned_in
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")

PEOPLE = [
    User(pk=1, full_name="Ana", email="ana@desk.example"),
    User(pk=2, full_name="Ana Ruiz", email="ana.ruiz@desk.example"),
    User(pk=3, full_name="Íñigo Peña", email="inigo@desk.example"),
    User(pk=4, full_name="", email="team@desk.example"),
    User(pk=5, full_name="Eva Ruiz", email="eva1@desk.example"),
    User(pk=6, full_name="Eva Ruiz", email="eva2@desk.example"),
]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@Ana Ruiz: look", [2]),
        ("@ana ruiz and @Ana, look", [1, 2]),
        ("Ask @Iñigo  Pena.", [3]),
        ("(@INIGO PEÑA)", [3]),
        ("@ana.ruiz@desk.example", [2]),
        ("@team@desk.example, please", [4]),
        ("@Eva Ruiz", [5, 6]),  # of a name that two bear, both
        ("@eva2@desk.example", [6]),
        ("@Anabel", []),
        ("x@Ana y.@Ana @@Ana", []),
        ("Ana Ruiz", []),
        ("@", []),
    ],
)
def test_who_is_meant(text: str, meant: list[int]) -> None:
    assert [person.pk for person in mentioned_in(text, PEOPLE)] == meant


def note(house: House, ticket: Ticket, body: str) -> list[str]:
    """Write a note; return to whom a letter is queued by it."""
    before = OutboxMessage.objects.count()
    services.add_note(ticket=fresh(ticket), body=body, by=by(house.agent), at=MONDAY_9AM)
    letters = OutboxMessage.objects.order_by("pk")[before:]
    assert {each.template for each in letters} <= {"mentioned"}
    return [each.to_email for each in letters]


def test_who_is_mentioned_gets_one_letter(house: House) -> None:
    ticket = make_ticket(house)

    told = note(house, ticket, "@Agent2 and @agent2: see @Desk Supervisor. @Agent @Requester North")

    assert told == ["agent2@desk.example", "desk_supervisor@desk.example"]
    letter = OutboxMessage.objects.get(to_email="agent2@desk.example")
    assert letter.links["url"] == ["ticket", ticket.number, True]
    assert letter.context["author"] == "Agent"
    assert letter.context["body"].startswith("@Agent2 and")


def test_who_does_not_see_the_ticket_is_not_told(house: House) -> None:
    south = Team.objects.create(name="South", level=1)
    south.organizations.add(house.south)
    south.members.add(house.staff["agent2"])
    gone = house.staff["desk_manager"]
    gone.is_active = False
    gone.save()
    ticket = make_ticket(house)

    assert note(house, ticket, "@Agent2 @Desk Manager @Commercial") == []


def test_a_reply_mentions_nobody(house: House) -> None:
    ticket = make_ticket(house)

    services.reply_to_customer(
        ticket=ticket, body="@Agent2 will look.", by=by(house.agent), at=MONDAY_9AM
    )

    assert not OutboxMessage.objects.filter(template="mentioned").exists()


def test_the_page_says_who_will_be_told(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    address = f"/admin/tickets/{ticket.number}"
    client = sign_in(english(house))

    page = client.post(f"{address}/say/", {"kind": "note", "body": "@Agent2: yours?"}, follow=True)
    people = text_of(client.get(f"{address}/people/").content.decode())

    assert words_of_messages(page) == ["Note saved. Agent2 will be told."]
    assert people.startswith("Administrator administrator@desk.example Agent2 agent2@desk.example")
    assert "agent@desk.example" not in people
    assert "commercial" not in people


def test_a_restricted_agent_mentions_those_who_see_the_ticket(house: House, sign_in: Any) -> None:
    Organization.objects.filter(pk=house.south.pk).update(name="Canary south")
    for name, organization, person in (
        ("North", house.north, "agent"),
        ("South", house.south, "agent2"),
    ):
        team = Team.objects.create(name=name, level=1)
        team.organizations.add(organization)
        team.members.add(house.staff[person])
    own = make_ticket(house)
    hidden = make_ticket(house, organization=house.south, requester=house.outsider)
    client = sign_in(english(house))

    people = client.get(f"/admin/tickets/{own.number}/people/").content.decode()

    assert "agent2@" not in people
    assert "desk_supervisor@" in people
    assert client.get(f"/admin/tickets/{hidden.number}/people/").status_code == 404
