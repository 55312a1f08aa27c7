"""Who is told when a promise is at risk or broken."""

from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.queries import supervisors_of
from escalation.duty import Answering, roster_on
from escalation.models import Escalation, EscalationLevel
from escalation.queries import acknowledge_token
from notifications.services import Letter
from sla.models import Clock
from tickets.models import Ticket
from tickets.notices import send, ticket_letter


def tell_level(*, ticket: Ticket, escalation: Escalation, level: EscalationLevel | None, answering: Answering | None, at: datetime) -> None:
    """Tell who answers for the level, when they are on duty, with the link that acknowledges; without a matrix, the supervisors."""
    key = f"escalation:{escalation.pk}"
    context: dict[str, Any] = {"cause": escalation.cause, "reason": escalation.reason, "position": escalation.position}
    if level is None or answering is None:
        people = supervisors_of(ticket.organization_id)
        send(ticket, [_letter(ticket, person, key, **context) for person in people], at)
        return
    path = f"/escalations/{acknowledge_token(escalation)}/"
    letters = [
        ticket_letter(
            ticket,
            to=person,
            template="escalation",
            key=key,
            for_staff=True,
            not_before=answering.at,
            acknowledge_path=path,
            acknowledge_minutes=level.acknowledge_minutes,
            **context,
        )
        for person in answering.people
    ]
    send(ticket, letters, at)


def tell_clock(*, ticket: Ticket, clock: Clock, segment_id: int, percent: int, at: datetime) -> None:
    """Tell whoever holds the ticket, or stands in for them, that a clock reached a threshold; otherwise the supervisors on duty."""
    due = clock.due_at.isoformat() if clock.due_at else ""
    key = f"clock:{clock.pk}:{segment_id}:{percent}"
    letters = [
        ticket_letter(ticket, to=person, template="clock", key=key, for_staff=True, metric=clock.metric, percent=percent, due_at=due)
        for person in _holders(ticket, at)
    ]
    send(ticket, letters, at)


def _holders(ticket: Ticket, at: datetime) -> list[User]:
    """Return who looks after the ticket now. Nobody on duty at all: every supervisor, so that nothing is lost."""
    roster = roster_on(at)
    for holder in (ticket.assignee, ticket.owner):
        found = roster.stand_in(holder, at)
        if found is not None:
            return [found]
    supervisors = supervisors_of(ticket.organization_id)
    return [person for person in supervisors if roster.is_on_duty(person.pk, at)] or supervisors


def tell_out_of_contract(*, ticket: Ticket, at: datetime) -> None:
    """Tell the desk's supervisors that a ticket came in without a contract in force (SPEC 1.2)."""
    people = supervisors_of(ticket.organization_id)
    send(ticket, [ticket_letter(ticket, to=p, template="out_of_contract", key=f"out:{ticket.pk}", for_staff=True) for p in people], at)


def _letter(ticket: Ticket, person: User, key: str, **context: Any) -> Letter:
    return ticket_letter(ticket, to=person, template="escalation", key=key, for_staff=True, **context)
