"""A machine whose clock jumped: no false breach stays, and no classification is refused for it."""

from foundation.core.classification import Impact
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Announcement, Clock
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import step
from tickets import services
from tickets.services import Classification


def test_a_clock_jump_of_an_hour_leaves_no_false_breach_and_no_second_notice(
    house: House,
) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=ticket, body="We look.", by=by(house.agent), at=MONDAY_9AM + 5 * MINUTE
    )
    step(house, ticket, "start", MONDAY_9AM + 6 * MINUTE)
    # an hour ahead: the attention is due after ten
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 10 * HOUR + 10 * MINUTE)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 9 * HOUR + 11 * MINUTE)  # set back
    told = Announcement.objects.filter(clock__ticket=ticket, clock__metric="attention", percent=100)
    assert told.count() == 1  # as it still will be, if nothing happens: not told again

    step(house, ticket, "pend_user", MONDAY_9AM + 9 * HOUR + 20 * MINUTE, message="Which?")
    services.reply_as_customer(
        ticket=fresh(ticket),
        body="This.",
        by=by(house.requester),
        at=MONDAY_9AM + 9 * HOUR + 50 * MINUTE,
    )
    clock = Clock.objects.get(ticket=ticket, metric="attention")
    assert (clock.breached_at, told.count()) == (None, 0)

    warned = Announcement.objects.filter(clock=clock).values_list("percent", flat=True)
    # by now 93 % are used
    assert (list(warned), clock.announced_percent, clock.next_event_at) == (
        [90],
        90,
        clock.due_at,
    )
    letters = OutboxMessage.objects.filter(
        template="clock", context__percent=100, context__metric="attention"
    )
    assert letters.count() == 1
    for _time in range(2):
        settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 3 * DAY)
    assert letters.count() == 2
    clock.refresh_from_db()
    assert (clock.breached_at, told.count()) == (clock.due_at, 1)
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_jumped_clock_does_not_refuse_a_classification_before_the_deadline(house: House) -> None:
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 61 * MINUTE)
    lower = Classification(
        impact=Impact.MINOR,
        urgency=ticket.urgency,
        kind=ticket.kind,
        service=house.services["network"],
    )
    services.classify_ticket(
        ticket=fresh(ticket),
        classification=lower,
        reason="X",
        by=by(house.agent),
        at=MONDAY_9AM + 30 * MINUTE,
    )
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
