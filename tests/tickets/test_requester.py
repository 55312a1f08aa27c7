"""Another person of the customer becomes the requester of a ticket."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import translation

from foundation.accounts.models import Membership, User
from foundation.core.errors import DomainError, Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from sla.clocks.queries import clocks_of
from tests.support.audits import ask
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    House,
    by,
    colleague,
    fresh,
    make_ticket,
)
from tests.support.policies import every_priority, publish_for
from tests.support.tickets import closed, solved, started, step
from tickets import queries, services, verbs
from tickets.models import Ticket
from tickets.services import RequesterPlan
from web.timeline import sentence

LATER = MONDAY_9AM + 2 * HOUR


def change(
    house: House,
    ticket: Ticket,
    address: str,
    *,
    keeps: bool = False,
    who: str = "agent",
    at: datetime = LATER,
) -> Ticket:
    ticket = fresh(ticket)
    return services.change_requester(
        ticket=ticket,
        membership=services.requester_by_email(ticket, address),
        keeps_following=keeps,
        by=by(house.staff[who]),
        at=at,
    )


def plan(house: House, ticket: Ticket, address: str, *, keeps: bool = False) -> RequesterPlan:
    return services.plan_requester(
        ticket=ticket,
        membership=services.requester_by_email(ticket, address),
        keeps_following=keeps,
        by=by(house.agent),
        at=LATER,
    )


def sees(person: User, ticket: Ticket) -> bool:
    return queries.visible_to(person).filter(pk=ticket.pk).exists()


def letters() -> dict[str, str]:
    found = OutboxMessage.objects.filter(template="requester_changed").order_by("pk")
    return {each.to_email: render_message(each).text for each in found}


def dues(ticket: Ticket) -> dict[str, datetime | None]:
    return {clock.metric: clock.due_at for clock in clocks_of([ticket.pk])[ticket.pk]}


@pytest.mark.parametrize("keeps", [False, True])
def test_the_ticket_passes_to_another_person_with_their_site(house: House, keeps: bool) -> None:
    second = colleague(house)
    ticket = fresh(started(house))
    services.watch_ticket(ticket=ticket, person=second, by=by(house.agent), at=MONDAY_9AM)
    before = dues(ticket)
    shown = plan(house, ticket, second.email, keeps=keeps)

    change(house, ticket, " Second@north.example", keeps=keeps)

    after = fresh(ticket)
    assert (after.requester, after.site.name, after.version) == (
        second,
        "Plant 2",
        ticket.version + 1,
    )
    assert (shown.new, shown.old, shown.old_keeps_reading) == (second, house.requester, keeps)
    assert (shown.site[0], shown.site[1].name) == (None, "Plant 2")
    assert (sees(second, ticket), sees(house.requester, ticket)) == (True, keeps)
    followers = [each.person for each in queries.watchers_of(after)]
    assert followers == ([house.requester] if keeps else [])
    assert dues(after) == before
    assert after.contract == ticket.contract
    told = letters()
    assert list(told) == [second.email, house.requester.email]
    assert "is now your request: you can read all of its conversation" in told[second.email]
    assert ("You follow it" in told[house.requester.email]) is keeps
    assert ("http" in told[house.requester.email]) is keeps
    assert "http" in told[second.email]


def test_it_is_on_the_record_and_in_the_index_by_the_new_name(house: House) -> None:
    second = colleague(house)
    ticket = make_ticket(house)

    change(house, ticket, second.email)

    entry = next(e for e in queries.timeline(ticket) if e.verb == verbs.REQUESTER_CHANGED)
    with translation.override("en"):
        assert sentence(entry, "UTC") == "Requester: Requester North → Second North"
    everything = Ticket.objects.all()
    for typed, found in (("from:second", [ticket]), ("from:requester", [])):
        assert list(queries.matching(everything, typed, reader=house.agent)) == found


def test_who_answers_the_desk_has_the_whole_time_again(house: House) -> None:
    house.contract.answer_days = 2
    house.contract.save()
    second = colleague(house)
    ticket = started(house)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which one?")
    Ticket.objects.filter(pk=ticket.pk).update(reminders_sent=1)
    first = fresh(ticket).answer_due_at
    assert plan(house, ticket, second.email).answer_due_at == first
    assert fresh(ticket).reminders_sent == 1

    change(house, ticket, second.email, at=MONDAY_9AM + DAY)

    after = fresh(ticket)
    assert first is not None
    assert (after.answer_due_at, after.reminders_sent) == (first + DAY, 0)
    services.reply_as_customer(
        ticket=after, body="The red one.", by=by(second), at=MONDAY_9AM + DAY + HOUR
    )
    assert fresh(ticket).state == "in_progress"
    with pytest.raises(DomainError):
        services.reply_as_customer(
            ticket=fresh(ticket), body="Me too.", by=by(house.requester), at=MONDAY_9AM + 2 * DAY
        )


def test_roles_that_see_more_keep_reading(house: House) -> None:
    second = colleague(house)
    ticket = make_ticket(house, requester=house.people["coordinator"])

    assert plan(house, ticket, second.email).old_keeps_reading is True
    change(house, ticket, second.email)
    assert sees(house.people["coordinator"], ticket)
    letter = letters()["coordinator@north.example"]
    assert "You do not follow it any more, but you can still read it." in letter
    assert "http" in letter
    supervisor = house.people["site_supervisor"]
    Membership.objects.filter(user=second).update(site=Membership.objects.get(user=supervisor).site)
    other = make_ticket(house, requester=supervisor)
    assert plan(house, other, second.email).old_keeps_reading is True
    assert plan(house, other, house.requester.email).old_keeps_reading is False


def test_who_may_not_read_it_any_more_is_not_told(house: House) -> None:
    second = colleague(house)
    ticket = make_ticket(house)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    change(house, ticket, second.email, keeps=True)

    assert list(letters()) == [second.email]
    assert queries.watchers_of(fresh(ticket)) == []


def _suspended(house: House) -> None:
    Membership.objects.filter(user__email="second@north.example").update(is_suspended=True)


def _without_role(house: House) -> None:
    Membership.objects.filter(user__email="second@north.example").update(roles=["auditor"])


def _left(house: House) -> None:
    User.objects.filter(email="second@north.example").update(is_active=False)


@pytest.mark.parametrize(
    ("address", "arrange", "words"),
    [
        ("requester@south.example", None, "Nobody of Company north has this address."),
        ("nobody@north.example", None, "Nobody of Company north has this address."),
        ("second@north.example", _suspended, "Nobody of Company north has this address."),
        ("second@north.example", _without_role, "who may raise tickets."),
        ("second@north.example", _left, "who may raise tickets."),
        ("requester@north.example", None, "Requester North is the requester already."),
    ],
)
def test_only_a_valid_user_of_the_customer_becomes_the_requester(
    house: House, address: str, arrange: Callable[[House], None] | None, words: str
) -> None:
    colleague(house)
    ticket = make_ticket(house)
    if arrange is not None:
        arrange(house)

    with translation.override("en"), pytest.raises(Invalid, match=words) as refused:
        change(house, ticket, address)

    assert list(refused.value.fields) == ["requester"]
    assert (fresh(ticket).requester, letters()) == (house.requester, {})


def test_a_membership_of_another_customer_is_refused(house: House) -> None:
    ticket = make_ticket(house)
    stranger = Membership.objects.select_related("user").get(user=house.outsider)

    with translation.override("en"), pytest.raises(Invalid, match="is of another customer"):
        services.change_requester(
            ticket=ticket,
            membership=stranger,
            keeps_following=True,
            by=by(house.agent),
            at=LATER,
        )


@pytest.mark.parametrize("who", ["consultant", "bpo", "service_delivery"])
def test_it_is_for_the_desk_alone(house: House, who: str) -> None:
    colleague(house)
    with pytest.raises(NotAllowed):
        change(house, make_ticket(house), "second@north.example", who=who)


def test_a_solved_or_ended_ticket_and_an_audit_keep_their_requester(house: House) -> None:
    colleague(house)
    ended = closed(house)
    audit = ask(house)

    done = solved(house)

    for ticket in (ended, done, audit.ticket):
        with pytest.raises(NotAllowed):
            plan(house, ticket, "second@north.example")
        with pytest.raises(NotAllowed):
            change(house, ticket, "second@north.example", at=MONDAY_9AM + DAY)

    assert fresh(audit.ticket).requester == house.requester
    assert letters() == {}


def test_a_change_that_was_not_seen_is_refused(house: House) -> None:
    colleague(house)
    ticket = make_ticket(house)
    seen = ticket.version
    services.assign_ticket(ticket=ticket, assignee=house.agent, by=by(house.agent), at=LATER)

    with pytest.raises(services.StaleTicket):
        services.change_requester(
            ticket=fresh(ticket),
            membership=services.requester_by_email(ticket, "second@north.example"),
            keeps_following=True,
            by=by(house.agent),
            at=LATER,
            expected_version=seen,
        )


def test_who_followed_it_besides_loses_it_too(house: House) -> None:
    second = colleague(house)
    ticket = make_ticket(house)
    services.watch_ticket(ticket=ticket, person=house.requester, by=by(house.agent), at=MONDAY_9AM)

    assert plan(house, ticket, second.email).old_keeps_reading is False
    change(house, ticket, second.email)

    assert not sees(house.requester, ticket)
    assert "You do not follow it any more." in letters()[house.requester.email]


def test_who_raised_a_merged_ticket_follows_the_survivor_all_the_same(house: House) -> None:
    second = colleague(house)
    survivor = make_ticket(house)
    absorbed = make_ticket(house, subject="The same again")
    services.merge_tickets(
        ticket=fresh(absorbed), survivor=fresh(survivor), by=by(house.agent), at=MONDAY_9AM + HOUR
    )

    assert plan(house, survivor, second.email).old_keeps_reading is True
    change(house, survivor, second.email)

    assert sees(house.requester, survivor)
    assert "You follow it" in letters()[house.requester.email]
    assert not sees(second, absorbed)


def test_a_person_with_service_levels_of_their_own_keeps_their_tickets(house: House) -> None:
    second = colleague(house)
    ticket = make_ticket(house)
    publish_for(house, every_priority(minutes=20), person=second)

    for act in (plan, change):
        with translation.override("en"), pytest.raises(NotAllowed, match="service levels of their"):
            act(house, ticket, second.email)

    assert (fresh(ticket).requester, letters()) == (house.requester, {})


def test_who_stopped_following_a_merged_matter_is_not_brought_back(house: House) -> None:
    second = colleague(house)
    survivor = make_ticket(house)
    absorbed = make_ticket(house, requester=house.people["site_supervisor"], subject="Again")
    services.merge_tickets(
        ticket=fresh(absorbed), survivor=fresh(survivor), by=by(house.agent), at=MONDAY_9AM + HOUR
    )
    third = house.people["site_supervisor"]
    services.unwatch_ticket(
        ticket=fresh(survivor), person=third, by=by(house.agent), at=MONDAY_9AM + HOUR
    )

    change(house, survivor, second.email)

    assert queries.watchers_of(fresh(survivor)) == []
    assert not sees(third, survivor)
