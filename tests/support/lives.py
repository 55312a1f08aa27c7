"""Random histories of tickets, and contracts to switch between."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from catalog.models import Contract, ContractService
from catalog.services import publish_matrix
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.core.errors import Invalid, NotAllowed
from sla.clocks.services import settle_ticket
from sla.metrics import Metric
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from sla.simulation.drafts import (
    Draft,
)
from tests.support.house import (
    DAY,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import register
from tickets import services as tickets
from tickets.models import Ticket
from tickets.services import Classification, TransitionDetails
from tickets.stays import StayMark


def drafted(metric: Metric, minutes: int, support_type: str = "") -> Draft:
    return Draft(
        targets={
            (metric, support_type, priority): timedelta(minutes=minutes) for priority in Priority
        }
    )


class Life:
    """Random histories of tickets: acts that move clocks, in random order at random instants.
    Refused acts are skipped.
    """

    def __init__(
        self, house: House, seed: int, contracts: list[Contract], *, has_mails: bool = False
    ) -> None:
        """``has_mails``: every third ticket came by e-mail and is registered up to four days later
        than it arrived.
        """
        self.house = house
        self.dice = random.Random(seed)
        self.mails = random.Random(seed) if has_mails else None
        self.contracts = contracts

    def live(self, begin: datetime = MONDAY_9AM, days: int = 27) -> None:
        """Raise a ticket within ``days`` of ``begin`` and let it live to its end."""
        for _instant in self.moments(begin, days):
            pass

    def moments(self, begin: datetime, days: int) -> Iterator[datetime]:
        """Yield the instant of each act of one ticket before the act; the first raises it."""
        at = arrived = begin + timedelta(minutes=self.dice.randrange(days * 24 * 60))
        is_mail = self.mails is not None and self.mails.random() < 1 / 3
        if self.mails is not None and is_mail:
            at += timedelta(minutes=self.mails.randrange(4 * 24 * 60))
        yield at
        pick = self.dice.choice
        values: dict[str, Any] = {
            "service": pick(["erp", "network"]),
            "impact": pick(list(Impact)),
            "urgency": pick(list(Urgency)),
            "kind": pick(list(Kind)),
        }
        if is_mail:
            mail = tickets.Arrival(at=arrived)
            ticket = register(self.house, at, mail, Channel.EMAIL, **values)
        else:
            ticket = make_ticket(self.house, at=at, **values)
        for _ in range(self.dice.randrange(9)):
            at += timedelta(
                minutes=self.dice.choice([3, 25, 70, 300, 1500]), seconds=self.dice.randrange(60)
            )
            yield at
            if self.dice.random() < 0.5:
                settle_ticket(ticket_id=ticket.pk, at=at - timedelta(seconds=1))
            self._act(ticket, at)

    def _act(self, ticket: Ticket, at: datetime) -> None:
        acts = [
            self._reply,
            *3 * [self._state],
            self._mark,
            self._classify,
            self._contract,
            self._answer,
        ]
        try:
            self.dice.choice(acts)(ticket, at)
        except (
            Invalid,
            NotAllowed,
            tickets.TransitionNotAllowed,
            tickets.DetailsMissing,
            tickets.ActionNotAllowed,
        ):
            return

    def _reply(self, ticket: Ticket, at: datetime) -> None:
        if self.dice.random() < 0.5:
            tickets.reply_to_customer(
                ticket=fresh(ticket), body="We look.", by=by(self.house.agent), at=at
            )
            return
        tickets.send_attention_statement(
            ticket=fresh(ticket),
            body="A plan.",
            estimated_at=at + DAY,
            by=by(self.house.agent),
            at=at,
        )

    def _answer(self, ticket: Ticket, at: datetime) -> None:
        tickets.reply_as_customer(
            ticket=fresh(ticket), body="This one.", by=by(self.house.requester), at=at
        )

    def _state(self, ticket: Ticket, at: datetime) -> None:
        seen = fresh(ticket)
        name, who = self.dice.choice(
            [
                ("start", self.house.agent),
                ("pend_user", self.house.agent),
                ("pend_supplier", self.house.agent),
                ("solve", self.house.agent),
                ("decline", self.house.requester),
                ("approve", self.house.requester),
                ("cancel", self.house.requester),
                ("close_invalid", self.house.agent),
                ("reject", self.house.agent),
            ]
        )
        details = TransitionDetails(
            reason="So.",
            cause="other",
            message="Which?",
            supplier="Link",
            supplier_case="7",
            promised_on=(at + DAY).date(),
            solution_type="definitive",
        )
        tickets.transition_ticket(ticket=seen, name=name, details=details, by=by(who), at=at)

    def _mark(self, ticket: Ticket, at: datetime) -> None:
        """Mark the stay, or take its mark off."""
        seen = fresh(ticket)
        agent = by(self.house.agent)
        if seen.stay_mark and self.dice.random() < 0.6:
            tickets.go_on(ticket=seen, by=agent, at=at)
            return
        mark = self.dice.choice(list(StayMark))
        tickets.mark_stay(ticket=seen, mark=mark, reason="A part.", by=agent, at=at)

    def _classify(self, ticket: Ticket, at: datetime) -> None:
        pick = self.dice.choice
        change = Classification(
            impact=pick(list(Impact)),
            urgency=pick(list(Urgency)),
            kind=pick(list(Kind)),
            service=self.house.services[pick(["erp", "network"])],
        )
        supervisor = by(self.house.staff["desk_supervisor"])
        tickets.classify_ticket(
            ticket=fresh(ticket), classification=change, reason="Seen.", by=supervisor, at=at
        )

    def _contract(self, ticket: Ticket, at: datetime) -> None:
        tickets.change_contract(
            ticket=fresh(ticket),
            contract=self.dice.choice(self.contracts),
            reason="Signed.",
            from_start=self.dice.random() < 0.3,
            by=by(self.house.staff["desk_supervisor"]),
            at=at,
        )


def second_contract(house: House) -> Contract:
    gold = Contract.objects.create(
        organization=house.north, reference="GOLD", starts_on=date(2024, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=gold, service=service)
    own = [
        PolicyTarget(metric=metric, priority=p, minutes=45 * p)
        for metric in ("reaction", "attention")
        for p in Priority
    ]
    later = [
        PolicyTarget(metric="resolution", priority=priority, minutes=900 * priority)
        for priority in Priority
    ]
    terms = [
        PolicyTarget(metric="resolution", priority=priority, days=priority) for priority in Priority
    ]
    early = MONDAY_9AM - 30 * DAY
    publish_policy(
        organization=house.north,
        contract=gold,
        targets=own + later,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    publish_policy(
        organization=house.north,
        targets=terms,
        effective_from=early,
        pauses_extend_terms=True,
        by=SETUP,
        at=early,
    )
    cells = {(Urgency.LOW, Impact.MINOR): Priority.HIGH}
    publish_matrix(contract=gold, cells=cells, effective_from=early, by=SETUP, at=early)
    return gold


def third_contract(house: House) -> Contract:
    """Create a contract with the service guide's reaction targets for high and critical priority,
    its attention target for critical, and 10 minutes otherwise: some promises stay the same.
    """
    silver = Contract.objects.create(
        organization=house.north, reference="SILVER", starts_on=date(2024, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=silver, service=service)
    same = {
        ("reaction", Priority.CRITICAL): 40,
        ("reaction", Priority.HIGH): 60,
        ("attention", Priority.CRITICAL): 180,
    }
    own = [
        PolicyTarget(metric=m, priority=p, minutes=same.get((m, p), 10))
        for m in ("reaction", "attention")
        for p in Priority
    ]
    resolution = [
        PolicyTarget(metric="resolution", priority=priority, minutes=300) for priority in Priority
    ]
    early = MONDAY_9AM - 30 * DAY
    publish_policy(
        organization=house.north,
        contract=silver,
        targets=own + resolution,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    return silver
