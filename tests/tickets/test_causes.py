"""Why a ticket ends without a solution: duplicate of which, who asked (SPEC 3.8)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import started, step
from tickets import queries, services, verbs
from tickets.endings import CALLED_OFF, CLOSED_OFF, REFUSED, EndCause
from tickets.models import LinkKind, StateInterval, Ticket, TicketLink
from tickets.services import Change, DetailsMissing, Stepping, TransitionDetails
from tickets.states import TRANSITIONS, State
from web.timeline import sentence


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def end(house: House, ticket: Ticket, name: str = "cancel", **details: Any) -> Ticket:
    """Take a step without the cause that ``step`` would fill in."""
    return services.transition_ticket(
        ticket=fresh(ticket),
        name=name,
        details=TransitionDetails(reason="So it is.", **details),
        by=by(house.agent),
        at=MONDAY_9AM,
    )


def told(ticket: Ticket) -> list[str]:
    found = [each for each in queries.timeline(ticket) if each.verb == verbs.STATE_CHANGED]
    return [sentence(each, "UTC") for each in found]


def test_a_duplicate_names_the_other_ticket_and_is_linked_to_it(house: House) -> None:
    first = make_ticket(house)
    second = make_ticket(house)

    end(house, second, cause="duplicate", duplicate_of=first)

    ended = fresh(second)
    assert (ended.state, ended.end_cause) == (State.CANCELLED, EndCause.DUPLICATE)
    interval = StateInterval.objects.get(ticket=second, ended_at=None)
    assert (interval.cause, interval.duplicate_of, interval.asked_by) == ("duplicate", first, None)
    link = TicketLink.objects.get()
    assert (link.source, link.target, link.kind) == (second, first, LinkKind.DUPLICATE)
    assert told(second) == [f"State: New → Cancelled. Duplicate of another ticket: {first.number}"]
    letter = OutboxMessage.objects.get(template="ticket_state")
    assert letter.context["cause"] == "duplicate"
    assert letter.context["duplicate_of"] == first.number


def test_a_link_that_exists_already_is_enough(house: House) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    services.link_tickets(
        ticket=second, other=first, kind=LinkKind.DUPLICATE, by=by(house.agent), at=MONDAY_9AM
    )

    end(house, second, cause="duplicate", duplicate_of=first)

    assert TicketLink.objects.count() == 1


def test_the_letter_names_no_ticket_that_its_reader_may_not_see(house: House) -> None:
    first = make_ticket(house, requester=house.people["coordinator"])
    second = make_ticket(house)

    end(house, second, cause="duplicate", duplicate_of=first)

    letter = OutboxMessage.objects.get(template="ticket_state")
    assert letter.recipient == house.requester
    assert (letter.context["cause"], letter.context["duplicate_of"]) == ("duplicate", "")


def test_who_asked_is_told_with_the_channel(house: House) -> None:
    ticket = started(house)
    coordinator = house.people["coordinator"]

    end(
        house,
        ticket,
        "close_cancelled",
        cause="requested",
        asked_by=coordinator,
        asked_channel="phone",
    )

    interval = StateInterval.objects.get(ticket=ticket, ended_at=None)
    assert (interval.asked_by, interval.asked_channel) == (coordinator, "phone")
    assert fresh(ticket).end_cause == EndCause.REQUESTED
    assert told(ticket)[-1] == (
        f"State: In progress → Closed. The customer asked for it: {coordinator} (Phone)"
    )


def test_a_customer_who_cancels_asked_themselves(house: House) -> None:
    ticket = make_ticket(house)

    services.transition_ticket(
        ticket=fresh(ticket),
        name="cancel",
        details=TransitionDetails(reason="Solved.", cause="duplicate", asked_by=house.agent),
        by=by(house.requester),
        at=MONDAY_9AM,
    )

    interval = StateInterval.objects.get(ticket=ticket, ended_at=None)
    assert (interval.cause, interval.asked_by) == ("requested", house.requester)
    assert interval.asked_channel == by(house.requester).channel
    assert not TicketLink.objects.exists()


@pytest.mark.parametrize(
    ("name", "given", "fields"),
    [
        ("cancel", {}, {"cause"}),
        ("reject", {"cause": "duplicate"}, {"cause"}),
        ("cancel", {"cause": "junk"}, {"cause"}),
        ("cancel", {"cause": "nonsense"}, {"cause"}),
        ("cancel", {"cause": "duplicate"}, {"duplicate_of"}),
        ("cancel", {"cause": "requested"}, {"asked_by", "asked_channel"}),
        ("cancel", {"cause": "requested", "asked_channel": "phone"}, {"asked_by"}),
    ],
)
def test_a_cause_needs_what_belongs_to_it(
    house: House, name: str, given: dict[str, str], fields: set[str]
) -> None:
    ticket = make_ticket(house)

    with pytest.raises(DetailsMissing) as caught:
        end(house, ticket, name, **given)

    assert set(caught.value.fields) == fields
    assert fresh(ticket).state == State.NEW


def test_who_asked_belongs_to_the_customer_and_told_the_desk(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(DetailsMissing) as caught:
        end(house, ticket, cause="requested", asked_by=house.outsider, asked_channel="monitoring")

    assert set(caught.value.fields) == {"asked_by", "asked_channel"}


@pytest.mark.parametrize(
    "which", ["itself", "other_customer", "rejected", "invalid", "merged", "circle"]
)
def test_a_duplicate_of_what_cannot_be_is_refused_and_nothing_is_changed(
    house: House, which: str
) -> None:
    ticket = make_ticket(house)
    other = ticket
    if which == "other_customer":
        other = make_ticket(house, requester=house.outsider)
    elif which != "itself":
        other = make_ticket(house)
    if which == "rejected":
        step(house, other, "reject", MONDAY_9AM, reason="Not ours.")
    if which == "invalid":
        step(house, other, "start", MONDAY_9AM)
        step(house, other, "close_invalid", MONDAY_9AM, reason="Not ours.")
    if which == "merged":
        survivor = make_ticket(house)
        agent = by(house.agent)
        services.merge_tickets(ticket=other, survivor=survivor, by=agent, at=MONDAY_9AM)
    if which == "circle":
        services.link_tickets(
            ticket=other, other=ticket, kind=LinkKind.DUPLICATE, by=by(house.agent), at=MONDAY_9AM
        )
    links = TicketLink.objects.count()

    with pytest.raises(Invalid) as caught:
        end(house, ticket, cause="duplicate", duplicate_of=fresh(other))

    assert set(caught.value.fields) == {"duplicate_of"}
    assert fresh(ticket).state == State.NEW
    assert TicketLink.objects.count() == links


def test_a_reopened_ticket_has_no_cause_any_more(house: House) -> None:
    house.contract.reopen_days = 5
    house.contract.save()
    ticket = started(house)
    end(house, ticket, "close_invalid", cause="other")
    assert fresh(ticket).end_cause == EndCause.OTHER
    Ticket.objects.filter(pk=ticket.pk).update(reopen_ends_at=MONDAY_9AM + HOUR)

    step(house, ticket, "reopen", MONDAY_9AM, user=house.requester, reason="Again.")

    assert fresh(ticket).end_cause == ""
    assert StateInterval.objects.get(ticket=ticket, state=State.CLOSED).cause == "other"


def test_a_merge_is_a_duplicate_until_it_is_undone(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    agent = by(house.agent)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=agent, at=MONDAY_9AM)
    assert fresh(ticket).end_cause == EndCause.DUPLICATE
    assert StateInterval.objects.get(ticket=ticket, ended_at=None).duplicate_of == survivor

    services.unmerge_ticket(ticket=fresh(ticket), by=agent, at=MONDAY_9AM + HOUR)

    assert fresh(ticket).end_cause == ""


def test_several_tickets_are_called_off_by_the_requester_of_each(house: House) -> None:
    own = make_ticket(house)
    other = make_ticket(house, requester=house.people["coordinator"])
    details = TransitionDetails(reason="Outage over.", cause="requested", asked_channel="email")

    changed = services.change_each(
        changes=[Change(each.pk, None, Stepping("cancel", details)) for each in (own, other)],
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    assert [each.refusal for each in changed] == ["", ""]
    asked = StateInterval.objects.filter(cause="requested").order_by("ticket_id")
    assert [each.asked_by for each in asked] == [house.requester, house.people["coordinator"]]


def test_a_cause_of_another_step_links_nothing(house: House) -> None:
    first = make_ticket(house)
    ticket = make_ticket(house)

    end(house, ticket, "start", cause="duplicate", duplicate_of=first)

    assert fresh(ticket).state == State.IN_PROGRESS
    assert not TicketLink.objects.exists()
    assert StateInterval.objects.get(ticket=ticket, ended_at=None).cause == ""


def test_every_step_that_ends_unsolved_offers_causes() -> None:
    offered = {name: set(each.causes) for name, each in TRANSITIONS.items() if each.causes}

    assert offered == {
        "reject": set(REFUSED),
        "close_invalid": set(REFUSED),
        "cancel": set(CALLED_OFF),
        "close_cancelled": set(CLOSED_OFF),
    }
