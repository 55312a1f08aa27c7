"""Follow-ups, new tickets by channel, and the columns that other apps compute."""

from typing import Any

import pytest

from foundation.accounts.models import Membership
from foundation.activity.models import Record
from foundation.core.classification import Channel, Impact, Kind, Urgency
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.tickets import closed, solved, started
from tickets import queries, services
from tickets.models import LAST, Ticket
from tickets.services import (
    ActionNotAllowed,
    MayNotRaise,
    NewTicket,
)


def follow(house: House, ticket: Ticket, body: str, at: Any) -> Ticket:
    return services.follow_up_ticket(
        ticket=fresh(ticket), body=body, by=by(house.requester, Channel.PORTAL), at=at
    )


def test_the_same_follow_up_within_five_minutes_is_one(house: House) -> None:
    ticket = closed(house)
    other = closed(house)
    first = follow(house, ticket, "Again.", MONDAY_9AM + DAY)

    twice = follow(house, ticket, " Again. ", MONDAY_9AM + DAY + 5 * MINUTE - SECOND)
    different = follow(house, ticket, "Other.", MONDAY_9AM + DAY)
    later = follow(house, ticket, "Again.", MONDAY_9AM + DAY + 5 * MINUTE)
    of_other = follow(house, other, "Again.", MONDAY_9AM + DAY)

    assert twice == first
    assert len({first.pk, different.pk, later.pk, of_other.pk}) == 4


def test_the_follow_up_of_another_person_is_their_own(house: House) -> None:
    ticket = closed(house)
    first = follow(house, ticket, "Again.", MONDAY_9AM + DAY)

    second = services.follow_up_ticket(
        ticket=fresh(ticket),
        body="Again.",
        by=by(house.people["coordinator"]),
        at=MONDAY_9AM + DAY,
    )

    assert (first.requester, second.requester) == (house.requester, house.people["coordinator"])


def test_a_suspended_person_cannot_raise_a_follow_up(house: House) -> None:
    ticket = closed(house)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    with pytest.raises(ActionNotAllowed):
        follow(house, ticket, "Again.", MONDAY_9AM + DAY)


def raise_by(house: House, who: str, channel: Channel) -> Ticket:
    membership = Membership.objects.select_related("organization", "user").get(user=house.requester)
    request = NewTicket(
        membership=membership,
        subject="  It fails  ",
        description=" \r\n  Words.  ",
        kind=Kind.INCIDENT,
        service=house.services["network"],
        impact=Impact.MINOR,
        urgency=Urgency.LOW,
    )
    user = house.staff.get(who) or house.people[who]
    return services.raise_ticket(request=request, by=by(user, channel), at=MONDAY_9AM)


@pytest.mark.parametrize(
    ("who", "channel", "state"),
    [
        ("requester", Channel.PORTAL, "new"),
        ("requester", Channel.API, "new"),
        ("agent", Channel.DESK, "open"),
    ],
)
def test_a_ticket_begins_in_the_state_of_its_channel(
    house: House, who: str, channel: Channel, state: str
) -> None:
    ticket = fresh(raise_by(house, who, channel))

    assert (ticket.state, ticket.channel) == (state, channel)
    assert ticket.owner == (house.agent if who == "agent" else None)
    assert (ticket.subject, ticket.description) == ("It fails", "  Words.")
    assert (ticket.support_type, ticket.received_at) == ("technological", MONDAY_9AM)
    assert [each.state for each in queries.intervals(ticket.pk)] == [state]
    payload = Record.objects.get(object_id=ticket.pk, verb="ticket.raised").payload
    assert (payload["state"], payload["contract"]) == (state, house.contract.pk)
    assert payload["continues"] is None


@pytest.mark.parametrize("who", ["coordinator", "bpo", "consultant"])
def test_only_the_desk_raises_tickets_for_others(house: House, who: str) -> None:
    with pytest.raises(MayNotRaise):
        raise_by(house, who, Channel.DESK)


def test_the_projection_of_a_clock_is_on_the_row_and_on_the_instance(house: House) -> None:
    ticket = fresh(make_ticket(house))
    values = (MONDAY_9AM + DAY, MONDAY_9AM + HOUR)

    services.set_clock_projection(ticket=ticket, next_due_at=values[0], at_risk_at=values[1])
    saved = fresh(ticket)
    services.set_clock_projection(ticket=ticket, next_due_at=None, at_risk_at=None)
    cleared = fresh(ticket)

    assert (saved.next_due_at, saved.at_risk_at, saved.queue_at) == (*values, values[0])
    assert (cleared.next_due_at, cleared.at_risk_at, cleared.queue_at) == (None, None, LAST)
    assert (ticket.next_due_at, ticket.queue_at) == (None, LAST)


def test_the_projections_of_many_are_written_each(house: House) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    other = make_ticket(house)
    before = fresh(other).queue_at

    services.set_clock_projections(
        projections={first.pk: (MONDAY_9AM, None), second.pk: (None, MONDAY_9AM)},
        organization_id=house.north.pk,
    )

    assert (fresh(first).next_due_at, fresh(first).queue_at) == (MONDAY_9AM, MONDAY_9AM)
    assert (fresh(second).at_risk_at, fresh(second).queue_at) == (MONDAY_9AM, LAST)
    assert fresh(other).queue_at == before


def test_the_term_of_a_validation_moves_and_a_sent_reminder_stays_sent(house: House) -> None:
    waiting = solved(house)
    reminded = solved(house)
    opened = started(house)
    Ticket.objects.filter(pk=reminded.pk).update(validation_reminder_at=None)
    new: dict[str, Any] = {"due_at": MONDAY_9AM + 9 * DAY, "reminder_at": MONDAY_9AM + 8 * DAY}

    for ticket in (waiting, reminded, opened):
        services.move_validation_term(ticket_id=ticket.pk, **new)
    services.set_validation_term(ticket_id=opened.pk, **new)
    services.set_reopen_window(ticket_id=opened.pk, until=MONDAY_9AM)

    assert [
        (fresh(each).validation_due_at, fresh(each).validation_reminder_at)
        for each in (waiting, reminded, opened)
    ] == [(new["due_at"], new["reminder_at"]), (new["due_at"], None), (None, None)]
    assert fresh(opened).reopen_ends_at is None


def test_a_ticket_that_is_not_solved_is_not_reminded(house: House) -> None:
    ticket = solved(house)
    stale = fresh(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(state="in_progress")

    assert services.remind_of_validation(ticket=stale, at=MONDAY_9AM + DAY) is False
    assert fresh(ticket).validation_reminder_at is not None


def test_the_time_held_of_many_tickets_is_that_of_each(house: House) -> None:
    first = started(house)
    second = make_ticket(house, at=MONDAY_9AM + HOUR)

    held = queries.time_held_by([first, second], MONDAY_9AM + 2 * HOUR)

    assert {pk: [each.time for each in rows] for pk, rows in held.items()} == {
        first.pk: [2 * HOUR],
        second.pk: [HOUR],
    }
