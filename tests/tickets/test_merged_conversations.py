"""Conversations and people of merged tickets: what reaches whom, and after the undoing."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from catalog.models import Contract
from foundation.core.errors import Invalid
from foundation.core.sensitive import MASK
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.audits import text
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.merging import NOON, merge, unmerge
from tests.support.tickets import started, step
from tickets import queries, services, verbs
from tickets.models import Attachment, Merge, Message, Ticket, Watcher
from tickets.services import ActionNotAllowed
from tickets.states import State
from web.ticket_page import TicketPage


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


SECRET = "Contraseña: Qw3rty!9 en 10.0.0.5"
TO_CUSTOMERS = ("watched", "ticket_reply", "ticket_state")


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
    for each, words in ((survivor, "On the survivor."), (ticket, "On the absorbed.")):
        services.add_note(
            ticket=fresh(each), body=f"Note: {words}", by=by(house.agent), at=MONDAY_9AM + MINUTE
        )
        services.reply_as_customer(
            ticket=fresh(each), body=words, by=by(house.requester), at=MONDAY_9AM + 2 * MINUTE
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


def followers_of(ticket: Ticket) -> set[str]:
    return {str(each.person) for each in queries.watchers_of(ticket)}


def test_undoing_a_merge_in_a_chain_ends_what_it_gave_and_nothing_else(house: House) -> None:
    coordinator = house.people["coordinator"]
    first = make_ticket(house)
    again = make_ticket(house)
    second = make_ticket(house, requester=coordinator)
    third = make_ticket(house, requester=coordinator)
    merge(house, first, second)
    merge(house, again, second)
    merge(house, second, third)
    assert followers_of(third) == {"Requester North"}

    unmerge(house, first, NOON + HOUR)
    assert followers_of(second) == followers_of(third) == {"Requester North"}  # of the other one

    unmerge(house, again, NOON + 2 * HOUR)
    assert followers_of(second) == followers_of(third) == set()
    assert not queries.visible_to(house.requester).filter(pk=third.pk).exists()


def test_who_was_chosen_to_follow_stays_when_a_merge_is_undone(house: House) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house, requester=house.people["coordinator"])
    merge(house, ticket, survivor)
    services.watch_ticket(
        ticket=fresh(survivor), person=house.requester, by=by(house.agent), at=NOON + HOUR
    )

    unmerge(house, ticket, NOON + 2 * HOUR)

    assert followers_of(survivor) == {"Requester North"}


def test_a_file_that_the_customer_sent_on_a_merged_ticket_stays_theirs(house: House) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house, requester=house.people["coordinator"])
    merge(house, ticket, survivor)
    services.reply_as_customer(
        ticket=fresh(ticket),
        body="The zeppelin log.",
        by=by(house.requester),
        at=NOON + HOUR,
        files=[text("ana;admin")],
    )
    unmerge(house, ticket, NOON + 2 * HOUR)

    sent = Attachment.objects.get()
    assert queries.get_attachment(house.requester, sent.pk)[0] == sent
    with pytest.raises(queries.TicketNotFound):
        queries.get_attachment(house.people["approver"], sent.pk)
    for rebuilt in (False, True):
        if rebuilt:
            services.index_again([fresh(ticket), fresh(survivor)])
        found = queries.matching(
            queries.visible_to(house.requester), "zeppelin", reader=house.requester
        )
        assert [each.pk for each in found] == [ticket.pk], rebuilt
        everything = queries.matching(
            queries.visible_to(house.agent), "zeppelin", reader=house.agent
        )
        assert {each.pk for each in everything} == {ticket.pk, survivor.pk}, rebuilt


def test_a_reply_from_the_beginning_of_a_chain_is_read_in_its_middle(house: House) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    third = make_ticket(house)
    merge(house, first, second)
    merge(house, second, third)
    message = services.reply_as_customer(
        ticket=fresh(first), body="Still so.", by=by(house.requester), at=NOON + HOUR
    )
    unmerge(house, second, NOON + 2 * HOUR)

    page = TicketPage(fresh(second), house.agent, NOON + 3 * HOUR)

    assert message.pk in [item.message.pk for item in page.conversation]


def test_who_merges_their_own_ticket_is_not_told_of_it(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(requester=house.staff["agent2"])

    services.merge_tickets(
        ticket=fresh(ticket), survivor=fresh(survivor), by=by(house.staff["agent2"]), at=NOON
    )

    assert not OutboxMessage.objects.filter(template="ticket_merged").exists()


def test_nothing_is_written_to_the_customer_on_a_merged_ticket(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    merge(house, ticket, survivor)

    with pytest.raises(Invalid, match=f"goes on in {survivor.number}"):
        services.reply_to_customer(
            ticket=fresh(ticket), body="Here.", by=by(house.agent), at=NOON + HOUR
        )
    with pytest.raises(Invalid, match=f"goes on in {survivor.number}"):
        services.send_attention_statement(
            ticket=fresh(ticket),
            body="Here.",
            estimated_at=NOON + 5 * HOUR,
            by=by(house.agent),
            at=NOON + HOUR,
        )
    services.add_note(ticket=fresh(ticket), body="For us.", by=by(house.agent), at=NOON + HOUR)


def written(house: House, ticket: Ticket) -> Message:
    """Have the customer write something sensitive."""
    return services.reply_as_customer(
        ticket=fresh(ticket), body=SECRET, by=by(house.requester), at=NOON + MINUTE
    )


def letter_to_the_desk() -> str:
    found = OutboxMessage.objects.filter(template="customer_replied").latest("pk")
    return render_message(found).text


def test_the_contract_of_an_absorbed_ticket_masks_the_letters_of_the_survivor(house: House) -> None:
    masking_contract = Contract.objects.create(
        organization=house.north, reference="C-2", starts_on=date(2025, 1, 1), masks_mail=True
    )
    survivor = started(house)
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(contract=masking_contract)
    merge(house, ticket, survivor)

    written(house, survivor)
    assert SECRET in letter_to_the_desk()
    message = written(house, ticket)
    assert message.ticket_id == survivor.pk
    assert SECRET not in letter_to_the_desk()
    assert MASK in letter_to_the_desk()


def test_who_read_what_was_written_on_an_absorbed_ticket_stands_in_both(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    merge(house, ticket, survivor)
    message = written(house, ticket)

    services.show_original(
        ticket=fresh(survivor), message=message, by=by(house.agent), at=NOON + HOUR
    )

    for each in (survivor, ticket):
        (shown,) = [
            fact for fact in queries.timeline(fresh(each)) if fact.verb == verbs.ORIGINAL_SHOWN
        ]
        assert shown.payload["message"] == message.pk


def test_the_letter_of_a_merge_masks_the_other_subject_as_its_contract_says(house: House) -> None:
    masking_contract = Contract.objects.create(
        organization=house.north, reference="C-2", starts_on=date(2025, 1, 1), masks_mail=True
    )
    survivor = make_ticket(house, subject="Falla en 10.0.0.5")
    Ticket.objects.filter(pk=survivor.pk).update(contract=masking_contract)

    merge(house, make_ticket(house), survivor)

    text = render_message(OutboxMessage.objects.filter(template="ticket_merged").latest("pk")).text
    assert f"Falla en {MASK}" in text
