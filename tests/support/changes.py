"""Acts that change tickets, and rules on them."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from catalog.models import Contract
from escalation.models import EscalationRule
from foundation.core.classification import Impact, Kind
from foundation.core.errors import DomainError
from tests.support.house import MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.lives import second_contract
from tests.support.rules import rule
from tests.support.tickets import SOLUTION, change, classify, step
from tickets import services
from tickets.models import Ticket
from tickets.queries import tags_of

NOTED: dict[str, Any] = {"percent": None, "action": "note", "note": "Look at the invoice first."}


def on_change(*changes: str, **values: Any) -> EscalationRule:
    return rule(**(NOTED | {"trigger": "changed", "changes": list(changes)} | values))


def on_raise(**values: Any) -> EscalationRule:
    return rule(**(NOTED | {"trigger": "raised"} | values))


def tag(house: House, ticket: Ticket, name: str, at: datetime) -> None:
    services.tag_ticket(ticket=fresh(ticket), names=[name], by=by(house.agent), at=at)


def assign(house: House, ticket: Ticket, at: datetime, person: str = "agent") -> None:
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff[person], by=by(house.agent), at=at
    )


def write(house: House, ticket: Ticket, at: datetime) -> None:
    services.reply_as_customer(
        ticket=fresh(ticket), body=f"Still so at {at}.", by=by(house.requester), at=at
    )


def move(house: House, ticket: Ticket, at: datetime) -> None:
    """Put the ticket under the other of the customer's two contracts."""
    both = Contract.objects.filter(organization=house.north).order_by("pk")
    if len(both) == 1:
        second_contract(house)
    other = both.exclude(pk=fresh(ticket).binding_contract_id).first()
    assert other is not None
    change(house, ticket, other, at)


CHANGES: dict[str, Callable[[House, Ticket, datetime], None]] = {
    "classified": lambda house, ticket, at: classify(house, fresh(ticket), at, kind=Kind.REQUEST),
    "contract": move,
    "assigned": assign,
    "tagged": lambda house, ticket, at: tag(house, ticket, "billing", at),
    "customer_wrote": write,
}


def _untag(house: House, ticket: Ticket, at: datetime) -> None:
    for one in tags_of(ticket)[:1]:
        services.untag_ticket(ticket=ticket, tag=one, by=by(house.agent), at=at)


def _start(house: House, ticket: Ticket, at: datetime) -> None:
    if fresh(ticket).state == "new":
        step(house, ticket, "start", at)


def _ask(house: House, ticket: Ticket, at: datetime) -> None:
    if fresh(ticket).state == "in_progress":
        step(house, ticket, "pend_user", at, message=f"Which one at {at}?")


def _solve(house: House, ticket: Ticket, at: datetime) -> None:
    if fresh(ticket).state == "in_progress":
        step(house, ticket, "solve", at, **SOLUTION)


def _decline(house: House, ticket: Ticket, at: datetime) -> None:
    if fresh(ticket).state == "solved":
        step(house, ticket, "decline", at, user=house.requester, reason=f"Still fails at {at}.")


def lived(
    house: House, seed: int, seen: Callable[[Ticket, datetime], None] = lambda ticket, at: None
) -> list[Ticket]:
    """Raise six tickets on which people act at random for seven hours; ``seen`` is called with
    the ticket after each act.
    """
    chance = random.Random(seed)
    acts: list[Callable[[House, Ticket, datetime], None]] = [
        *CHANGES.values(),
        lambda house, ticket, at: classify(
            house, fresh(ticket), at, impact=chance.choice(list(Impact))
        ),
        lambda house, ticket, at: classify(house, fresh(ticket), at),
        lambda house, ticket, at: assign(house, ticket, at, chance.choice(["agent", "agent2"])),
        lambda house, ticket, at: tag(house, ticket, chance.choice(["vip", "other"]), at),
        _untag,
        _start,
        _ask,
        _solve,
        _decline,
    ]
    tickets = []
    for number in range(6):
        at = MONDAY_9AM + number * MINUTE
        subject = chance.choice(["The invoice fails", "A new printer"])
        kind = chance.choice([Kind.INCIDENT, Kind.REQUEST])
        tickets.append(make_ticket(house, at=at, subject=subject, kind=kind))
    for number in range(60):
        at = MONDAY_9AM + (number + 10) * 7 * MINUTE
        ticket = chance.choice(tickets)
        with suppress(DomainError):  # not every act is possible in every state
            chance.choice(acts)(house, ticket, at)
        seen(fresh(ticket), at)
    return tickets
