from escalation import notices, services
from escalation.models import Cause
from sla.events import ClockBreached, ClockWarned
from sla.models import Clock
from tickets.events import SolutionDeclined, TicketRaised
from tickets.models import Ticket


def on_clock_warned(event: ClockWarned) -> None:
    notices.tell_clock(
        ticket=_ticket(event.ticket_id),
        clock=Clock.objects.get(pk=event.clock_id),
        segment_id=event.segment_id,
        percent=event.percent,
        at=event.at,
    )


def on_clock_breached(event: ClockBreached) -> None:
    ticket = _ticket(event.ticket_id)
    notices.tell_clock(ticket=ticket, clock=Clock.objects.get(pk=event.clock_id), segment_id=event.segment_id, percent=100, at=event.at)
    # Two clocks that breach in one sweep share the instant: the ladder moves once.
    key = f"breach:{event.at.isoformat()}"
    services.escalate_ticket(ticket=ticket, cause=Cause.BREACH, cause_key=key, by=services.ESCALATOR, at=event.at)


def on_solution_declined(event: SolutionDeclined) -> None:
    key = f"declined:{event.at.isoformat()}"
    services.escalate_ticket(ticket=_ticket(event.ticket_id), cause=Cause.DECLINED, cause_key=key, by=services.ESCALATOR, at=event.at)


def on_ticket_raised(event: TicketRaised) -> None:
    if event.is_out_of_contract:
        notices.tell_out_of_contract(ticket=_ticket(event.ticket_id), at=event.at)


def _ticket(ticket_id: int) -> Ticket:
    ticket: Ticket = Ticket.objects.select_related("organization", "requester", "assignee", "owner").get(pk=ticket_id)
    return ticket
