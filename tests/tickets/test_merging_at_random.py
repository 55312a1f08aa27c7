"""A merge and its undoing change nothing, at whatever points of a ticket's life: random lives, each
beside a twin that was never merged.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from foundation.core.classification import Impact
from foundation.core.errors import DomainError
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.merging import merge, shape_of, unmerge
from tests.support.tickets import reclassify, step
from tickets import services
from tickets.models import Merge, Ticket
from tickets.states import OPEN_STATES

Act = Callable[[House, Ticket, datetime], object]


def _start(house: House, ticket: Ticket, at: datetime) -> None:
    step(house, ticket, "start", at)


def _ask(house: House, ticket: Ticket, at: datetime) -> None:
    step(house, ticket, "pend_user", at, message="Which one?")


def _answer(house: House, ticket: Ticket, at: datetime) -> None:
    services.reply_as_customer(
        ticket=fresh(ticket), body=f"This, at {at}.", by=by(house.requester), at=at
    )


def _wait(house: House, ticket: Ticket, at: datetime) -> None:
    day = (at + timedelta(days=3)).date()
    step(house, ticket, "pend_supplier", at, supplier="Link", supplier_case="7", promised_on=day)


def _inform(house: House, ticket: Ticket, at: datetime) -> None:
    services.reply_to_customer(
        ticket=fresh(ticket), body=f"We look, at {at}.", by=by(house.agent), at=at
    )


def _state(house: House, ticket: Ticket, at: datetime) -> None:
    services.send_attention_statement(
        ticket=fresh(ticket),
        body=f"Soon, at {at}.",
        estimated_at=at + HOUR,
        by=by(house.agent),
        at=at,
    )


def _reclassify(house: House, ticket: Ticket, at: datetime) -> None:
    impact = Impact.EXTENSIVE if ticket.impact == Impact.MINOR else Impact.MINOR
    reclassify(house, ticket, at, impact)


def _settle(house: House, ticket: Ticket, at: datetime) -> None:
    settle_ticket(ticket_id=ticket.pk, at=at)


ACTS: list[Act] = [_start, _ask, _answer, _wait, _inform, _state, _reclassify, _settle]


def live(house: House, seed: int) -> int:
    """Lead a ticket and its twin through the same random acts; the first is merged and taken out
    again between them. Return how often, after comparing the two.
    """
    chance = random.Random(seed)  # noqa: S311 - the same lives every time
    at = MONDAY_9AM + seed % 40 * HOUR
    ticket, twin, survivor = (make_ticket(house, at=at) for _ in range(3))
    for _ in range(chance.randint(3, 9)):
        at += chance.choice([MINUTE, 20 * MINUTE, 3 * HOUR, 26 * HOUR])
        act = chance.choice(ACTS)
        refused = []
        for each in (ticket, twin):
            try:
                act(house, fresh(each), at)
            except DomainError as error:
                refused.append(type(error))
        assert len(refused) in {0, 2}  # a refusal of one is one of the other
        if chance.random() < 0.5 and fresh(ticket).state in OPEN_STATES:
            at += chance.choice([MINUTE, HOUR])
            merge(house, ticket, survivor, at=at)
            at += chance.choice([MINUTE, 5 * HOUR, 30 * HOUR])
            unmerge(house, ticket, at)
            _settle(house, twin, at)  # as the undoing does
    assert shape_of(ticket) == shape_of(twin), seed
    assert not rebuild_clocks(ticket=fresh(ticket), write=False), seed
    return Merge.objects.filter(absorbed=ticket).count()


@pytest.mark.parametrize("part", range(4))
def test_random_lives(house: House, part: int) -> None:
    assert sum(live(house, seed) for seed in range(part * 4, part * 4 + 4)) > 3


@pytest.mark.once  # PostgreSQL lives sixteen lives in the fast part
@pytest.mark.long
def test_many_random_lives(house: House) -> None:
    assert sum(live(house, seed) for seed in range(100, 180)) > 100
