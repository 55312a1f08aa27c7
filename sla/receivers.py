from foundation.calendars.events import CalendarVersionPublished
from foundation.core.actor import system_actor
from foundation.core.enqueuing import enqueue_after_commit
from sla.clocks import services
from sla.permissions import can_relieve_breaches
from sla.tasks import redate_by_version
from tickets.events import (
    AnswerTermEnded,
    CustomerInformed,
    NumberGiven,
    RequesterChanged,
    TicketClassified,
    TicketContractChanged,
    TicketEvent,
    TicketRaised,
    TicketStateChanged,
    TicketStayMarked,
    TicketUnmerged,
)
from tickets.models import Ticket

CLOCKS = system_actor("clocks")


def on_requester_changed(event: RequesterChanged) -> None:
    """Raise ``NotAllowed`` when the ticket would have other terms."""
    assert isinstance(event.ticket, Ticket)
    services.require_same_terms(ticket=event.ticket, old_requester_id=event.old_requester_id)


def on_calendar_version_published(event: CalendarVersionPublished) -> None:
    """Raise ``ValidationError`` if the version would leave an open promise without a date or an
    extension without hours. Re-date after the commit; if the broker is down, ``sweep_redating``
    does it.
    """
    assert event.organization_id is not None
    services.check_calendar_version(
        version_id=event.version_id, is_renewal=event.is_renewal, at=event.at
    )
    enqueue_after_commit(redate_by_version, event.organization_id, event.version_id)


def on_ticket_raised(event: TicketRaised) -> None:
    assert isinstance(event.ticket, Ticket)
    services.start_clocks(ticket=event.ticket, at=event.at)


def on_customer_informed(event: CustomerInformed) -> None:
    ticket = _ticket(event)
    services.set_answer_term(ticket=ticket, at=event.at)
    if event.has_reader:
        services.stop_clocks_for_message(ticket=ticket, kind=event.kind, by=CLOCKS, at=event.at)


def on_answer_term_ended(event: AnswerTermEnded) -> None:
    services.set_answer_term(ticket=_ticket(event), at=event.at, begins=False)


def on_number_given(event: NumberGiven) -> None:
    services.stop_reaction(ticket=_ticket(event), by=CLOCKS, at=event.at)


def on_ticket_state_changed(event: TicketStateChanged) -> None:
    ticket = _ticket(event)
    services.update_clocks_for_state(ticket=ticket, by=CLOCKS, at=event.at)
    services.set_terms(ticket=ticket, by=CLOCKS, at=event.at)


def on_ticket_stay_marked(event: TicketStayMarked) -> None:
    services.update_clocks_for_state(ticket=_ticket(event), by=CLOCKS, at=event.at)


def on_ticket_unmerged(event: TicketUnmerged) -> None:
    ticket = _ticket(event)
    services.reinstate_clocks(ticket=ticket, withdrawn_at=event.merged_at, by=CLOCKS, at=event.at)
    services.set_answer_term(ticket=ticket, at=event.at)


def on_ticket_contract_changed(event: TicketContractChanged) -> None:
    ticket = _ticket(event)
    services.rebind_clocks(ticket=ticket, from_start=event.from_start, by=CLOCKS, at=event.at)
    services.set_answer_term(ticket=ticket, at=event.at)


def on_ticket_classified(event: TicketClassified) -> None:
    ticket = _ticket(event)
    if event.is_rebound:
        services.set_answer_term(ticket=ticket, at=event.at)
    services.retarget_clocks(
        ticket=ticket,
        can_relieve=can_relieve_breaches(event.person_id),
        from_start=event.from_start,
        is_rebound=event.is_rebound,
        leaves_contract=event.leaves_contract,
        by=CLOCKS,
        at=event.at,
    )


def _ticket(event: TicketEvent) -> Ticket:
    ticket: Ticket = Ticket.objects.select_related(
        "organization", "contract", "requester", "service"
    ).get(pk=event.ticket_id)
    return ticket
