"""Automatic assignment on the ticket page and in its configuration."""

from typing import Any

import pytest

from tests.support.assigning import automatic, profile, sweep
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tickets import services
from tickets.models import AgentProfile, GroupAssignment, Ticket

pytestmark = pytest.mark.usefixtures("monday")


def panel(client: Any, ticket: Ticket) -> str:
    page = client.get(f"/admin/tickets/{ticket.number}/panels/assignment/")
    assert page.status_code == 200
    return text_of(page.content.decode())


def test_the_page_says_why_the_assignee_was_chosen(house: House, sign_in: Any) -> None:
    automatic(house, "agent", "agent2", "desk_supervisor", load_limit=5)
    profile(house, "agent2", "network")
    services.assign_ticket(
        ticket=make_ticket(house), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
    )
    ticket = make_ticket(house)
    sweep()

    text = panel(sign_in(english(house)), ticket)

    assert "Agent was assigned automatically" in text
    assert "Nobody else could take it." in text
    assert "Agent 1 of 5 to work on" in text
    assert "Agent2 0 of 5 to work on · does not attend this service" in text
    assert "Desk Supervisor 0 of 5 to work on · gets tickets by hand alone" in text


def test_nothing_is_said_of_an_assignment_by_hand_not_even_to_the_same_person(
    house: House, sign_in: Any
) -> None:
    automatic(house, "agent")
    ticket = make_ticket(house)
    sweep()
    client = sign_in(english(house))
    assert "automatically" in panel(client, ticket)
    supervisor = by(house.staff["desk_supervisor"])
    later = MONDAY_9AM.replace(hour=16)
    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=supervisor, at=later)
    services.assign_ticket(ticket=fresh(ticket), assignee=house.agent, by=supervisor, at=later)

    assert "automatically" not in panel(client, ticket)


def test_the_page_of_a_ticket_that_waits_says_who_would_get_it_and_gives_it_to_nobody(
    house: House, sign_in: Any
) -> None:
    automatic(house, "agent", "agent2", load_limit=1)
    ticket = make_ticket(house)
    client = sign_in(english(house))

    text = panel(client, ticket)

    assert "It is about to be assigned automatically to Agent." in text
    assert "Of the 2 who could take it, several had as few; they are the first." in text
    assert fresh(ticket).assignee is None
    sweep()
    assert fresh(ticket).assignee == house.agent


def test_the_page_says_that_nobody_can_take_it_now(house: House, sign_in: Any) -> None:
    automatic(house, "agent", load_limit=1)
    make_ticket(house)
    sweep()
    ticket = make_ticket(house)

    text = panel(sign_in(english(house)), ticket)

    assert "Automatic assignment: Nobody can take it now." in text
    assert "Agent 1 of 1 to work on · is at their limit" in text


def test_without_automatic_assignment_the_page_says_nothing_of_it(
    house: House, sign_in: Any
) -> None:
    assert "utomatic" not in panel(sign_in(english(house)), make_ticket(house))
    automatic(house, "agent2", organizations=(house.south,))
    assert "utomatic" not in panel(sign_in(english(house)), make_ticket(house))


def test_a_group_reads_why_it_got_the_ticket_and_what_was_tried(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(english(house))
    sent = {
        "team": house.level_two.pk,
        "reason": "A case for consultants.",
        "version": fresh(ticket).version,
    }
    address = f"/admin/tickets/{ticket.number}/step/assign/"

    refused = client.post(address, sent)
    assert refused.status_code == 400
    assert "Reason A case for consultants. What was tried This is needed for" in text_of(
        refused.content.decode()
    )
    client.post(address, sent | {"tried": "Another browser."})

    text = panel(sign_in(english(house, "consultant")), ticket)
    assert "Why it was sent A case for consultants." in text
    assert "What was tried Another browser." in text


def test_who_took_it_as_their_next_ticket_was_not_assigned(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.next_ticket(by=by(house.agent), at=MONDAY_9AM)

    text = panel(sign_in(english(house)), ticket)

    assert "Taken as the next ticket, the most urgent that they could do." in text
    assert "automatically" not in text
    assert "Who was considered" not in text


def test_the_choice_by_hand_says_who_is_full_or_lacks_a_skill(house: House, sign_in: Any) -> None:
    profile(house, "agent", load_limit=1)
    profile(house, "agent2", "network")
    profile(house, "consultant", languages=["es"])
    services.assign_ticket(
        ticket=make_ticket(house), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
    )

    text = panel(sign_in(english(house)), make_ticket(house))

    assert "Agent · 1 ticket · is at their limit" in text
    assert "Agent2 · 0 tickets · does not attend this service" in text
    assert "Consultant · 0 tickets · does not speak the requester's language" in text


def test_a_supervisor_keeps_the_profiles_of_the_people_whose_work_they_plan(
    house: House, sign_in: Any
) -> None:
    automatic(house, "agent", "desk_supervisor")
    client = sign_in(english(house, "desk_supervisor"))
    address = "/admin/tickets/agentprofile/add/"
    assert f'value="{house.agent.email}"' not in client.get(address).content.decode()
    sent = {
        "person": house.agent.pk,
        "is_automatic": "on",
        "load_limit": "8",
        "services": [house.services["erp"].pk],
        "languages": ["es"],
    }

    answer = client.post(address, sent)

    assert answer.status_code == 302
    kept = AgentProfile.objects.get()
    assert (kept.person, kept.load_limit, kept.languages) == (house.agent, 8, ["es"])
    assert list(kept.services.all()) == [house.services["erp"]]
    stranger = client.post(address, sent | {"person": house.staff["agent2"].pk})
    assert stranger.status_code == 200
    assert AgentProfile.objects.count() == 1
    page = client.get("/admin/team/load/").content.decode()
    assert 'title="Skills and limit: Erp, Spanish"' in page
    assert "0/8" in text_of(page)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("person", "bpo", "Name somebody who attends tickets."),
        ("load_limit", "0", "greater than or equal to 1"),
        ("load_limit", "501", "less than or equal to 500"),
        ("languages", ["fr"], "fr is not one of the available choices"),
    ],
)
def test_a_wrong_profile_is_refused(
    house: House, sign_in: Any, field: str, value: Any, words: str
) -> None:
    client = sign_in(english(house, "administrator"))
    sent = {"person": house.agent.email, "load_limit": "", "languages": []}
    if field == "person":
        value = house.staff[value].email

    answer = client.post("/admin/tickets/agentprofile/add/", sent | {field: value})

    assert answer.status_code == 200
    assert words in text_of(answer.content.decode())
    assert not AgentProfile.objects.exists()


def test_a_person_has_one_profile_and_a_group_one_setting(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "administrator"))
    for _ in range(2):
        client.post(
            "/admin/tickets/agentprofile/add/", {"person": house.agent.email, "languages": []}
        )
        client.post(
            "/admin/tickets/groupassignment/add/", {"team": house.level_two.pk, "is_active": "on"}
        )

    assert AgentProfile.objects.count() == 1
    assert [each.is_active for each in GroupAssignment.objects.all()] == [True]
