"""Terms in days that hang on a ticket: the validation period and the reopening window (SPEC 3.11, 4.14)."""

from datetime import datetime, timedelta

from core.actor import system_actor
from sla.calendars import WorkCalendar
from sla.defaults import CalendarRole
from sla.queries import calendar_versions_on, pick_calendar, work_calendar
from sla.services.calendars import ensure_calendars
from tickets.models import Ticket
from tickets.services import set_reopen_window, set_validation_term
from tickets.states import ClosureCode, State

DEFAULT_VALIDATION_DAYS = 3
REMINDER_BEFORE = timedelta(days=1)
# What was called off or invalid has no solution that could fail again: it is raised anew.
_SOLVED = frozenset({ClosureCode.APPROVED, ClosureCode.NO_VALIDATION})


def set_terms(*, ticket: Ticket, at: datetime) -> None:
    """Set when a solved ticket closes by itself, or until when a closed one may be reopened."""
    if ticket.state == State.SOLVED:
        contract = ticket.contract
        days = contract.validation_days if contract else DEFAULT_VALIDATION_DAYS
        business = contract.validation_in_business_days if contract else False
        due_at = _business_calendar(ticket, at).term(at, days, business)
        set_validation_term(ticket_id=ticket.pk, due_at=due_at, reminder_at=max(at + (due_at - at) / 2, due_at - REMINDER_BEFORE))
    elif ticket.state == State.CLOSED and ticket.contract is not None and ticket.contract.reopen_days and ticket.closure_code in _SOLVED:
        set_reopen_window(ticket_id=ticket.pk, until=_business_calendar(ticket, at).term(at, ticket.contract.reopen_days))


def _business_calendar(ticket: Ticket, at: datetime) -> WorkCalendar:
    version = pick_calendar(calendar_versions_on(ticket.organization, at), CalendarRole.BUSINESS, None)
    if version is None:
        made = ensure_calendars(organization=ticket.organization, by=system_actor("clocks"), at=at)
        version = next(version for version in made if version.calendar.role == CalendarRole.BUSINESS)
    return work_calendar(version)
