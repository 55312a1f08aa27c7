"""The lists and look-ups of tickets, at their limits and beside rows that must not appear."""

from datetime import datetime, timedelta

import pytest

from foundation.accounts.models import Department, Membership, Site
from foundation.activity.services import Fact, record
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import queries, services
from tickets.models import LAST, Ticket
from tickets.queries import intervals, time_held, time_held_by
from tickets.queries.history import changes_since
from tickets.states import TRANSITIONS, Holder
from tickets.templatetags.tickets import closure_label, state_label, transition_label

MOMENT = timedelta(microseconds=1)


def dated(house: House, due: datetime | None, risk: datetime | None, **columns: object) -> Ticket:
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=due, at_risk_at=risk, **columns)
    return ticket


def pks(tickets: object) -> list[int]:
    return sorted(ticket.pk for ticket in tickets)  # type: ignore[attr-defined]


def test_at_risk_begins_at_the_warning_and_ends_at_the_due_instant(house: House) -> None:
    at = MONDAY_9AM
    warned = dated(house, at + MOMENT, at)
    dated(house, at + HOUR, at + MOMENT)
    due = dated(house, at, at - HOUR)
    dated(house, None, None)
    cancelled = dated(house, at, at - HOUR, state="cancelled")
    tickets = Ticket.objects.all()

    assert pks(queries.at_risk(tickets, at)) == [warned.pk]
    assert pks(queries.breached(tickets, at)) == [due.pk]
    assert pks(queries.ended(tickets)) == [cancelled.pk]


def test_the_counts_of_the_desk_leave_out_what_is_ended_or_of_others(house: House) -> None:
    at = MONDAY_9AM
    dated(house, at + MOMENT, at, assignee=house.agent)
    dated(house, at, at)
    dated(house, at - HOUR, at - 2 * HOUR, assignee=house.staff["agent2"])
    dated(house, at + HOUR, at + MOMENT)
    dated(house, None, at)
    dated(house, at, at, state="rejected", assignee=house.agent)

    assert queries.desk_counts(house.agent, at) == {
        "mine": 1,
        "unassigned": 3,
        "group": 0,
        "customer": 0,
        "supplier": 0,
        "snoozed": 0,
        "all": 5,
        "at_risk": 1,
        "breached": 2,
    }
    assert queries.desk_counts(house.staff["commercial"], at)["all"] == 0


def test_the_queue_puts_relevant_and_major_tickets_before_the_earliest_due(house: House) -> None:
    later = dated(house, None, None, queue_at=MONDAY_9AM + HOUR)
    sooner = dated(house, None, None, queue_at=MONDAY_9AM)
    twin = dated(house, None, None, queue_at=MONDAY_9AM)
    undated = dated(house, None, None, queue_at=LAST)
    relevant = dated(house, None, None, queue_at=LAST, is_relevant=True)
    major = dated(house, None, None, queue_at=LAST, is_relevant=True, is_major=True)

    found = queries.in_queue_order(Ticket.objects.all())

    assert list(found) == [major, relevant, sooner, twin, later, undated]


def test_a_ticket_is_found_by_its_number_by_those_who_may_see_it(house: House) -> None:
    ticket = make_ticket(house)
    make_ticket(house)

    assert queries.get_ticket(house.agent, ticket.number) == ticket
    assert queries.get_ticket(house.requester, str(ticket.pk)) == ticket
    for user, number in (
        (house.outsider, ticket.number),
        (house.agent, "999999"),
        (house.agent, "TK-x"),
        (house.staff["commercial"], ticket.number),
    ):
        with pytest.raises(queries.TicketNotFound):
            queries.get_ticket(user, number)


def test_a_site_supervisor_sees_their_own_site_and_department(house: House) -> None:
    supervisor = house.people["site_supervisor"]
    site = Site.objects.create(organization=house.north, name="Other")
    department = Department.objects.create(organization=house.north, name="Sales")
    plain, sited, departed, own = (make_ticket(house) for _ in range(4))
    Ticket.objects.filter(pk=sited.pk).update(site=site)
    Ticket.objects.filter(pk=departed.pk).update(department=department)
    Ticket.objects.filter(pk=own.pk).update(requester=supervisor)

    def seen(**columns: object) -> list[int]:
        Membership.objects.filter(user=supervisor).update(
            **{"site": None, "department": None, **columns}
        )
        return pks(queries.visible_to(supervisor))

    assert seen() == [own.pk]
    assert seen(site=site) == [sited.pk, own.pk]
    assert seen(department=department) == [departed.pk, own.pk]
    assert seen(site=site, department=department) == [sited.pk, departed.pk, own.pk]
    assert seen(site=site, roles=["requester"]) == [own.pk]
    assert plain.pk not in seen(site=site)


def test_a_follow_up_is_listed_for_its_readers_and_sent_once(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "cancel", MONDAY_9AM, reason="Called off.")

    def follow(body: str, at: datetime, user: str = "requester") -> Ticket:
        return services.follow_up_ticket(
            ticket=fresh(ticket), body=body, by=by(house.people[user]), at=at
        )

    first = follow("Again.", MONDAY_9AM + HOUR)
    twice = follow(" Again. ", MONDAY_9AM + HOUR + 5 * MINUTE - MOMENT)
    others = [
        follow("Again.", MONDAY_9AM + HOUR + 5 * MINUTE),
        follow("Something else.", MONDAY_9AM + HOUR + 5 * MINUTE),
        follow("Something else.", MONDAY_9AM + HOUR + 6 * MINUTE, user="coordinator"),
    ]

    assert twice == first
    assert len({first.pk, *pks(others)}) == 4
    readers = {
        name: queries.followers_of(user, fresh(ticket)) for name, user in house.people.items()
    }
    assert readers["coordinator"] == [first, *others]
    assert readers["requester"] == [first, *others[:2]]
    assert readers["report_recipient"] == []
    assert queries.followers_of(house.agent, first) == []


def test_the_time_of_each_holder_is_counted_up_to_the_asked_instant(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house, at=MONDAY_9AM + HOUR)
    step(house, ticket, "start", MONDAY_9AM + HOUR)
    step(house, ticket, "pend_user", MONDAY_9AM + 3 * HOUR, message="Which one?")

    found = time_held_by([ticket, other], MONDAY_9AM + 7 * HOUR)

    assert {pk: [(held.holder, held.time) for held in rows] for pk, rows in found.items()} == {
        ticket.pk: [(Holder.DESK, 3 * HOUR), (Holder.CUSTOMER, 4 * HOUR)],
        other.pk: [(Holder.DESK, 6 * HOUR)],
    }
    early = time_held(intervals(ticket.pk), MONDAY_9AM + 2 * HOUR)
    assert [(held.holder, held.time) for held in early] == [
        (Holder.DESK, 3 * HOUR),
        (Holder.CUSTOMER, timedelta()),
    ]


def test_the_sweeps_take_solved_tickets_whose_instant_has_come(house: House) -> None:
    at = MONDAY_9AM
    solved = {"solved_at": at, "solution_type": "definitive", "state": "solved"}
    later = dated(house, None, None, **solved, validation_due_at=at)
    sooner = dated(house, None, None, **solved, validation_due_at=at - HOUR)
    dated(house, None, None, **solved, validation_due_at=at + MOMENT)
    dated(house, None, None, validation_due_at=at - DAY, validation_reminder_at=at - DAY)
    Ticket.objects.filter(pk=later.pk).update(validation_reminder_at=at)
    Ticket.objects.filter(pk=sooner.pk).update(validation_reminder_at=at + MOMENT)
    dated(house, None, None, **solved, validation_reminder_at=at - DAY)

    assert queries.due_for_closing(at, 9) == [
        (house.north.pk, sooner.pk),
        (house.north.pk, later.pk),
    ]
    assert queries.due_for_closing(at, 1) == [(house.north.pk, sooner.pk)]
    assert queries.due_for_reminder(at, 9) == [(house.north.pk, later.pk)]
    assert queries.due_for_reminder(at, 0) == []


def test_the_changes_since_a_version_are_those_of_the_ticket_itself(house: House) -> None:
    ticket = make_ticket(house)
    step(house, make_ticket(house), "start", MONDAY_9AM)
    step(house, ticket, "register", MONDAY_9AM)
    step(house, ticket, "start", MONDAY_9AM)

    other = Fact(verb="x", object_type="other", object_id=ticket.pk, payload={"version": 99})
    record(organization_id=house.north.pk, facts=[other], by=SETUP, at=MONDAY_9AM)

    found = changes_since(ticket.pk, ticket.version + 1)

    assert [(entry.payload["transition"], entry.person) for entry in found] == [
        ("start", house.agent)
    ]
    assert [entry.verb for entry in changes_since(ticket.pk, 0)] == [
        "ticket.raised",
        "ticket.state_changed",
        "ticket.state_changed",
    ]


def test_labels_of_codes_are_words_and_unknown_codes_stay(house: House) -> None:
    assert state_label("new") != "new"
    assert closure_label("no_validation") != "no_validation"
    assert transition_label("pend_user") != "pend_user"
    assert (state_label("x"), closure_label("x"), transition_label("x")) == ("x", "x", "x")
    assert {name for name, step in TRANSITIONS.items() if step.ends_unsolved} == {
        "reject",
        "cancel",
        "close_cancelled",
        "close_invalid",
        "close_without_answer_cancelled",
        "close_without_answer_invalid",
        "merge",
        "merge_started",
    }
    assert {name for name, step in TRANSITIONS.items() if step.is_solution} == {"solve"}
    ticket = make_ticket(house)
    assert (ticket.is_active, str(ticket)) == (True, f"{ticket.number} The invoice fails")
    assert fresh(ticket).continues_number == ""
