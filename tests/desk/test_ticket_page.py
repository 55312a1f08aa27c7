"""Acts on the desk's ticket page besides messages: assignment and assisted registration."""

from typing import Any

import pytest
import time_machine

from foundation.accounts.models import Membership
from sla.clocks.models import Clock
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import words_of_messages
from tests.support.tickets import classify, solved, step
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def assign(client: Any, ticket: Ticket, assignee: Any, version: int) -> Any:
    return client.post(
        f"/admin/tickets/{ticket.number}/assign/", {"assignee": assignee, "version": version}
    )


def test_an_agent_assigns_the_second_ticket_to_the_second_agent(house: House, sign_in: Any) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    client = sign_in(house.agent)

    done = assign(client, second, house.staff["agent2"].pk, fresh(second).version)

    assert (done.status_code, done["Location"]) == (302, f"/admin/tickets/{second.number}/")
    assert fresh(first).assignee is None
    assert fresh(second).assignee == house.staff["agent2"]

    assign(client, second, "", fresh(second).version)
    assert fresh(second).assignee is None


def test_an_assignment_over_somebody_elses_is_shown_before_it_is_made(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    seen = fresh(ticket).version
    services.assign_ticket(
        ticket=fresh(ticket),
        assignee=house.staff["agent2"],
        by=by(house.staff["agent2"]),
        at=MONDAY_9AM,
    )

    refused = assign(sign_in(house.agent), ticket, house.agent.pk, seen)

    assert refused.status_code == 409
    assert "Agent2" in text_of(refused.content.decode())
    assert fresh(ticket).assignee == house.staff["agent2"]


def test_only_agents_can_be_assigned(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    refused = assign(sign_in(house.agent), ticket, house.requester.pk, fresh(ticket).version)

    assert refused.status_code == 400
    assert fresh(ticket).assignee is None


def registration(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "membership": Membership.objects.get(user=house.outsider).pk,
        "channel": "phone",
        "kind": "incident",
        "service": house.services["network"].pk,
        "subject": "The link is down",
        "description": "Called at nine.",
        "impact": "extensive",
        "urgency": "high",
        **changes,
    }


def test_a_ticket_is_registered_for_the_calling_customer(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)

    done = client.post("/admin/register/", registration(house))

    ticket = Ticket.objects.get()
    assert done["Location"] == f"/admin/tickets/{ticket.number}/"
    assert (ticket.organization, ticket.requester, ticket.channel, ticket.service.slug) == (
        house.south,
        house.outsider,
        "phone",
        "network",
    )
    assert (ticket.subject, ticket.description, ticket.received_at) == (
        "The link is down",
        "Called at nine.",
        MONDAY_9AM,
    )
    assert (ticket.impact, ticket.urgency) == ("extensive", "high")


def begun(client: Any) -> str:
    return str(client.get("/admin/register/").context["form"]["begun"].value())


def test_the_times_of_a_call_run_from_when_the_page_was_opened(
    house: House, sign_in: Any, monday: None
) -> None:
    client = sign_in(house.agent)
    token = begun(client)
    with time_machine.travel(MONDAY_9AM + 10 * MINUTE, tick=False):
        client.post("/admin/register/", registration(house, begun=token, number_given="on"))

    ticket = Ticket.objects.get()
    assert (ticket.received_at, ticket.created_at) == (MONDAY_9AM, MONDAY_9AM + 10 * MINUTE)
    assert Clock.objects.get(ticket=ticket, metric="reaction").used == 10 * MINUTE


def test_the_times_of_a_call_run_from_no_earlier_than_the_call(
    house: House, sign_in: Any, monday: None
) -> None:
    """The page may lie open all day."""
    client = sign_in(house.agent)
    token = begun(client)
    call = {"channel": "phone", "contacted_at": "2026-03-02T09:05"}
    with time_machine.travel(MONDAY_9AM + 10 * MINUTE, tick=False):
        client.post("/admin/register/", registration(house, begun=token, **call))

    ticket = Ticket.objects.get()
    assert ticket.received_at == ticket.contacted_at == MONDAY_9AM + 5 * MINUTE


@pytest.mark.parametrize("kind", ["forged", "of another", "old"])
def test_an_opening_that_is_not_theirs_counts_from_now(
    house: House, sign_in: Any, monday: None, kind: str
) -> None:
    token = begun(sign_in(house.staff["agent2"] if kind == "of another" else house.agent))
    client = sign_in(house.agent)
    now = MONDAY_9AM + (25 * HOUR if kind == "old" else HOUR)
    with time_machine.travel(now, tick=False):
        client = sign_in(house.agent)
        sent = registration(house, begun=token + ("x" if kind == "forged" else ""))
        client.post("/admin/register/", sent)

    assert Ticket.objects.get().received_at == now


def test_an_e_mail_is_registered_with_its_arrival_in_the_customers_zone(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.agent)
    mail = registration(house, channel="email")

    refused = client.post("/admin/register/", mail)
    ahead = client.post("/admin/register/", mail | {"contacted_at": "2026-03-02T09:01"})
    none_yet = Ticket.objects.count()
    client.post("/admin/register/", mail | {"contacted_at": "2026-03-02T08:00"})

    assert [list(page.context["form"].errors) for page in (refused, ahead)] == [
        ["contacted_at"],
        ["__all__", "contacted_at"],
    ]
    assert none_yet == 0
    ticket = Ticket.objects.get()
    assert (ticket.received_at, ticket.owner) == (MONDAY_9AM - HOUR, house.agent)


@pytest.mark.parametrize("field", ["membership", "subject", "description", "service", "channel"])
def test_a_refused_registration_keeps_the_typed_values(
    house: House, sign_in: Any, field: str
) -> None:
    words = {"subject": "Kept subject", "description": "Kept words"}
    typed = registration(house, **{**words, field: ""})

    refused = sign_in(house.agent).post("/admin/register/", typed)

    assert refused.status_code == 400
    assert field in refused.context["form"].errors
    words.pop(field, None)
    assert all(each in refused.content.decode() for each in words.values())
    assert not Ticket.objects.exists()


def test_the_history_names_what_was_and_what_is(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    for who in (house.agent, house.staff["agent2"], None):
        services.assign_ticket(
            ticket=fresh(ticket), assignee=who, by=by(house.agent), at=MONDAY_9AM
        )
    old = house.services["erp"].name
    new = house.services["network"].name
    classify(house, ticket, MONDAY_9AM, service=house.services["network"])

    path = f"/admin/tickets/{ticket.number}/panels/history/"
    page = text_of(sign_in(house.agent).get(path).content.decode())

    for words in ("— → Agent", "Agent → Agent2", "Agent2 → —", f"{old} → {new}"):
        assert words in page


def test_the_desk_accepts_on_the_customers_behalf_with_who_and_the_channel(
    house: House, sign_in: Any
) -> None:
    ticket = solved(house, MONDAY_9AM)
    house.agent.language = "en"
    house.agent.save()
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/"
    form = {"version": fresh(ticket).version, "accepted_by": "", "accepted_channel": ""}

    offered = client.get(f"{path}step/approve/form/").content.decode()
    refused = client.post(f"{path}step/approve/", form)
    said = form | {"accepted_by": house.requester.pk, "accepted_channel": "phone"}
    done = client.post(f"{path}step/approve/", said)

    assert f'<option value="{house.people["coordinator"].pk}">Coordinator North' in offered
    assert (refused.status_code, fresh(ticket).state) == (400, "closed")
    assert "This is needed for “Accept the solution”." in text_of(refused.content.decode())
    assert done.status_code == 302
    late = client.get(f"{path}step/approve/form/")
    assert words_of_messages(late)[-1:] == [
        "This step is not possible any more. Read the page again."
    ]
    history = client.get(f"{path}panels/history/").content.decode()
    assert f"Accepted by {house.requester} (Phone)." in text_of(history)


def test_the_page_says_which_group_works_on_a_ticket(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Deeper.")
    for user in (house.agent, house.staff["consultant"]):
        user.language = "en"
        user.save()
    path = f"/admin/tickets/{ticket.number}/"

    of_desk = text_of(sign_in(house.agent).get(path).content.decode())
    of_level = text_of(sign_in(house.staff["consultant"]).get(path).content.decode())

    assert "Level two holds this ticket: its members work on it." in of_desk
    assert "holds this ticket" not in of_level
