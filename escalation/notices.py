"""Who is told when a promise is at risk or broken."""

from datetime import datetime

from accounts.models import User
from accounts.queries import supervisors_of
from escalation.models import Escalation, EscalationLevel
from escalation.queries import acknowledge_token
from notifications.services import Letter
from sla.models import Clock
from tickets.models import Ticket
from tickets.notices import send, ticket_letter


def tell_level(*, ticket: Ticket, escalation: Escalation, level: EscalationLevel | None, at: datetime) -> None:
    """Tell the level's contact, with the link that acknowledges; without a matrix, the desk's supervisors."""
    key = f"escalation:{escalation.pk}"
    context = {"cause": escalation.cause, "reason": escalation.reason, "position": escalation.position}
    if level is None:
        people = supervisors_of(ticket.organization_id)
        send(ticket, [_letter(ticket, person, key, **context) for person in people], at)
        return
    path = f"/escalations/{acknowledge_token(escalation)}/"
    person = level.contact or User(email=level.email, full_name=level.contact_name, language=ticket.organization.language)
    letter = ticket_letter(
        ticket,
        to=person,
        template="escalation",
        key=key,
        for_staff=True,
        acknowledge_path=path,
        acknowledge_minutes=level.acknowledge_minutes,
        **context,
    )
    send(ticket, [letter], at)


def tell_clock(*, ticket: Ticket, clock: Clock, segment_id: int, percent: int, at: datetime) -> None:
    """Tell whoever holds the ticket, or the desk's supervisors while nobody does, that a clock reached a threshold."""
    reader = ticket.assignee or ticket.owner
    people = [reader] if reader is not None else supervisors_of(ticket.organization_id)
    due = clock.due_at.isoformat() if clock.due_at else ""
    key = f"clock:{clock.pk}:{segment_id}:{percent}"
    letters = [
        ticket_letter(ticket, to=person, template="clock", key=key, for_staff=True, metric=clock.metric, percent=percent, due_at=due)
        for person in people
    ]
    send(ticket, letters, at)


def tell_out_of_contract(*, ticket: Ticket, at: datetime) -> None:
    """Tell the desk's supervisors that a ticket came in without a contract in force (SPEC 1.2)."""
    people = supervisors_of(ticket.organization_id)
    send(ticket, [ticket_letter(ticket, to=p, template="out_of_contract", key=f"out:{ticket.pk}", for_staff=True) for p in people], at)


def _letter(ticket: Ticket, person: User, key: str, **context: object) -> Letter:
    return ticket_letter(ticket, to=person, template="escalation", key=key, for_staff=True, **context)
