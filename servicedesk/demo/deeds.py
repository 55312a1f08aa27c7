"""Acts of agents and customers in the demonstration, one per method."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from escalation.queries import escalations_of
from escalation.services import acknowledge_escalation, request_escalation
from foundation.accounts.models import User
from foundation.core.actor import Actor
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from servicedesk.demo import content
from servicedesk.demo.audits import _by
from servicedesk.demo.house import House
from tickets import services
from tickets.endings import EndCause
from tickets.models import DataChange, Ticket
from tickets.services import Classification, TransitionDetails
from tickets.states import TRANSITIONS, SolutionType

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Deeds:
    house: House
    random: random.Random

    def _later(self, pk: int, at: datetime, step: Callable[[Ticket, datetime], None]) -> None:
        """Plan a step of a ticket at ``at``."""
        raise NotImplementedError

    def _plan_life(self, pk: int, at: datetime) -> None:
        """Plan the later steps of a new ticket."""
        raise NotImplementedError

    def _by(self, user: User) -> Actor:
        return Actor(person_id=user.pk, channel=Channel.DESK)

    def _take(self, ticket: Ticket, agent: User, at: datetime) -> None:
        """Assign, classify and answer the ticket, which stops its reaction clock. The agent also
        acknowledges its escalations.
        """
        by = self._by(agent)
        services.assign_ticket(ticket=ticket, assignee=agent, by=by, at=at)
        raised = self.random.random() < 0.15
        services.classify_ticket(
            ticket=ticket,
            classification=Classification(
                impact=Impact.SIGNIFICANT if raised else Impact(ticket.impact),
                urgency=Urgency(ticket.urgency),
                kind=Kind(ticket.kind),
                service=ticket.service,
            ),
            by=by,
            at=at,
        )
        services.reply_to_customer(
            ticket=ticket, body=self.random.choice(content.REPLIES), by=by, at=at + MINUTE
        )
        if "start" in {
            step.name for step in services.possible_transitions(ticket=ticket, user=agent, at=at)
        }:
            services.transition_ticket(ticket=ticket, name="start", by=by, at=at + 2 * MINUTE)
        for escalation in escalations_of(ticket):
            acknowledge_escalation(escalation=escalation, by=by, at=at)

    def _state(self, ticket: Ticket, agent: User, at: datetime) -> None:
        services.send_attention_statement(
            ticket=ticket,
            body=self.random.choice(content.STATEMENTS),
            estimated_at=at + self.random.randint(3, 30) * HOUR,
            by=self._by(agent),
            at=at,
        )

    def _solve(self, ticket: Ticket, agent: User, at: datetime) -> None:
        if ticket.service.needs_analysis:
            self._change_data(ticket, agent, at)
        kind = SolutionType.WORKAROUND if self.random.random() < 0.15 else SolutionType.DEFINITIVE
        self._step(
            ticket,
            "solve",
            agent,
            at,
            message=self.random.choice(content.SOLUTIONS),
            solution_type=kind,
        )
        fate = self.random.random()
        if fate < 0.04:
            self._later(ticket.pk, at + 70 * HOUR, self._follow_up)
        if fate < 0.62:
            self._later(
                ticket.pk,
                at + self.random.randint(1, 40) * HOUR,
                lambda t, now: self._customer_step(t, "approve", now),
            )
        elif fate < 0.7:
            reason = self.random.choice(content.DECLINES)
            self._later(
                ticket.pk,
                at + self.random.randint(1, 20) * HOUR,
                lambda t, now: self._customer_step(t, "decline", now, reason),
            )
            self._later(ticket.pk, at + 44 * HOUR, lambda t, now: self._solve(t, agent, now))

    def _change_data(self, ticket: Ticket, agent: User, at: datetime) -> None:
        """Record the functional analysis of a change of data, and that the change was made."""
        analysis = services.write_analysis(
            ticket=ticket,
            analysis=services.Analysis(
                kind=DataChange.UPDATE,
                environment=ticket.environment,
                tables="movimientos",
                finding="El periodo está cerrado y la aplicación ya no permite corregirlo.",
                change="UPDATE movimientos SET almacen = 'B2' WHERE folio = 4711;",
                undoing="UPDATE movimientos SET almacen = 'A1' WHERE folio = 4711;",
            ),
            by=self._by(agent),
            at=at - 30 * MINUTE,
        )
        services.note_run(analysis=analysis, rows=1, by=self._by(agent), at=at - 5 * MINUTE)

    def _refuse(self, ticket: Ticket, name: str, agent: User, at: datetime) -> None:
        """End a ticket without a solution, with a cause."""
        causes = TRANSITIONS[name].causes
        cause = EndCause.REQUESTED if EndCause.REQUESTED in causes else self.random.choice(causes)
        is_asked = cause is EndCause.REQUESTED
        self._step(
            ticket,
            name,
            agent,
            at,
            reason="No corresponde a los servicios de la mesa o ya no se requiere.",
            cause=cause,
            asked_by=ticket.requester if is_asked else None,
            asked_channel=Channel.PHONE if is_asked else "",
        )

    def _escalate(self, ticket: Ticket, at: datetime) -> None:
        request_escalation(
            ticket=ticket, reason="Nadie nos ha contestado.", by=_by(ticket.requester), at=at
        )

    def _follow_up(self, ticket: Ticket, at: datetime) -> None:
        by = Actor(person_id=ticket.requester_id, channel=Channel.PORTAL)
        follower = services.follow_up_ticket(
            ticket=ticket, body=self.random.choice(content.FOLLOW_UPS), by=by, at=at
        )
        self._plan_life(follower.pk, at)

    def _answer(self, ticket: Ticket, at: datetime) -> None:
        by = Actor(person_id=ticket.requester_id, channel=Channel.PORTAL)
        services.reply_as_customer(
            ticket=ticket, body=self.random.choice(content.ANSWERS), by=by, at=at
        )

    def _customer_step(self, ticket: Ticket, name: str, at: datetime, reason: str = "") -> None:
        by = Actor(person_id=ticket.requester_id, channel=Channel.PORTAL)
        services.transition_ticket(
            ticket=ticket, name=name, details=TransitionDetails(reason=reason), by=by, at=at
        )

    def _step(self, ticket: Ticket, name: str, agent: User, at: datetime, **details: Any) -> None:
        services.transition_ticket(
            ticket=ticket,
            name=name,
            details=TransitionDetails(**details),
            by=self._by(agent),
            at=at,
        )
