"""Who may do what by level (SPEC 3.8, 3.11): the group that holds a ticket works on it, the desk
sends and takes it back, and an acceptance on the customer's behalf says who and through which
channel.
"""

from typing import Any

import pytest
from django.utils import translation

from foundation.accounts.models import Team, User
from foundation.core.errors import Invalid
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import SOLUTION, solved, step
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import DetailsMissing, TransitionNotAllowed, possible_transitions
from tickets.wording import SENTENCES

DESK_ONLY = {"assign", "return_to_desk", "reject", "cancel", "close_cancelled", "close_invalid"}


def sent_up(house: House) -> Ticket:
    """Return a ticket that the desk sent to level two."""
    ticket = make_ticket(house)
    step(house, ticket, "assign", MONDAY_9AM + MINUTE, team=house.level_two, reason="Deeper.")
    return fresh(ticket)


def names(ticket: Ticket, user: User) -> set[str]:
    return {each.name for each in possible_transitions(ticket=ticket, user=user, at=MONDAY_9AM)}


def test_each_level_is_offered_its_own_steps(house: House) -> None:
    ticket = sent_up(house)

    assert names(ticket, house.staff["consultant"]) == {
        "start",
        "pend_user",
        "pend_supplier",
        "solve",
    }
    assert names(ticket, house.agent) == DESK_ONLY - {"assign"}  # it is *assigned* already
    assert names(ticket, house.staff["desk_supervisor"]) == DESK_ONLY - {"assign"}
    step(house, ticket, "start", MONDAY_9AM + HOUR, user=house.staff["consultant"])
    assert "assign" in names(fresh(ticket), house.agent)
    assert "assign" not in names(fresh(ticket), house.staff["consultant"])


@pytest.mark.parametrize(
    ("name", "who", "details"),
    [
        ("start", "agent", {}),
        ("pend_user", "agent", {"message": "Which?"}),
        ("solve", "desk_supervisor", SOLUTION),
        ("return_to_desk", "consultant", {"reason": "Yours."}),
    ],
)
def test_a_step_of_another_level_is_refused(
    house: House, name: str, who: str, details: dict[str, Any]
) -> None:
    ticket = sent_up(house)

    with pytest.raises(TransitionNotAllowed):
        step(house, ticket, name, MONDAY_9AM + HOUR, user=house.staff[who], **details)

    assert fresh(ticket).state == "assigned"


def test_the_desk_works_on_a_ticket_again_once_it_is_back(house: House) -> None:
    ticket = sent_up(house)

    step(house, ticket, "return_to_desk", MONDAY_9AM + HOUR, reason="Ours.")
    step(house, ticket, "start", MONDAY_9AM + 2 * HOUR)

    assert fresh(ticket).state == "in_progress"


def test_a_ticket_of_a_group_is_assigned_to_its_members_alone(house: House) -> None:
    ticket = sent_up(house)

    with pytest.raises(Invalid, match="Level two") as caught:
        services.assign_ticket(
            ticket=ticket, assignee=house.agent, by=by(house.agent), at=MONDAY_9AM + HOUR
        )
    services.assign_ticket(
        ticket=ticket,
        assignee=house.staff["consultant"],
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )

    assert list(caught.value.fields) == ["assignee"]
    assert fresh(ticket).assignee == house.staff["consultant"]


def accept(house: House, ticket: Ticket, **details: Any) -> Ticket:
    return step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, **details)


@pytest.mark.parametrize(
    ("details", "missing"),
    [
        ({}, {"accepted_by", "accepted_channel"}),
        ({"accepted_channel": "phone"}, {"accepted_by"}),
    ],
)
def test_an_acceptance_on_behalf_says_who_and_through_which_channel(
    house: House, details: dict[str, Any], missing: set[str]
) -> None:
    ticket = solved(house)

    with pytest.raises(DetailsMissing) as caught:
        accept(house, ticket, **details)

    assert set(caught.value.fields) == missing
    assert fresh(ticket).state == "solved"


def test_only_the_requester_or_a_coordinator_accepts_through_a_channel_of_people(
    house: House,
) -> None:
    ticket = solved(house)

    for person in (house.outsider, house.people["company_manager"], house.agent):
        with pytest.raises(DetailsMissing) as caught:
            accept(house, ticket, accepted_by=person, accepted_channel="portal")
        assert set(caught.value.fields) == {"accepted_by", "accepted_channel"}

    accept(house, ticket, accepted_by=house.people["coordinator"], accepted_channel="whatsapp")

    stated = next(each for each in queries.timeline(ticket) if each.payload.get("to") == "closed")
    assert (stated.payload["accepted_by"], stated.payload["accepted_channel"]) == (
        house.people["coordinator"].pk,
        "whatsapp",
    )
    with translation.override("en"):
        text = SENTENCES[stated.verb]({**stated.payload, "names": stated.names}, "UTC")
    assert text == (
        f"State: Solved → Closed. Accepted by {house.people['coordinator']} (WhatsApp)."
    )


def test_the_customer_accepts_without_a_word_more(house: House) -> None:
    ticket = solved(house)

    step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, user=house.requester)

    assert fresh(ticket).closure_code == "approved"
    stated = next(each for each in queries.timeline(ticket) if each.payload.get("to") == "closed")
    assert "accepted_by" not in stated.payload


def test_what_a_higher_level_solved_the_desk_does_not_accept_for_the_customer(
    house: House,
) -> None:
    ticket = sent_up(house)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, user=house.staff["consultant"], **SOLUTION)
    said = {"accepted_by": house.requester, "accepted_channel": "phone"}

    for who in ("agent", "desk_manager", "consultant"):
        with pytest.raises(TransitionNotAllowed):
            step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, user=house.staff[who], **said)

    assert fresh(ticket).state == "solved"


def test_a_group_of_the_desk_is_the_first_level_for_its_members(house: House) -> None:
    ticket = solved(house)
    front = Team.objects.create(name="Front", level=1)
    front.members.add(house.agent)
    Ticket.objects.filter(pk=ticket.pk).update(team=front)
    said = {"accepted_by": house.requester, "accepted_channel": "phone"}

    with pytest.raises(TransitionNotAllowed):
        accept(house, ticket, user=house.staff["agent2"], **said)
    accept(house, ticket, **said)

    assert fresh(ticket).state == "closed"
