"""The table of event subscriptions; handlers of an event run in this order."""

from api.webhooks.bodies import body_of
from api.webhooks.kinds import KINDS
from audits import receivers as audits
from audits.events import EvidenceSubmitted
from escalation import receivers as escalation
from foundation.accounts.events import (
    AccountChanging,
    OrganizationCreated,
    RoleAsked,
    RoleGranted,
    RolesTaken,
)
from foundation.activity.events import FactsRecorded
from foundation.calendars import receivers as calendars
from foundation.calendars.events import CalendarVersionPublished
from foundation.configuration.events import ConfigurationChanged
from foundation.core.events import subscribe
from foundation.core.links import use_addresses
from foundation.notifications import receivers as notifications
from foundation.notifications.events import MessageQueued
from foundation.webhooks import receivers as webhooks
from foundation.webhooks.events import DeliveriesQueued
from foundation.webhooks.kinds import use_kinds
from reports import receivers as reports
from reports.events import ReportRequested, SimulationRequested
from servicedesk.links import make_address
from sla import receivers as sla
from sla.events import ClockBreached, ClocksAnnounced, ClockWarned
from tickets import receivers as tickets
from tickets.events import (
    AnswerTermEnded,
    CustomerInformed,
    CustomerReplied,
    NumberGiven,
    RequesterChanged,
    SolutionDeclined,
    TicketAssigned,
    TicketClassified,
    TicketContractChanged,
    TicketMerged,
    TicketRaised,
    TicketStateChanged,
    TicketStayMarked,
    TicketTagged,
    TicketUnmerged,
)


def wire() -> None:
    """Subscribe every handler, and set the functions that make addresses of links and bodies of
    webhooks. Called once, when the apps are ready.
    """
    use_addresses(make_address)
    use_kinds(KINDS, body_of)
    _wire_configuration()
    _wire_tickets()
    _wire_clocks()
    subscribe(FactsRecorded, webhooks.on_facts_recorded)
    subscribe(DeliveriesQueued, webhooks.on_deliveries_queued)
    subscribe(MessageQueued, notifications.on_message_queued)
    subscribe(EvidenceSubmitted, audits.on_evidence_submitted)
    subscribe(ReportRequested, reports.on_report_requested)
    subscribe(SimulationRequested, reports.on_simulation_requested)


def _wire_configuration() -> None:
    subscribe(OrganizationCreated, calendars.on_organization_created)
    subscribe(AccountChanging, audits.on_account_changing)
    subscribe(RoleAsked, notifications.on_role_asked)
    subscribe(RoleGranted, notifications.on_role_granted)
    subscribe(RolesTaken, notifications.on_roles_taken)
    subscribe(ConfigurationChanged, tickets.on_configuration_changed)
    subscribe(ConfigurationChanged, escalation.on_configuration_changed)
    subscribe(ConfigurationChanged, webhooks.on_configuration_changed)
    subscribe(CalendarVersionPublished, sla.on_calendar_version_published)
    subscribe(CalendarVersionPublished, escalation.on_calendar_version_published)


def _wire_tickets() -> None:
    subscribe(TicketRaised, sla.on_ticket_raised)
    subscribe(TicketRaised, escalation.on_ticket_raised)
    subscribe(TicketRaised, audits.on_ticket_raised)
    subscribe(TicketRaised, tickets.on_ticket_waits)
    subscribe(CustomerInformed, sla.on_customer_informed)
    subscribe(CustomerInformed, escalation.on_customer_informed)
    subscribe(CustomerInformed, audits.on_customer_informed)
    subscribe(AnswerTermEnded, sla.on_answer_term_ended)
    subscribe(NumberGiven, sla.on_number_given)
    subscribe(NumberGiven, escalation.on_number_given)
    subscribe(CustomerReplied, audits.on_customer_replied)
    subscribe(CustomerReplied, escalation.on_customer_replied)
    subscribe(TicketStateChanged, sla.on_ticket_state_changed)
    subscribe(TicketStayMarked, sla.on_ticket_stay_marked)
    subscribe(TicketStateChanged, escalation.on_ticket_state_changed)
    subscribe(TicketStateChanged, audits.on_ticket_state_changed)
    subscribe(TicketStateChanged, tickets.on_ticket_resumed)
    subscribe(TicketStateChanged, tickets.on_ticket_waits)
    subscribe(TicketAssigned, tickets.on_ticket_waits)
    subscribe(TicketAssigned, escalation.on_ticket_assigned)
    subscribe(TicketTagged, escalation.on_ticket_tagged)
    subscribe(TicketMerged, audits.on_ticket_merged)
    subscribe(RequesterChanged, sla.on_requester_changed)
    subscribe(RequesterChanged, audits.on_requester_changed)
    subscribe(TicketUnmerged, sla.on_ticket_unmerged)
    subscribe(TicketUnmerged, escalation.on_ticket_unmerged)
    subscribe(TicketClassified, sla.on_ticket_classified)
    subscribe(TicketClassified, escalation.on_ticket_classified)
    subscribe(TicketClassified, audits.on_ticket_classified)
    subscribe(TicketContractChanged, sla.on_ticket_contract_changed)
    subscribe(TicketContractChanged, escalation.on_ticket_classified)
    subscribe(TicketContractChanged, audits.on_ticket_contract_changed)
    subscribe(SolutionDeclined, escalation.on_solution_declined)


def _wire_clocks() -> None:
    subscribe(ClockWarned, escalation.on_clock_announced)
    subscribe(ClockWarned, audits.on_clock_announced)
    subscribe(ClockBreached, escalation.on_clock_announced)
    subscribe(ClockBreached, audits.on_clock_announced)
    subscribe(ClocksAnnounced, escalation.on_clocks_announced)
    subscribe(ClocksAnnounced, audits.on_clocks_announced)


# Events without a handler; a test checks that every event is here or in the table above.
UNHANDLED = {
    "escalation.events.TicketEscalated",
    "foundation.notifications.events.MessageDied",
}
