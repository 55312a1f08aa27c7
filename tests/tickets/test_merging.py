"""Merging tickets, and undoing it: a relation, not a move (SPEC 17.12)."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.utils import translation

from escalation.models import Cause
from escalation.queries import escalations_of, unacknowledged
from escalation.services import climb_all, escalate_ticket
from foundation.core.errors import Invalid, NotAllowed
from sla import verbs as sla_verbs
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.merging import NOON, merge, shape_of, unmerge
from tests.support.tickets import solved, started, step
from tickets import queries, services, verbs
from tickets.models import Merge, Message
from tickets.services import StaleTicket
from tickets.states import State


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


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
        (other, ticket, "undo that first"),  # crossed
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
    with pytest.raises(Invalid, match="is not merged"):
        unmerge(house, survivor, NOON)


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


def test_an_answer_while_it_was_merged_puts_a_waiting_ticket_back_to_work(house: House) -> None:
    survivor = make_ticket(house)
    ticket = started(house)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which one?")
    merge(house, ticket, survivor)
    services.reply_as_customer(
        ticket=fresh(ticket), body="This one.", by=by(house.requester), at=NOON + HOUR
    )

    unmerge(house, ticket, NOON + 2 * HOUR)

    assert fresh(ticket).state == State.IN_PROGRESS
    assert not rebuild_clocks(ticket=fresh(ticket), write=False)


def test_an_escalation_that_waits_goes_on_climbing_when_the_merge_is_undone(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    twin = make_ticket(house)
    for each in (ticket, twin):
        escalate_ticket(
            ticket=fresh(each),
            cause=Cause.REQUEST,
            cause_key="test",
            by=by(house.agent),
            at=MONDAY_9AM,
        )
    merge(house, ticket, survivor, at=MONDAY_9AM + MINUTE)

    def climbed(at: datetime) -> None:
        for _organization, escalation_id in unacknowledged(at, 50):
            climb_all(escalation_ids=[escalation_id], at=at)

    climbed(MONDAY_9AM + HOUR)
    assert len(escalations_of(fresh(ticket))) == 1
    assert len(escalations_of(fresh(twin))) == 2
    unmerge(house, ticket, MONDAY_9AM + HOUR + MINUTE)
    climbed(MONDAY_9AM + HOUR + 2 * MINUTE)
    assert len(escalations_of(fresh(ticket))) == 2


def test_an_answer_during_an_earlier_merge_does_not_resume_the_work_twice(house: House) -> None:
    survivor = make_ticket(house)
    ticket = started(house)
    merge(house, ticket, survivor)
    services.reply_as_customer(
        ticket=fresh(ticket), body="This one.", by=by(house.requester), at=NOON + MINUTE
    )
    unmerge(house, ticket, NOON + 2 * MINUTE)
    step(house, ticket, "pend_user", NOON + HOUR, message="And which cable?")
    merge(house, ticket, survivor, at=NOON + 2 * HOUR)

    unmerge(house, ticket, NOON + 3 * HOUR)

    assert fresh(ticket).state == State.PENDING_USER
