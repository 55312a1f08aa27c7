"""Template filters for the labels of states, marks, causes, closure codes and transitions."""

from django import template

from foundation.core.wording import kept_by_language
from tickets import masking
from tickets.endings import EndCause
from tickets.models import Message, Ticket
from tickets.states import TRANSITIONS, ClosureCode, State
from tickets.stays import StayMark

register = template.Library()


@register.filter
@kept_by_language
def state_label(code: str) -> str:
    return str(State(code).label) if code in State.values else code


@register.filter
def closure_label(code: str) -> str:
    return str(ClosureCode(code).label) if code in ClosureCode.values else code


@register.filter
def cause_of_end(code: str) -> str:
    return str(EndCause(code).label) if code in EndCause.values else code


@register.filter
def mark_label(code: str) -> str:
    return str(StayMark(code).label).lower() if code in StayMark.values else code


@register.filter
def transition_label(name: str) -> str:
    return str(TRANSITIONS[name].label) if name in TRANSITIONS else name


@register.filter
@kept_by_language
def kind_words(kinds: str) -> str:
    return masking.kind_words(kinds)


@register.filter
def number_beside(message: Message, ticket: Ticket | None) -> str:
    """Return the number of the other ticket on which a message was written; "" for this one."""
    return message.number_beside(ticket) if isinstance(ticket, Ticket) else ""
