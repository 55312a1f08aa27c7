"""People who left: nobody reads "sent" when no letter goes out, no promise is kept by silence, and
no ticket stays with somebody who does not work here.
"""

from datetime import date
from typing import Any

import pytest

from audits.models import DelayNotice
from audits.services import send_delay_notice
from audits.services.base import NotNow
from foundation.accounts.models import Membership, User
from foundation.accounts.services import issue_user_token
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from tests.support.api import Api
from tests.support.audits import ask
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tickets.models import Message, MessageKind, Ticket
from tickets.queries import active
from tickets.services import assign_ticket, reply_to_customer, send_attention_statement

pytestmark = pytest.mark.usefixtures("monday")
WARNING = "pero no se avisó a nadie"


def suspend(house: House) -> None:
    Membership.objects.filter(user=house.requester).update(is_suspended=True)


def deactivate(house: House) -> None:
    User.objects.filter(pk=house.requester.pk).update(is_active=False)


def clocks(ticket: Ticket) -> dict[str, str]:
    rows = Clock.objects.filter(ticket=ticket).order_by("pk")
    return dict(rows.values_list("metric", "state"))


@pytest.mark.parametrize("leave", [suspend, deactivate])
def test_a_reply_to_whom_cannot_read_it_keeps_no_promise(house: House, leave: Any) -> None:
    ticket = make_ticket(house)
    before = clocks(ticket)
    assert before["reaction"] == "running"
    leave(house)
    written = {"ticket": fresh(ticket), "by": by(house.agent), "at": MONDAY_9AM + HOUR}

    reply_to_customer(body="We look into it.", **written)
    send_attention_statement(body="x", estimated_at=MONDAY_9AM + DAY, **written)

    assert clocks(ticket) == before
    assert Message.objects.filter(ticket=ticket).count() == 2
    assert not OutboxMessage.objects.filter(template__in=["ticket_reply", "ticket_statement"])
    Membership.objects.update(is_suspended=False)
    User.objects.update(is_active=True)
    reply_to_customer(body="We look into it.", **written)
    assert clocks(ticket)["reaction"] == "stopped"


@pytest.mark.parametrize("leave", [suspend, deactivate])
def test_the_page_says_that_nobody_was_told_before_and_after(
    house: House, sign_in: Any, leave: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/"
    assert "ya no tiene acceso" not in client.get(path).content.decode()
    leave(house)
    assert "ya no tiene acceso" in client.get(path).content.decode()

    sent = client.post(f"{path}say/", {"kind": "reply", "body": "Hello"}, follow=True)
    note = client.post(f"{path}say/", {"kind": "note", "body": "Hello"}, follow=True)

    assert WARNING in sent.content.decode()
    assert "message-success" not in sent.content.decode()
    assert WARNING not in note.content.decode()


@pytest.mark.parametrize("leave", [suspend, deactivate])
def test_the_page_says_after_a_step_that_nobody_was_told(
    house: House, sign_in: Any, leave: Any
) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    client = sign_in(house.agent)

    def started(ticket: Ticket) -> str:
        data = {"version": fresh(ticket).version}
        path = f"/admin/tickets/{ticket.number}/step/start/"
        return str(client.post(path, data, follow=True).content.decode())

    assert WARNING not in started(first)
    leave(house)
    assert WARNING in started(second)
    assert fresh(second).state == "in_progress"


@pytest.mark.parametrize("leave", [suspend, deactivate])
def test_the_api_says_that_nobody_is_told(house: House, leave: Any) -> None:
    ticket = make_ticket(house)
    agent = Api(issue_user_token(user=house.agent, by=SETUP, at=MONDAY_9AM))
    path = f"tickets/{ticket.number}/"
    assert agent.get(path).json()["requester_has_access"] is True
    assert agent.post(f"{path}replies/", {"body": "Hello"}).json()["requester_has_access"] is True
    leave(house)

    sent = agent.post(f"{path}replies/", {"body": "Hello"})
    stepped = agent.post(f"{path}transitions/", {"transition": "start"})

    assert (sent.status_code, sent.json()["requester_has_access"]) == (201, False)
    assert (stepped.status_code, stepped.json()["requester_has_access"]) == (200, False)
    assert "requester_has_access" not in agent.get("tickets/").json()["results"][0]


@pytest.mark.parametrize("leave", [suspend, deactivate])
def test_a_delay_notice_that_nobody_gets_is_refused(house: House, leave: Any) -> None:
    audit = ask(house)
    notice = {"audit": audit, "reason": "Late", "new_date": date(2026, 3, 20)}
    leave(house)
    with pytest.raises(NotNow, match="no tiene acceso"):
        send_delay_notice(**notice, by=by(house.staff["bpo"]), at=MONDAY_9AM + HOUR)
    assert DelayNotice.objects.count() == 0
    assert not OutboxMessage.objects.filter(template="ticket_reply")
    Membership.objects.update(is_suspended=False)
    User.objects.update(is_active=True)
    send_delay_notice(**notice, by=by(house.staff["bpo"]), at=MONDAY_9AM + HOUR)
    assert DelayNotice.objects.count() == 1


def edit(client: Any, person: User, **changes: Any) -> None:
    data = {
        "email": person.email,
        "full_name": person.full_name,
        "language": "",
        "is_active": "on",
        "staff_roles": person.staff_roles,
    }
    data = {name: value for name, value in (data | changes).items() if value is not None}
    assert client.post(f"/admin/accounts/user/{person.pk}/change/", data).status_code == 302


@pytest.mark.parametrize(
    "change", [{"is_active": None}, {"staff_roles": ["commercial"]}, {"staff_roles": []}]
)
def test_the_tickets_of_who_leaves_return_to_the_desk_with_a_note(
    house: House, sign_in: Any, change: dict[str, Any]
) -> None:
    mine, other, ended = (make_ticket(house) for _ in range(3))
    for ticket, person in ((mine, "agent"), (other, "agent2"), (ended, "agent")):
        assign_ticket(
            ticket=fresh(ticket),
            assignee=house.staff[person],
            by=by(house.staff[person]),
            at=MONDAY_9AM,
        )
    Ticket.objects.filter(pk=ended.pk).update(state="rejected")

    edit(sign_in(house.staff["administrator"]), house.agent, **change)

    returned = fresh(mine)
    assert (returned.assignee, returned.owner) == (None, None)
    note = Message.objects.get()
    assert (note.ticket, note.kind, note.author) == (returned, MessageKind.NOTE, None)
    assert str(house.agent) in note.body
    assert fresh(other).assignee == house.staff["agent2"]
    assert fresh(ended).assignee == house.agent
    unassigned = active(Ticket.objects.filter(assignee=None))
    assert returned in unassigned


def test_another_change_of_a_person_returns_nothing(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    assign_ticket(ticket=fresh(ticket), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM)
    edit(sign_in(house.staff["administrator"]), house.agent, full_name="Ana Ruiz")

    assert fresh(ticket).assignee == house.agent
    assert not Message.objects.exists()


def test_a_group_that_loses_a_customer_returns_its_tickets(house: House, sign_in: Any) -> None:
    consultant = house.staff["consultant"]
    north = make_ticket(house)
    south = make_ticket(house, organization=house.south)
    for ticket in (north, south):
        assign_ticket(ticket=fresh(ticket), assignee=consultant, by=by(house.agent), at=MONDAY_9AM)
    data = {
        "name": house.level_two.name,
        "level": "2",
        "members": consultant.email,
        "organizations": [str(house.south.pk)],
    }
    client = sign_in(house.staff["administrator"])
    path = f"/admin/accounts/team/{house.level_two.pk}/change/"
    assert client.post(path, data).status_code == 302

    assert fresh(north).assignee is None
    assert fresh(south).assignee == consultant
