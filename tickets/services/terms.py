"""The contract that binds a ticket: it follows the service (SPEC 1.2)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalog.models import Contract, Service
from catalog.queries import contract_on, covers, matrix_for
from foundation.core.classification import Matrix
from foundation.core.zones import zone
from tickets.models import Ticket


@dataclass(frozen=True)
class Terms:
    """The contract of a ticket, the instant of its terms, and whether it covers the ticket's
    service. Out of contract, the service guide's default alone binds the ticket.
    """

    contract: Contract | None
    terms_at: datetime
    is_out_of_contract: bool

    @property
    def binding_id(self) -> int | None:
        """Return the id of the contract whose matrix and policy bind; None out of contract."""
        return None if self.contract is None or self.is_out_of_contract else self.contract.pk

    def columns(self, ticket: Ticket, at: datetime) -> dict[str, Any]:
        """Return the columns of the ticket that these terms set, to bind it from ``at`` on."""
        changed = vars(self).copy()
        if self.is_out_of_contract != ticket.is_out_of_contract:
            changed["coverage_changed_at"] = at
        return changed

    def moves(self, ticket: Ticket) -> bool:
        """Tell whether the ticket is under another contract now, or in or out of this one."""
        now = (ticket.contract_id, ticket.is_out_of_contract)
        return now != (self.contract.pk if self.contract else None, self.is_out_of_contract)


def terms_under(ticket: Ticket, contract: Contract, at: datetime) -> Terms:
    """Return the terms of the ticket under a contract of its organization at ``at``."""
    is_covered = _is_covered(ticket, contract, ticket.service_id, at)
    return Terms(contract, at, not is_covered)


def terms_for(ticket: Ticket, service: Service, at: datetime, *, from_start: bool) -> Terms:
    """Return the terms that bind the ticket when it is classified to another service at ``at``.

    Its contract stays while it covers the service. Otherwise the contract that covered it at the
    ticket's arrival binds, as of then: the ticket arrived with this matter, whoever saw it when.
    Failing that, unless ``from_start``, the one that covers it at ``at``, as of then; without one,
    the ticket is out of contract. The same service changes nothing.
    """
    own = Terms(ticket.contract, ticket.terms_at, ticket.is_out_of_contract)
    if service.pk == ticket.service_id:
        return own
    if own.contract is not None and _is_covered(ticket, own.contract, service.pk, own.terms_at):
        return Terms(own.contract, own.terms_at, is_out_of_contract=False)
    for moment in (ticket.received_at, *(() if from_start else (at,))):
        found = contract_on(ticket.organization, _local_day(ticket, moment), service_id=service.pk)
        if found is not None:
            return Terms(found, moment, is_out_of_contract=False)
    return Terms(own.contract, own.terms_at, is_out_of_contract=True)


def matrix_under(ticket: Ticket, terms: Terms) -> Matrix:
    """Return the priority matrix that binds the ticket under these terms (SPEC 3.7)."""
    return matrix_for(ticket.organization, terms.binding_id, terms.terms_at)


def matrix_of(ticket: Ticket) -> Matrix:
    """Return the priority matrix that binds the ticket now."""
    return matrix_under(ticket, Terms(ticket.contract, ticket.terms_at, ticket.is_out_of_contract))


def _is_covered(ticket: Ticket, contract: Contract, service_id: int, at: datetime) -> bool:
    day = _local_day(ticket, at)
    return covers(ticket.organization, contract.pk, day, service_id=service_id)


def _local_day(ticket: Ticket, at: datetime) -> date:
    return at.astimezone(zone(ticket.organization.time_zone)).date()


def is_rebound(changed: dict[str, list[Any]]) -> bool:
    """Tell whether these changes, as on the record, put the ticket under other terms."""
    return "contract" in changed or "is_out_of_contract" in changed


def leaves_contract(changed: dict[str, list[Any]]) -> bool:
    """Tell whether these changes put the ticket out of contract."""
    return changed.get("is_out_of_contract") == [False, True]
