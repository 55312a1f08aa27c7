"""Lists of tickets: views of the queue, counts, search, sweeps."""

from datetime import timedelta

import pytest
from django.db import connection

from foundation.accounts.models import Department, Membership, Organization
from foundation.core.classification import Urgency
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SECOND,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import closed, step
from tickets import queries, services
from tickets.models import Ticket
from tickets.queries import counts


def dated(house: House, *, due: timedelta | None, risk: timedelta | None) -> Ticket:
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(
        next_due_at=MONDAY_9AM + due if due is not None else None,
        at_risk_at=MONDAY_9AM + risk if risk is not None else None,
    )
    return fresh(ticket)


def ended(house: House) -> Ticket:
    ticket = make_ticket(house)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=MONDAY_9AM, at_risk_at=MONDAY_9AM)
    return fresh(ticket)


def test_tickets_at_risk_have_passed_the_warning_and_not_the_due_instant(house: House) -> None:
    at_warning = dated(house, due=HOUR, risk=timedelta())
    before_warning = dated(house, due=HOUR, risk=SECOND)
    at_due = dated(house, due=timedelta(), risk=-HOUR)
    before_due = dated(house, due=SECOND, risk=-HOUR)
    ended(house)

    assert list(queries.at_risk(Ticket.objects.order_by("pk"), MONDAY_9AM)) == [
        at_warning,
        before_due,
    ]
    assert list(queries.breached(Ticket.objects.order_by("pk"), MONDAY_9AM)) == [at_due]
    assert before_warning.pk in set(
        queries.active(Ticket.objects.order_by("pk")).values_list("pk", flat=True)
    )


def test_active_and_ended_tickets_are_complementary(house: House) -> None:
    first = make_ticket(house)
    last = ended(house)

    assert list(queries.active(Ticket.objects.order_by("pk"))) == [first]
    assert list(queries.ended(Ticket.objects.order_by("pk"))) == [last]


def test_the_counts_of_the_queue_are_those_of_its_views(house: House) -> None:
    mine = dated(house, due=HOUR, risk=-MINUTE)
    Ticket.objects.filter(pk=mine.pk).update(assignee=house.agent)
    other = dated(house, due=timedelta(), risk=-HOUR)
    Ticket.objects.filter(pk=other.pk).update(assignee=house.staff["agent2"])
    dated(house, due=-SECOND, risk=-HOUR)
    dated(house, due=SECOND, risk=timedelta())
    dated(house, due=2 * SECOND, risk=SECOND)
    dated(house, due=None, risk=-SECOND)
    ended(house)

    assert queries.desk_counts(house.agent, MONDAY_9AM) == {
        "mine": 1,
        "unassigned": 4,
        "group": 0,
        "customer": 0,
        "supplier": 0,
        "snoozed": 0,
        "all": 6,
        "at_risk": 2,
        "breached": 2,
    }


def test_the_counts_stop_at_the_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        dated(house, due=timedelta(), risk=timedelta())
    monkeypatch.setattr(counts, "COUNT_LIMIT", 2)

    found = queries.desk_counts(house.agent, MONDAY_9AM)

    assert (found["all"], found["breached"], found["at_risk"]) == (2, 2, 0)
    assert queries.COUNT_LIMIT == 1000


def test_the_queue_is_ordered_by_relevance_majority_instant_and_number(house: House) -> None:
    plain = dated(house, due=None, risk=None)
    later = dated(house, due=None, risk=None)
    major = dated(house, due=None, risk=None)
    relevant = dated(house, due=None, risk=None)
    sooner = dated(house, due=None, risk=None)
    Ticket.objects.update(queue_at=MONDAY_9AM + DAY)
    Ticket.objects.filter(pk=major.pk).update(is_major=True)
    Ticket.objects.filter(pk=relevant.pk).update(is_relevant=True)
    Ticket.objects.filter(pk=sooner.pk).update(queue_at=MONDAY_9AM)

    assert list(queries.in_queue_order(Ticket.objects.all())) == [
        relevant,
        major,
        sooner,
        plain,
        later,
    ]


def test_a_search_finds_a_number_or_every_word(house: House) -> None:
    first = make_ticket(house, subject="The invoice of March fails")
    second = make_ticket(house, subject="The invoice of April fails")
    tickets = Ticket.objects.order_by("pk")

    assert list(queries.matching(tickets, f"  {first.number} ", reader=house.agent)) == [first]
    assert list(queries.matching(tickets, str(second.pk), reader=house.agent)) == [second]
    assert list(queries.matching(tickets, "INVOICE march", reader=house.agent)) == [first]
    assert list(queries.matching(tickets, "invoice", reader=house.agent)) == [first, second]
    assert list(queries.matching(tickets, "invoice june", reader=house.agent)) == []
    assert list(queries.matching(tickets, "", reader=house.agent)) == [first, second]


def test_a_search_knows_letters_beyond_ascii_in_any_case(house: House) -> None:
    ticket = make_ticket(house, subject="Caída del servicio Ñandú")
    tickets = Ticket.objects.order_by("pk")

    for words in ("CAÍDA", "ñandú", "Ñ", "CAI\u0301DA", "caida", "caídas", "nandu"):
        assert list(queries.matching(tickets, words, reader=house.agent)) == [ticket], words
    assert list(queries.matching(tickets, "RECAÍDA", reader=house.agent)) == []


def test_digits_are_a_number_or_the_beginning_of_a_word(house: House) -> None:
    ticket = make_ticket(house, subject="Pedido 97933")
    by_number = make_ticket(house)
    tickets = Ticket.objects.order_by("pk")

    assert list(queries.matching(tickets, "97933", reader=house.agent)) == [ticket]
    assert list(queries.matching(tickets, str(by_number.pk), reader=house.agent)) == [by_number]
    assert list(queries.matching(tickets, f"tk-{by_number.pk}", reader=house.agent)) == [by_number]


def test_a_foreign_prefix_is_a_word_and_never_a_number(house: House) -> None:
    first = make_ticket(house)
    tunnel = make_ticket(house, subject=f"Tunnel VPN-{first.pk} is down")
    tickets = Ticket.objects.order_by("pk")

    assert list(queries.matching(tickets, f"VPN-{first.pk}", reader=house.agent)) == [tunnel]
    for words in ("%", "_", ".*", "[", "("):
        assert list(queries.matching(tickets, words, reader=house.agent)) == [], words


def test_a_search_reads_twelve_words(house: House) -> None:
    letters = "a b c d e f g h i j k l"
    ticket = make_ticket(house, subject=letters)
    tickets = Ticket.objects.order_by("pk")

    def found(words: str) -> list[Ticket]:
        return list(queries.matching(tickets, words, reader=house.agent))

    assert found(f"{letters} zebra") == [ticket]
    assert found(f"zebra {letters}") == []


@pytest.mark.parametrize("text", ["TK-{:06d}", "{}", "inc-{}", " {:06d} "])
def test_a_number_is_read_with_any_prefix_and_zeros(house: House, text: str) -> None:
    ticket = make_ticket(house)
    make_ticket(house)

    found = queries.find_by_number(Ticket.objects.order_by("pk"), text.format(ticket.pk))

    assert list(found) == [ticket]


@pytest.mark.parametrize("text", ["", "abc", "TK-", "12x", "1" * 16])
def test_other_text_is_no_number(house: House, text: str) -> None:
    make_ticket(house)

    assert list(queries.find_by_number(Ticket.objects.order_by("pk"), text)) == []


def test_a_ticket_that_a_person_may_not_see_is_not_found(house: House) -> None:
    ticket = make_ticket(house)

    assert queries.get_ticket(house.requester, ticket.number) == ticket
    assert queries.get_ticket(house.staff["bpo"], ticket.number) == ticket
    for user in (house.outsider, house.staff["commercial"], house.people["approver"]):
        with pytest.raises(queries.TicketNotFound):
            queries.get_ticket(user, ticket.number)


def test_a_site_supervisor_sees_the_tickets_of_the_site_and_of_the_department(
    house: House,
) -> None:
    person = house.people["site_supervisor"]
    membership = Membership.objects.get(user=person)
    department = Department.objects.create(organization=house.north, name="Sales")
    of_site = make_ticket(house)
    of_department = make_ticket(house)
    make_ticket(house)
    Ticket.objects.filter(pk=of_site.pk).update(site=membership.site)
    Ticket.objects.filter(pk=of_department.pk).update(department=department)

    assert list(queries.visible_to(person).order_by("pk")) == [of_site]
    Membership.objects.filter(pk=membership.pk).update(site=None, department=department)
    assert list(queries.visible_to(person).order_by("pk")) == [of_department]
    Membership.objects.filter(pk=membership.pk).update(roles=["requester"])
    assert list(queries.visible_to(person)) == []


def test_tickets_that_wait_for_the_customer_are_pending_user_or_solved(house: House) -> None:
    pending = make_ticket(house)
    solved = make_ticket(house)
    for ticket in (pending, solved, make_ticket(house)):
        step(house, ticket, "start", MONDAY_9AM)
    step(house, pending, "pend_user", MONDAY_9AM, message="Which one?")
    step(house, solved, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")

    found = queries.waiting_for_customer(Ticket.objects.order_by("pk"))

    assert list(found) == [pending, solved]


def solved_with(house: House, *, due: timedelta, reminder: timedelta | None) -> Ticket:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    Ticket.objects.filter(pk=ticket.pk).update(
        validation_due_at=MONDAY_9AM + due,
        validation_reminder_at=MONDAY_9AM + reminder if reminder is not None else None,
    )
    return ticket


def test_the_sweep_finds_the_validations_that_end_by_now_oldest_first(house: House) -> None:
    second = solved_with(house, due=timedelta(), reminder=SECOND)
    first = solved_with(house, due=-SECOND, reminder=timedelta())
    solved_with(house, due=SECOND, reminder=None)
    other = make_ticket(house, urgency=Urgency.LOW)
    Ticket.objects.filter(pk=other.pk).update(
        validation_due_at=MONDAY_9AM, validation_reminder_at=MONDAY_9AM
    )
    organization: Organization = house.north

    assert queries.due_for_closing(MONDAY_9AM, 10) == [
        (organization.pk, first.pk),
        (organization.pk, second.pk),
    ]
    assert queries.due_for_closing(MONDAY_9AM, 1) == [(organization.pk, first.pk)]
    assert queries.due_for_reminder(MONDAY_9AM, 10) == [(organization.pk, first.pk)]
    assert queries.due_for_reminder(MONDAY_9AM + SECOND, 1) == [(organization.pk, first.pk)]
    Ticket.objects.filter(pk=first.pk).update(validation_due_at=None)
    assert queries.due_for_reminder(MONDAY_9AM, 10) == []


def test_the_follow_ups_of_an_ended_ticket_are_listed(house: House) -> None:
    ticket = ended(house)
    second = make_ticket(house)
    foreign = make_ticket(house, requester=house.people["coordinator"])
    make_ticket(house)
    Ticket.objects.filter(pk__in=(second.pk, foreign.pk)).update(continues=ticket)

    assert queries.followers_of(house.agent, ticket) == [second, foreign]
    assert queries.followers_of(house.requester, ticket) == [second]
    Ticket.objects.filter(pk=second.pk).update(continues=foreign)
    assert queries.followers_of(house.agent, fresh(foreign)) == []


def test_the_ended_view_reads_an_index_in_its_order(house: House) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # of a few rows the planner would rather sort the whole, by what it has counted last
            for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = queries.ended(queries.visible_to(house.agent))[:50].explain()

    assert "ticket_ended" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_the_ended_ticket_with_the_last_activity_comes_first(house: House) -> None:
    first = closed(house)
    second = closed(house)
    services.reply_to_customer(
        ticket=fresh(first), body="One more word.", by=by(house.agent), at=MONDAY_9AM + DAY
    )

    assert list(queries.ended(Ticket.objects.all())) == [first, second]
