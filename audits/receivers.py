from audits import services
from audits.events import EvidenceSubmitted
from audits.queries import audit_of_ticket
from audits.tasks import convert_evidence
from foundation.accounts.events import AccountChanging
from foundation.accounts.tenancy import every_organization
from foundation.core.enqueuing import enqueue_after_commit
from sla.events import ClockBreached, ClockEvent, ClocksAnnounced, ClockWarned
from sla.metrics import Metric
from tickets.events import (
    CustomerInformed,
    CustomerReplied,
    RequesterChanged,
    TicketClassified,
    TicketContractChanged,
    TicketMerged,
    TicketRaised,
    TicketStateChanged,
)


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
        services.wait_for_answer(audit=audit)
    else:
        _guard_files(event, event.message_id)


def on_customer_replied(event: CustomerReplied) -> None:
    """Raise ``NotAllowed`` when a member of the staff who is also a member of the organization
    replies with a file that bypasses the delivery of evidence.
    """
    _guard_files(event, event.message_id)


def on_account_changing(event: AccountChanging) -> None:
    """Raise ``NotAllowed`` when the person has worked with undelivered evidence: who changes their
    address or password could open it in their name.
    """
    with every_organization(reason="find out whether a person handles evidence of any customer"):
        services.guard_account(person_id=event.person_id)


def on_ticket_raised(event: TicketRaised) -> None:
    """Raise ``NotAllowed`` when a member of the staff raises or registers a ticket, on whatever
    channel, with a file that bypasses the delivery of evidence.
    """
    _guard_files(event, None)


def _guard_files(
    event: CustomerInformed | CustomerReplied | TicketRaised, message_id: int | None
) -> None:
    assert event.organization_id is not None
    services.guard_files(
        organization_id=event.organization_id,
        ticket_id=event.ticket_id,
        message_id=message_id,
        person_id=event.person_id,
    )


def on_evidence_submitted(event: EvidenceSubmitted) -> None:
    """Start the worker after the commit; without a broker, ``sweep_evidence`` converts it."""
    assert event.organization_id is not None
    enqueue_after_commit(convert_evidence, event.organization_id, event.evidence_id)


def on_ticket_classified(event: TicketClassified) -> None:
    """Raise ``NotAllowed`` when the new service puts an audit's ticket under other terms."""
    if event.is_rebound and audit_of_ticket(event.ticket_id) is not None:
        services.refuse_contract_change()


def on_ticket_contract_changed(event: TicketContractChanged) -> None:
    """Raise ``NotAllowed`` when an audit's ticket gets another contract."""
    if audit_of_ticket(event.ticket_id) is not None:
        services.refuse_contract_change()


def on_requester_changed(event: RequesterChanged) -> None:
    """Raise ``NotAllowed`` when an audit's ticket gets another requester."""
    if audit_of_ticket(event.ticket_id) is not None:
        services.refuse_requester_change()


def on_ticket_merged(event: TicketMerged) -> None:
    """Raise ``NotAllowed`` when one of the tickets is an audit: its items, its term and its
    evidence are of its own request alone (SPEC 9.1).
    """
    for ticket_id in (event.ticket_id, event.survivor_id):
        if audit_of_ticket(ticket_id) is not None:
            services.refuse_merge()


def on_clock_announced(event: ClockWarned | ClockBreached) -> None:
    _ask_for_notice(event)


def on_clocks_announced(event: ClocksAnnounced) -> None:
    for clock in event.clocks:
        _ask_for_notice(clock)


def _ask_for_notice(event: ClockEvent) -> None:
    audit = audit_of_ticket(event.ticket_id) if event.metric == Metric.DELIVERY else None
    if audit is not None:
        services.demand_delay_notice(audit=audit, percent=event.percent, at=event.at)
