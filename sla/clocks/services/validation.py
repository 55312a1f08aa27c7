"""Terms in days of a ticket: the validation period, which has its own clock, the reopening window
(SPEC 3.11, 4.14), and the time in which a customer has to answer.
"""

from datetime import datetime, timedelta

from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.queries import business_calendar_on, work_calendar
from foundation.calendars.services.versions import ensure_calendars
from foundation.core.actor import Actor, system_actor
from sla.clocks.services.starting import start_promise
from sla.metrics import Metric
from sla.targets import Term
from tickets.models import Ticket
from tickets.services import set_answer_due, set_reopen_window, set_validation_term
from tickets.states import ClosureCode, State

REMINDER_BEFORE = timedelta(days=1)
# Only these can be reopened: a ticket closed as cancelled or invalid has no solution that could
# fail.
_SOLVED = frozenset({ClosureCode.APPROVED, ClosureCode.NO_VALIDATION})


def set_terms(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Start the validation period of a solved ticket, the time in which a customer has to answer,
    or the reopening window of a closed ticket, if its contract has them. In other states do
    nothing.
    """
    if ticket.state == State.SOLVED:
        contract = ticket.binding_contract
        set_validation(
            ticket=ticket,
            period=Term(contract.validation_days, contract.validation_in_business_days)
            if contract
            else None,
            by=by,
            at=at,
        )
    elif ticket.state == State.PENDING_USER:
        set_answer_term(ticket=ticket, at=at)
    elif (
        ticket.state == State.CLOSED
        and ticket.binding_contract is not None
        and ticket.binding_contract.reopen_days
        and ticket.closure_code in _SOLVED
    ):
        set_reopen_window(
            ticket_id=ticket.pk,
            until=_business_calendar(ticket, at).term(at, ticket.binding_contract.reopen_days),
        )


def set_answer_term(*, ticket: Ticket, at: datetime, begins: bool = True) -> None:
    """Set when a customer who does not answer is reminded, or the ticket closes, under a contract
    that says so. ``begins`` is false after a reminder. In other states do nothing.
    """
    contract = ticket.binding_contract
    if ticket.state != State.PENDING_USER:
        return
    if contract is not None and contract.answer_days:
        due_at = _business_calendar(ticket, at).term(at, contract.answer_days, business=True)
        set_answer_due(ticket=ticket, due_at=due_at, begins=begins)
    elif ticket.answer_due_at is not None:
        set_answer_due(ticket=ticket, due_at=None)


def set_validation(*, ticket: Ticket, period: Term | None, by: Actor, at: datetime) -> None:
    """Start the validation period of a solution at ``at``; it replaces a running one. ``period``
    None takes the service guide's.
    """
    clock = start_promise(
        ticket=ticket, metric=Metric.VALIDATION, by=by, at=at, target=period, replaces=True
    )
    assert clock.due_at is not None  # nothing pauses it
    set_validation_term(
        ticket_id=ticket.pk,
        due_at=clock.due_at,
        reminder_at=reminder_of(clock.started_at, clock.due_at),
    )


def reminder_of(started_at: datetime, due_at: datetime) -> datetime:
    """Return when the requester is reminded: one day before the end or halfway, whichever
    is later.
    """
    return max(started_at + (due_at - started_at) / 2, due_at - REMINDER_BEFORE)


def _business_calendar(ticket: Ticket, at: datetime) -> WorkCalendar:
    version = business_calendar_on(ticket.organization, at)
    if version is None:
        made = ensure_calendars(organization=ticket.organization, by=system_actor("clocks"), at=at)
        version = next(
            version for version in made if version.calendar.role == CalendarRole.BUSINESS
        )
    return work_calendar(version)
