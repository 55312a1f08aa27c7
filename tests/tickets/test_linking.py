"""Links between tickets, and who follows one."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from foundation.accounts.models import Membership
from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, started, step
from tickets import queries, services, verbs
from tickets.models import LinkKind, Ticket, TicketLink, Watcher
from tickets.permissions import can_reply_as_customer, can_write_as_customer


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def link(house: House, ticket: Ticket, other: Ticket, kind: LinkKind) -> TicketLink:
    return services.link_tickets(
        ticket=ticket, other=other, kind=kind, by=by(house.agent), at=MONDAY_9AM
    )


def labels(house: House, ticket: Ticket) -> list[tuple[str, str]]:
    return [(each.label, each.other.number) for each in queries.relations_of(ticket, house.agent)]


def test_each_ticket_reads_its_side_of_a_link_and_the_record_of_both_has_it(house: House) -> None:
    cause, effect, part = (make_ticket(house) for _ in range(3))

    link(house, effect, cause, LinkKind.CAUSED_BY)
    link(house, part, effect, LinkKind.PART_OF)
    link(house, part, cause, LinkKind.DUPLICATE)

    assert labels(house, effect) == [("Caused by", cause.number), ("Has the part", part.number)]
    assert labels(house, cause) == [("Has the duplicate", part.number), ("Causes", effect.number)]
    assert labels(house, part) == [("Duplicate of", cause.number), ("Part of", effect.number)]
    written = [each for each in queries.timeline(cause) if each.verb == verbs.LINKED]
    assert [each.payload["other"] for each in written] == [effect.pk, part.pk]
    assert written[0].person == house.agent


def test_a_related_pair_is_the_same_both_ways(house: House) -> None:
    older = make_ticket(house)
    newer = make_ticket(house)

    made = link(house, newer, older, LinkKind.RELATED)

    assert (made.source_id, made.target_id) == (older.pk, newer.pk)
    assert labels(house, older) == [("Related to", newer.number)]
    assert labels(house, newer) == [("Related to", older.number)]
    with pytest.raises(Invalid, match="linked like this already"):
        link(house, older, newer, LinkKind.RELATED)


def test_a_link_that_makes_no_sense_is_refused(house: House) -> None:
    first, second, third = (make_ticket(house) for _ in range(3))
    foreign = make_ticket(house, requester=house.outsider)
    link(house, first, second, LinkKind.PART_OF)
    link(house, second, third, LinkKind.PART_OF)

    refused = [
        (first, first, LinkKind.RELATED, "itself"),
        (first, foreign, LinkKind.RELATED, "another customer"),
        (first, second, LinkKind.PART_OF, "already"),
        (third, first, LinkKind.PART_OF, "the other way round"),
        (first, third, LinkKind.PART_OF, "part of another"),
    ]
    for ticket, other, kind, words in refused:
        with pytest.raises(Invalid, match=words):
            link(house, ticket, other, kind)
    for kind in (LinkKind.CAUSED_BY, LinkKind.DUPLICATE):
        link(house, first, third, kind)
        with pytest.raises(Invalid, match="the other way round"):
            link(house, third, first, kind)
    assert TicketLink.objects.count() == 4


def test_only_who_works_on_a_ticket_links_it_and_a_link_is_removed_once(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    for person in (house.requester, house.staff["commercial"], house.staff["consultant"]):
        with pytest.raises(NotAllowed):
            services.link_tickets(
                ticket=ticket, other=other, kind=LinkKind.RELATED, by=by(person), at=MONDAY_9AM
            )
    made = link(house, ticket, other, LinkKind.RELATED)
    with pytest.raises(NotAllowed):
        services.unlink_tickets(link=made, ticket=ticket, by=by(house.requester), at=MONDAY_9AM)

    for _ in range(2):
        services.unlink_tickets(link=made, ticket=ticket, by=by(house.agent), at=MONDAY_9AM)

    assert not TicketLink.objects.exists()
    written = [each.verb for each in queries.timeline(other)]
    assert written.count(verbs.UNLINKED) == 1
    assert queries.link_of(ticket, made.pk) is None


def follow(house: House, ticket: Ticket, person: str, author: str = "agent") -> bool:
    people = {**house.people, **house.staff}
    return services.watch_ticket(
        ticket=ticket, person=people[person], by=by(people[author]), at=MONDAY_9AM
    )


def test_who_follows_is_told_what_happens_but_not_of_their_own_acts(house: House) -> None:
    ticket = started(house)
    assert follow(house, ticket, "agent2")
    assert follow(house, ticket, "approver")
    assert not follow(house, ticket, "approver")  # once

    def told(template: str = "watched") -> set[str]:
        letters = OutboxMessage.objects.filter(template=template).select_related("recipient")
        found = {str(each.recipient) for each in letters}
        letters.delete()
        return found

    services.reply_to_customer(ticket=fresh(ticket), body="Soon.", by=by(house.agent), at=HOURS[1])
    assert told() == {"Agent2", "Approver North"}
    services.add_note(ticket=fresh(ticket), body="Inside.", by=by(house.agent), at=HOURS[2])
    assert told() == {"Agent2"}
    services.reply_as_customer(
        ticket=fresh(ticket), body="So?", by=by(house.people["approver"]), at=HOURS[3]
    )
    assert told() == {"Agent2"}
    step(house, ticket, "pend_user", HOURS[4], user=house.staff["agent2"], message="Which one?")
    assert told() == {"Approver North"}
    services.reply_as_customer(
        ticket=fresh(ticket), body="This.", by=by(house.requester), at=HOURS[4] + HOUR / 2
    )
    letters = OutboxMessage.objects.filter(template="watched")
    assert letters.count() == 2  # the answer and its change of state are one act
    assert told() == {"Agent2", "Approver North"}
    services.unwatch_ticket(
        ticket=fresh(ticket), person=house.staff["agent2"], by=by(house.agent), at=HOURS[5]
    )
    services.add_note(ticket=fresh(ticket), body="More.", by=by(house.agent), at=HOURS[6])
    assert told() == set()
    written = [(each.verb, each.names.get("person")) for each in queries.timeline(ticket)]
    assert (verbs.WATCHED, ["", "Approver North"]) in written
    assert (verbs.UNWATCHED, ["", "Agent2"]) in written


HOURS = [MONDAY_9AM + hours * HOUR for hours in range(8)]


def test_a_mention_replaces_the_letter_to_a_follower(house: House) -> None:
    ticket = started(house)
    follow(house, ticket, "agent2")

    services.add_note(ticket=fresh(ticket), body="@Agent2 look", by=by(house.agent), at=HOURS[1])

    letters = OutboxMessage.objects.filter(recipient=house.staff["agent2"])
    assert [each.template for each in letters] == ["mentioned"]


def test_a_colleague_who_follows_may_read_and_write_but_not_decide(house: House) -> None:
    ticket = solved(house)
    approver = house.people["approver"]
    assert not queries.visible_to(approver).filter(pk=ticket.pk).exists()

    follow(house, ticket, "approver")

    assert queries.visible_to(approver).filter(pk=ticket.pk).exists()
    assert can_write_as_customer(approver, fresh(ticket))
    assert not can_reply_as_customer(approver, fresh(ticket))
    with pytest.raises(NotAllowed):
        step(house, ticket, "approve", HOURS[2], user=approver)
    services.unwatch_ticket(ticket=fresh(ticket), person=approver, by=by(approver), at=HOURS[3])
    assert not queries.visible_to(approver).filter(pk=ticket.pk).exists()


def test_nobody_follows_who_may_not_read_and_nobody_adds_another_without_the_right(
    house: House,
) -> None:
    ticket = make_ticket(house)
    for person, author in (
        ("approver", "requester"),  # the customer's side is chosen by the desk
        ("approver", "approver"),  # who does not see it cannot begin to
        ("agent2", "service_delivery"),
    ):
        with pytest.raises(NotAllowed):
            follow(house, ticket, person, author)
    for stranger in (house.outsider, house.staff["commercial"]):
        with pytest.raises(Invalid, match="no valid user"):
            services.watch_ticket(ticket=ticket, person=stranger, by=by(house.agent), at=MONDAY_9AM)
    follow(house, ticket, "service_delivery", "service_delivery")
    with pytest.raises(NotAllowed):
        services.unwatch_ticket(
            ticket=ticket,
            person=house.staff["service_delivery"],
            by=by(house.requester),
            at=MONDAY_9AM,
        )
    assert Watcher.objects.count() == 1


def test_who_left_the_company_is_told_nothing_more(house: House) -> None:
    ticket = started(house)
    follow(house, ticket, "approver")
    Membership.objects.filter(user=house.people["approver"]).update(is_suspended=True)

    services.reply_to_customer(ticket=fresh(ticket), body="Soon.", by=by(house.agent), at=HOURS[1])

    assert not OutboxMessage.objects.filter(template="watched").exists()
    assert not queries.visible_to(house.people["approver"]).exists()


def test_who_sees_tickets_no_more_is_told_no_note(house: House) -> None:
    ticket = started(house)
    follow(house, ticket, "agent2")
    house.staff["agent2"].staff_roles = ["commercial"]
    house.staff["agent2"].save()

    services.add_note(ticket=fresh(ticket), body="Inside.", by=by(house.agent), at=HOURS[1])

    assert not OutboxMessage.objects.filter(template="watched").exists()


def test_a_link_is_removed_by_who_works_on_one_of_its_tickets(house: House) -> None:
    made = link(house, make_ticket(house), make_ticket(house), LinkKind.RELATED)

    with pytest.raises(NotAllowed, match="not one of"):
        services.unlink_tickets(
            link=made, ticket=make_ticket(house), by=by(house.agent), at=MONDAY_9AM
        )
