"""Merging tickets, and undoing it: a relation, not a move (SPEC 17.12)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.utils import translation

from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from sla import verbs as sla_verbs
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, started, step
from tickets import queries, services, verbs
from tickets.models import Merge, Message, StateInterval, Ticket, Watcher
from tickets.services import ActionNotAllowed, StaleTicket
from tickets.states import State
from web.ticket_page import TicketPage

NOON = MONDAY_9AM + 3 * HOUR


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


TO_CUSTOMERS = ("watched", "ticket_reply", "ticket_state")


def merge(house: House, ticket: Ticket, survivor: Ticket, at: datetime = NOON) -> Merge:
    return services.merge_tickets(
        ticket=fresh(ticket), survivor=fresh(survivor), by=by(house.agent), at=at
    )


def unmerge(house: House, ticket: Ticket, at: datetime) -> Ticket:
    return services.unmerge_ticket(ticket=fresh(ticket), by=by(house.agent), at=at)


def shape_of(ticket: Ticket) -> dict[str, Any]:
    """Return what a merge that was undone must leave as it was: state, intervals, clocks."""
    row = fresh(ticket)
    clocks = Clock.objects.filter(ticket=row).order_by("metric")
    return {
        "ticket": {
            name: getattr(row, name)
            for name in (
                *("state", "assignee_id", "owner_id", "team_id", "priority", "closed_at"),
                *("closure_code", "merged_into_id", "next_due_at", "at_risk_at", "queue_at"),
            )
        },
        "intervals": list(
            StateInterval.objects.filter(ticket=row)
            .order_by("started_at", "pk")
            .values_list("state", "started_at", "ended_at", "reason")
        ),
        "clocks": [
            (clock.metric, clock.state, clock.due_at, clock.at_risk_at, clock.next_event_at)
            + (clock.breached_at, clock.announced_percent, clock.stopped_at, clock.is_met)
            for clock in clocks
        ],
    }


def test_a_merged_ticket_ends_and_its_clocks_are_withdrawn(house: House) -> None:
    survivor = started(house)
    waiting = make_ticket(house)
    working = started(house)

    merge(house, waiting, survivor)
    merge(house, working, survivor)

    assert fresh(waiting).state == State.CANCELLED
    assert (fresh(working).state, fresh(working).closure_code) == (State.CLOSED, "cancelled")
    assert fresh(waiting).survivor_number == survivor.number
    for ticket in (waiting, working):
        states = set(Clock.objects.filter(ticket=ticket).values_list("state", flat=True))
        assert states == {"withdrawn"}
        assert fresh(ticket).next_due_at is None
        assert not rebuild_clocks(ticket=fresh(ticket), write=False)
    assert [each.pk for each in queries.absorbed_by(survivor)] == [waiting.pk, working.pk]
    assert [each.verb for each in queries.timeline(fresh(survivor))][-2:] == [
        verbs.ABSORBED,
        verbs.ABSORBED,
    ]


def test_undoing_a_merge_gives_the_ticket_back_as_if_nothing_had_been(house: House) -> None:
    survivor = make_ticket(house)
    ticket = started(house)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which one?")
    twin = started(house)
    step(house, twin, "pend_user", MONDAY_9AM + HOUR, message="Which one?")

    merge(house, ticket, survivor)
    unmerge(house, ticket, NOON + 2 * HOUR)

    assert shape_of(ticket) == shape_of(twin)
    assert not rebuild_clocks(ticket=fresh(ticket), write=False)
    for each in (ticket, twin):
        services.reply_as_customer(
            ticket=fresh(each), body="This one.", by=by(house.requester), at=NOON + 3 * HOUR
        )
    assert shape_of(ticket) == shape_of(twin)


def test_what_a_clock_crossed_while_it_was_merged_is_announced_at_the_undoing(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    twin = make_ticket(house)
    merge(house, ticket, survivor, at=MONDAY_9AM + MINUTE)
    late = MONDAY_9AM + DAY

    assert settle_ticket(ticket_id=ticket.pk, at=late) == 0
    assert settle_ticket(ticket_id=twin.pk, at=late) > 0
    unmerge(house, ticket, late)

    assert shape_of(ticket) == shape_of(twin)
    missed = Clock.objects.get(ticket=ticket, metric="reaction")
    assert missed.breached_at == missed.due_at
    assert missed.remeasured_at == late  # months that ended before say it was withdrawn


def test_a_merge_can_be_undone_and_done_again_and_each_is_on_the_record(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    before = shape_of(ticket)

    for hours in (1, 3):
        merge(house, ticket, survivor, at=MONDAY_9AM + hours * MINUTE)
        unmerge(house, ticket, MONDAY_9AM + (hours + 1) * MINUTE)

    assert shape_of(ticket) == before
    assert Merge.objects.filter(absorbed=ticket, undone_at__isnull=False).count() == 2
    written = [each.verb for each in queries.timeline(fresh(ticket))]
    clocks = Clock.objects.filter(ticket=ticket).count()
    assert [
        written.count(verb) for verb in (verbs.MERGED, verbs.UNMERGED, sla_verbs.REINSTATED)
    ] == [2, 2, 2 * clocks]
    other = [each.verb for each in queries.timeline(fresh(survivor))]
    assert [other.count(verb) for verb in (verbs.ABSORBED, verbs.RELEASED)] == [2, 2]


def test_a_merge_is_refused_where_it_makes_no_sense(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    ended = make_ticket(house)
    step(house, ended, "reject", MONDAY_9AM, reason="No.")
    foreign = make_ticket(house, requester=house.outsider)

    refused = [
        (ticket, ticket, "itself"),
        (ticket, foreign, "another customer"),
        (foreign, ticket, "another customer"),
        (ended, ticket, "only open tickets"),
        (solved(house), ticket, "only open tickets"),
        (ticket, ended, "has ended"),
    ]
    for absorbed, survivor, words in refused:
        with pytest.raises(Invalid, match=words):
            merge(house, absorbed, survivor)
    merge(house, ticket, other)
    for absorbed, survivor, words in (
        (other, ticket, f"choose {other.number}"),  # crossed
        (ticket, make_ticket(house), f"into {other.number}"),  # twice
    ):
        with pytest.raises(Invalid, match=words):
            merge(house, absorbed, survivor)
    assert Merge.objects.count() == 1


def test_a_merge_needs_the_right_to_work_on_both_and_the_version_that_was_seen(
    house: House,
) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house)
    people = [house.requester, house.people["coordinator"], house.staff["commercial"]]

    for person in people:
        with pytest.raises(NotAllowed):
            services.merge_tickets(
                ticket=fresh(ticket), survivor=fresh(survivor), by=by(person), at=NOON
            )
    with pytest.raises(StaleTicket):
        services.merge_tickets(
            ticket=fresh(ticket),
            survivor=fresh(survivor),
            by=by(house.agent),
            at=NOON,
            expected_version=7,
        )
    merge(house, ticket, survivor)
    with pytest.raises(NotAllowed):
        services.unmerge_ticket(ticket=fresh(ticket), by=by(house.requester), at=NOON)
    with pytest.raises(ActionNotAllowed, match="is not merged"):
        unmerge(house, survivor, NOON)


def test_what_the_customer_writes_on_a_merged_ticket_reaches_the_survivor(house: House) -> None:
    coordinator = house.people["coordinator"]
    survivor = started(house, requester=coordinator)
    step(house, survivor, "pend_user", MONDAY_9AM + HOUR, message="Which one?")
    ticket = make_ticket(house)
    merge(house, ticket, survivor)

    message = services.reply_as_customer(
        ticket=fresh(ticket), body="Mine too.", by=by(house.requester), at=NOON + HOUR
    )

    assert (message.ticket_id, message.through_id) == (survivor.pk, ticket.pk)
    assert fresh(survivor).state == State.IN_PROGRESS  # it was an answer
    for each in (survivor, ticket):
        page = queries.conversation(fresh(each), with_notes=False)
        assert message.pk in [item.message.pk for item in page]
    unmerge(house, ticket, NOON + 2 * HOUR)
    page = queries.conversation(fresh(ticket), with_notes=False)
    assert [item.message.pk for item in page] == [message.pk]
    later = services.reply_as_customer(
        ticket=fresh(ticket), body="And here?", by=by(house.requester), at=NOON + 3 * HOUR
    )
    assert (later.ticket_id, later.through_id) == (ticket.pk, None)


def test_replies_follow_a_chain_of_merges_to_its_end(house: House) -> None:
    first, second, third = (make_ticket(house) for _ in range(3))
    merge(house, first, second)
    merge(house, second, third)

    message = services.reply_as_customer(
        ticket=fresh(first), body="Still so.", by=by(house.requester), at=NOON + HOUR
    )

    assert (message.ticket_id, message.through_id) == (third.pk, first.pk)
    assert [each.pk for each in queries.absorbed_by(third)] == [first.pk, second.pk]
    unmerge(house, second, NOON + 2 * HOUR)
    assert queries.survivor_of(fresh(first)).pk == second.pk
    step(house, second, "reject", NOON + 3 * HOUR, reason="No.")
    with pytest.raises(ActionNotAllowed, match="has ended"):
        services.reply_as_customer(
            ticket=fresh(first), body="And now?", by=by(house.requester), at=NOON + 4 * HOUR
        )
    follower = services.follow_up_ticket(
        ticket=fresh(first), body="And now?", by=by(house.requester), at=NOON + 4 * HOUR
    )
    assert follower.continues_id == first.pk


def test_who_raised_a_merged_ticket_follows_the_survivor_and_is_told_once(house: House) -> None:
    coordinator = house.people["coordinator"]
    survivor = make_ticket(house, requester=coordinator)
    ticket = make_ticket(house)
    assert not queries.visible_to(house.requester).filter(pk=survivor.pk).exists()

    merge(house, ticket, survivor)

    assert queries.visible_to(house.requester).filter(pk=survivor.pk).exists()
    letters = OutboxMessage.objects.filter(recipient=house.requester, created_at=NOON)
    assert [letter.template for letter in letters] == ["ticket_merged"]
    services.reply_to_customer(
        ticket=fresh(survivor), body="Soon.", by=by(house.agent), at=NOON + HOUR
    )
    told = OutboxMessage.objects.filter(created_at=NOON + HOUR, template__in=TO_CUSTOMERS)
    assert {(each.recipient, each.template) for each in told.select_related("recipient")} == {
        (house.requester, "watched"),
        (coordinator, "ticket_reply"),
    }
    unmerge(house, ticket, NOON + 2 * HOUR)
    assert not queries.visible_to(house.requester).filter(pk=survivor.pk).exists()
    assert not Watcher.objects.filter(ticket=survivor).exists()


def test_the_desk_reads_both_conversations_in_one_and_the_customer_their_own(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    for each, text in ((survivor, "On the survivor."), (ticket, "On the absorbed.")):
        services.add_note(
            ticket=fresh(each), body=f"Note: {text}", by=by(house.agent), at=MONDAY_9AM + MINUTE
        )
        services.reply_as_customer(
            ticket=fresh(each), body=text, by=by(house.requester), at=MONDAY_9AM + 2 * MINUTE
        )
    merge(house, ticket, survivor)

    page = TicketPage(fresh(survivor), house.agent, NOON)
    desk = [item.message.body for item in page.conversation]
    assert sorted(desk) == sorted(Message.objects.values_list("body", flat=True))
    page = TicketPage(fresh(survivor), house.requester, NOON)
    own = [item.message.body for item in page.conversation]
    assert own == ["On the survivor."]


def test_the_plan_says_who_would_be_told_and_who_would_follow(house: House) -> None:
    coordinator = house.people["coordinator"]
    survivor = make_ticket(house, requester=coordinator)
    ticket = make_ticket(house)
    services.watch_ticket(
        ticket=ticket, person=house.staff["agent2"], by=by(house.agent), at=MONDAY_9AM
    )

    plan = services.plan_merge(ticket=ticket, survivor=survivor, by=by(house.agent))

    assert plan.told == house.requester
    assert plan.followers == [house.requester, house.staff["agent2"]]
    assert not Merge.objects.exists()
    with pytest.raises(Invalid, match="itself"):
        services.plan_merge(ticket=ticket, survivor=ticket, by=by(house.agent))


def test_a_ticket_whose_agent_left_goes_back_to_the_desk_when_its_merge_is_undone(
    house: House,
) -> None:
    survivor = make_ticket(house)
    ticket = started(house)
    merge(house, ticket, survivor)
    house.agent.is_active = False
    house.agent.save()

    services.unmerge_ticket(ticket=fresh(ticket), by=by(house.staff["agent2"]), at=NOON + HOUR)

    assert fresh(ticket).assignee_id is None
    assert "ya no atiende" in Message.objects.filter(ticket=ticket).latest("pk").body
