from datetime import datetime

from catalog.models import Contract, Service
from escalation import notices, services
from escalation.models import Cause, Change, EscalationMatrix, EscalationRule, Trigger
from escalation.queries import any_rule
from escalation.rules import Occurrence
from escalation.tasks import refresh_coverage
from foundation.accounts.models import Organization, Team, User
from foundation.accounts.queries import organizations
from foundation.calendars.events import CalendarVersionPublished
from foundation.calendars.models import Calendar
from foundation.configuration.events import ConfigurationChanged
from foundation.core.enqueuing import enqueue_after_commit
from foundation.duty.models import Absence, Shift
from sla.events import ClockBreached, ClocksAnnounced, ClockWarned
from sla.policies.models import PolicyVersion
from tickets.events import (
    CustomerInformed,
    CustomerReplied,
    NumberGiven,
    SolutionDeclined,
    TicketAssigned,
    TicketClassified,
    TicketContractChanged,
    TicketEventWithRow,
    TicketRaised,
    TicketStateChanged,
    TicketTagged,
    TicketUnmerged,
)
from tickets.models import Ticket


def on_clock_announced(event: ClockWarned | ClockBreached) -> None:
    services.follow_clocks(clocks=[event], at=event.at)


def on_clocks_announced(event: ClocksAnnounced) -> None:
    services.follow_clocks(clocks=event.clocks, in_sets=event.in_sets, at=event.at)


def on_solution_declined(event: SolutionDeclined) -> None:
    key = f"declined:{event.at.isoformat()}"
    services.escalate_ticket(
        ticket=_ticket(event.ticket_id),
        cause=Cause.DECLINED,
        cause_key=key,
        by=services.ESCALATOR,
        at=event.at,
    )


def on_ticket_raised(event: TicketRaised) -> None:
    ticket = _row(event)
    if event.is_out_of_contract:
        notices.notify_out_of_contract(ticket=ticket, at=event.at)
    if any_rule(Trigger.RAISED):
        occurrence = Occurrence("raised", Trigger.RAISED)
        services.apply_rules(ticket=ticket, occurrence=occurrence, at=event.at)
    if any_rule(Trigger.STATE, Trigger.SILENCE):
        _came_into_state(ticket, event.at)


def on_ticket_classified(event: TicketClassified | TicketContractChanged) -> None:
    if event.leaves_contract:
        notices.notify_out_of_contract(ticket=_row(event), at=event.at)
    if any_rule(Trigger.SILENCE):
        services.judge_silence_again(ticket=_row(event), at=event.at)
    _changed(event, Change.CLASSIFIED if isinstance(event, TicketClassified) else Change.CONTRACT)


def on_ticket_assigned(event: TicketAssigned) -> None:
    _changed(event, Change.ASSIGNED)


def on_ticket_tagged(event: TicketTagged) -> None:
    _changed(event, Change.TAGGED)


def on_customer_replied(event: CustomerReplied) -> None:
    _changed(event, Change.CUSTOMER_WROTE)


def _changed(event: TicketEventWithRow, change: Change) -> None:
    if any_rule(Trigger.CHANGED):
        key = f"changed:{change}:{event.at.isoformat()}"
        services.apply_rules(
            ticket=_row(event),
            occurrence=Occurrence(key, Trigger.CHANGED, change=str(change)),
            at=event.at,
        )


def on_ticket_state_changed(event: TicketStateChanged) -> None:
    if any_rule(Trigger.STATE, Trigger.SILENCE):
        _came_into_state(_row(event), event.at)


def on_ticket_unmerged(event: TicketUnmerged) -> None:
    if any_rule(Trigger.SILENCE):
        services.watch_silence(ticket=_ticket(event.ticket_id), at=event.at)


def _came_into_state(ticket: Ticket, at: datetime) -> None:
    services.apply_rules(
        ticket=ticket,
        occurrence=Occurrence(
            f"state:{ticket.state}:{at.isoformat()}", Trigger.STATE, state=ticket.state
        ),
        at=at,
    )
    services.watch_silence(ticket=ticket, at=at)


def on_customer_informed(event: CustomerInformed) -> None:
    if event.has_reader and any_rule(Trigger.SILENCE):
        services.watch_silence(ticket=_ticket(event.ticket_id), at=event.at)


def on_number_given(event: NumberGiven) -> None:
    if any_rule(Trigger.SILENCE):
        services.watch_silence(ticket=_ticket(event.ticket_id), at=event.at)


# Models that coverage depends on. A change without an organization affects every customer.
_COVERS = {
    model._meta.label_lower
    for model in (
        User,
        Team,
        Organization,
        Shift,
        Absence,
        Contract,
        Service,
        Calendar,
        PolicyVersion,
        EscalationMatrix,
        EscalationRule,
    )
}


def on_configuration_changed(event: ConfigurationChanged) -> None:
    """Renew the kept rules after a change of one, send a list for technical failures. Request a
    new coverage when the changed model is in ``_COVERS``, and compute it after the commit.
    """
    if event.object_type == EscalationRule._meta.label_lower:
        services.renew_rule(rule_id=event.object_id)
    if event.object_type == EscalationMatrix._meta.label_lower:
        services.send_technical_list(matrix_id=event.object_id, at=event.at)
    if event.object_type in _COVERS:
        ids = (
            [event.organization_id]
            if event.organization_id is not None
            else [each.pk for each in organizations()]
        )
        _request_coverage(ids, event.at)


def on_calendar_version_published(event: CalendarVersionPublished) -> None:
    assert event.organization_id is not None  # a calendar belongs to an organization
    _request_coverage([event.organization_id], event.at)


def _request_coverage(organization_ids: list[int], at: datetime) -> None:
    services.ask_coverage(organization_ids=organization_ids, at=at)
    for organization_id in organization_ids:
        enqueue_after_commit(refresh_coverage, organization_id)


def _row(event: TicketEventWithRow) -> Ticket:
    assert isinstance(event.ticket, Ticket)
    return event.ticket


def _ticket(ticket_id: int) -> Ticket:
    ticket: Ticket = Ticket.objects.select_related(
        "organization", "contract", "requester", "assignee", "owner"
    ).get(pk=ticket_id)
    return ticket
