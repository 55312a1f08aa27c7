"""The terms in days of an audit that its contract sets; out of contract, the service guide's."""

from sla.targets import Term
from tickets.models import Ticket

_VALIDATION_DAYS = 3  # business days (SPEC 9.8)
_VISIT_NOTICE_DAYS = 5  # business days (SPEC 9.6)


def validation_of(ticket: Ticket) -> Term:
    """Return how long the customer has to validate the delivery."""
    contract = ticket.binding_contract
    return Term(contract.audit_validation_days if contract else _VALIDATION_DAYS, business=True)


def visit_notice_of(ticket: Ticket) -> int:
    """Return how many business days before it a visit is announced."""
    contract = ticket.binding_contract
    return contract.visit_notice_days if contract else _VISIT_NOTICE_DAYS
