"""The bell: what was written to its reader, and what they have not seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import get_template

from desk.notices.views import ICONS
from foundation.accounts.models import Organization, Team, User
from foundation.notifications.models import MessageStatus, OutboxMessage
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.statements import statements
from tickets import services
from web.templatetags.mesa import icon

NOTICES = "/admin/notices/"
COUNT = "/admin/notices/count/"
SEEN = "/admin/notices/seen/"

pytestmark = pytest.mark.usefixtures("monday")


def assigned(house: House, to: User, **others: Any) -> OutboxMessage:
    """Give a ticket to a person; return the letter that says so."""
    ticket = make_ticket(house, **others)
    services.assign_ticket(
        ticket=fresh(ticket), assignee=to, by=by(house.staff["desk_supervisor"]), at=MONDAY_9AM
    )
    return OutboxMessage.objects.get(template="ticket_assigned", links__url__1=ticket.number)


def listed(client: Any) -> list[str]:
    return [each.subject for each in client.get(NOTICES).context["notices"]]


def counted(client: Any) -> str:
    return text_of(client.get(COUNT).content.decode())


def test_the_bell_says_what_is_new_for_its_reader(house: House, sign_in: Any) -> None:
    one = assigned(house, house.agent, subject="The printer")
    two = assigned(house, house.agent, subject="The screen")
    assigned(house, house.staff["agent2"], subject="Of somebody else")
    client = sign_in(english(house))

    page = client.get(NOTICES)

    first, second = page.context["notices"]
    numbers = [letter.links["url"][1] for letter in (two, one)]
    assert [first.subject, second.subject] == [
        f"[{numbers[0]}] Assigned to you: The screen",
        f"[{numbers[1]}] Assigned to you: The printer",
    ]
    assert first.address.endswith(f"/admin/tickets/{numbers[0]}/")
    assert first.is_new
    assert counted(client) == "2 2 new notices"


def test_the_list_is_in_the_language_of_the_page(house: House, sign_in: Any) -> None:
    letter = assigned(house, house.agent)
    assert letter.language == "en"
    house.agent.language = "es"
    house.agent.save()

    assert listed(sign_in(house.agent)) == [
        f"[{letter.links['url'][1]}] Se le asignó: The invoice fails"
    ]


def test_what_was_seen_is_counted_no_more(house: House, sign_in: Any) -> None:
    one = assigned(house, house.agent)
    two = assigned(house, house.agent)
    client = sign_in(english(house))

    for up_to, left in ((one.pk, "1 1 new notice"), (two.pk, ""), (one.pk, ""), ("x", "")):
        answer = client.post(SEEN, {"up_to": up_to}, headers={"HX-Request": "true"})
        assert text_of(answer.content.decode()) == left
        assert counted(client) == left
    assert [each.is_new for each in client.get(NOTICES).context["notices"]] == [False, False]
    assert client.post(SEEN, {"up_to": two.pk}).headers["Location"] == NOTICES


def test_more_than_nine_are_not_counted(house: House, sign_in: Any) -> None:
    for _ in range(10):
        letter = assigned(house, house.agent)
    client = sign_in(english(house))

    assert counted(client).startswith("9+ 10 new notices")
    OutboxMessage.objects.filter(pk=letter.pk).delete()
    assert counted(client) == "9 9 new notices"


def test_letters_that_wait_that_are_withheld_or_old_are_not_listed(
    house: House, sign_in: Any
) -> None:
    letter = assigned(house, house.agent)
    rows = OutboxMessage.objects.filter(pk=letter.pk)
    client = sign_in(english(house))
    shown = {"run_after": MONDAY_9AM, "attempts": 0, "status": "queued", "created_at": MONDAY_9AM}

    for change, count in (
        ({}, 1),
        ({"run_after": MONDAY_9AM + SECOND}, 0),
        ({"run_after": MONDAY_9AM + HOUR, "attempts": 1}, 1),
        ({"run_after": MONDAY_9AM + HOUR, "status": MessageStatus.SENT}, 1),
        ({"status": MessageStatus.WITHHELD}, 0),
        ({"created_at": MONDAY_9AM - timedelta(days=30)}, 0),
        ({"created_at": MONDAY_9AM - 29 * DAY}, 1),
    ):
        rows.update(**{**shown, **change})
        assert len(listed(client)) == count, change
        assert bool(counted(client)) == bool(count), change


def test_a_customer_who_is_no_longer_served_is_not_in_the_list(house: House, sign_in: Any) -> None:
    Organization.objects.filter(pk=house.south.pk).update(name="Canary south")
    strangers = {"organization": house.south, "requester": house.outsider}
    assigned(house, house.agent, subject="Canary", **strangers)
    own = assigned(house, house.agent)
    north = Team.objects.create(name="North", level=1)
    north.organizations.add(house.north)
    north.members.add(house.agent)
    client = sign_in(english(house))

    page = client.get(NOTICES)

    assert len(page.context["notices"]) == 1
    assert own.links["url"][1] in page.content.decode()
    assert "Canary" not in page.content.decode()
    assert counted(client) == "1 1 new notice"


def test_a_list_of_thirty_costs_what_a_list_of_one_costs(house: House, sign_in: Any) -> None:
    assigned(house, house.agent)
    client = sign_in(house.agent)
    few = statements(client, NOTICES)
    for _ in range(31):
        assigned(house, house.agent)

    assert len(listed(client)) == 30
    assert statements(client, NOTICES) == few <= 6
    assert statements(client, COUNT) <= 6


def test_who_may_not_see_tickets_any_more_reads_no_subject(house: House, sign_in: Any) -> None:
    assigned(house, house.agent, subject="Canary")
    house.agent.staff_roles = ["commercial"]
    house.agent.save()
    client = sign_in(english(house))

    assert listed(client) == []
    assert counted(client) == ""


@pytest.mark.parametrize("name", sorted(ICONS))
def test_an_icon_is_that_of_a_letter_that_we_send(name: str) -> None:
    assert get_template(f"notifications/{name}.subject.txt")
    assert icon(ICONS[name]) != icon("circle")  # which is drawn for an unknown name
