from audits import services
from audits.queries import audit_of_ticket
from sla.events import ClockBreached, ClockWarned
from sla.metrics import Metric
from tickets.events import CustomerInformed, TicketContractChanged, TicketRaised, TicketStateChanged
from tickets.models import Ticket


def on_ticket_state_changed(event: TicketStateChanged) -> None:
    """Apply the audit's rules to a state change of its ticket; ``NotAllowed``
    prevents the change.
    """
    audit = audit_of_ticket(event.ticket_id)
    if audit is not None:
        services.follow_ticket(
            audit=audit, from_state=event.from_state, to_state=event.to_state, at=event.at
        )


def on_customer_informed(event: CustomerInformed) -> None:
    """Raise ``NotAllowed`` for a staff message with files that bypass the delivery of evidence."""
    audit = audit_of_ticket(event.ticket_id)
    if audit is not None:
        services.guard_message(audit=audit, message_id=event.message_id)
    else:
        services.guard_files(ticket_id=event.ticket_id, message_id=event.message_id)


def on_ticket_raised(event: TicketRaised) -> None:
    """Raise ``NotAllowed`` when the desk registers a ticket with a file of undelivered evidence."""
    assert isinstance(event.ticket, Ticket)
    if event.ticket.owner_id is not None:
        services.guard_files(ticket_id=event.ticket_id, message_id=None)


def on_ticket_contract_changed(event: TicketContractChanged) -> None:
    """Raise ``NotAllowed`` when an audit's ticket gets another contract."""
    if audit_of_ticket(event.ticket_id) is not None:
        services.refuse_contract_change()


def on_clock_warned(event: ClockWarned) -> None:
    _ask_for_notice(event, event.percent)


def on_clock_breached(event: ClockBreached) -> None:
    _ask_for_notice(event, 100)


def _ask_for_notice(event: ClockWarned | ClockBreached, percent: int) -> None:
    audit = audit_of_ticket(event.ticket_id) if event.metric == Metric.DELIVERY else None
    if audit is not None:
        services.demand_delay_notice(audit=audit, percent=percent, at=event.at)
