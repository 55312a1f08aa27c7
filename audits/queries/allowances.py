"""The audits included in a contract: one per contract year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q

from audits.models import (
    AuditRequest,
    AuditState,
    Evidence,
    EvidenceState,
)
from catalog.models import Contract, Service
from catalog.queries import contracts_in_force, services_of
from foundation.accounts.models import Organization
from foundation.core.zones import zone

NEXT_YEAR = timedelta(days=370)  # from the first day of a contract year into the next one


def year_start(contract: Contract, day: date) -> date:
    """Return the first day of the contract year of ``day``. A contract that starts on 29 February
    uses the 28th in other years.
    """
    start = contract.starts_on
    for year in (day.year, day.year - 1):
        try:
            begins = start.replace(year=year)
        except ValueError:
            begins = date(year, 2, 28)
        if begins <= day:
            return begins
    raise AssertionError("One of two years in a row has begun.")


@dataclass(frozen=True)
class Allowance:
    """The included audit of one contract year; ``used_by`` is None while it is unused."""

    contract: Contract
    starts_on: date
    used_by: AuditRequest | None


def allowances(organization: Organization, at: datetime) -> list[Allowance]:
    """Return the allowance of each contract in force: one audit per contract year (SPEC 9.10)."""
    day = at.astimezone(zone(organization.time_zone)).date()
    return [allowance_of(contract, day) for contract in contracts_in_force(organization, day)]


def allowance_of(contract: Contract, day: date) -> Allowance:
    """Return the allowance of the contract year of ``day``. A declined audit does not use it, nor
    one whose ticket was called off before any delivery.
    """
    return allowances_on([(contract, day)])[0]


def allowances_on(days: Sequence[tuple[Contract, date]]) -> list[Allowance]:
    """Return the allowance of each contract in the year of its day, in one statement."""
    if not days:
        return []
    years = [(contract, *_year(contract, day)) for contract, day in days]
    # Counted by arrival, not ``year_starts_on``: the contract's first day may have changed since.
    taken = AuditRequest.objects.filter(
        contract__in=[contract for contract, _day in days],
        ticket__received_at__gte=min(begins for _, _, begins, _ in years),
    )
    taken = taken.exclude(state=AuditState.DECLINED)
    called_off = Q(ticket__state__in=["rejected", "cancelled"]) | Q(
        ticket__closure_code__in=["invalid", "cancelled"]
    )
    has_left = Exists(
        Evidence.objects.filter(item__audit=OuterRef("pk"), state=EvidenceState.DELIVERED)
    )
    counted = taken.annotate(has_left=has_left).filter(~called_off | Q(has_left=True))
    audits = list(counted.select_related("ticket").order_by("pk"))
    return [
        Allowance(
            contract,
            starts_on,
            next(
                (
                    audit
                    for audit in audits
                    if audit.contract_id == contract.pk
                    and begins <= audit.ticket.received_at < ends
                ),
                None,
            ),
        )
        for contract, starts_on, begins, ends in years
    ]


def _year(contract: Contract, day: date) -> tuple[date, datetime, datetime]:
    """Return the first day of the contract year of ``day``, and the instants of its ends."""
    starts_on = year_start(contract, day)
    local = zone(contract.organization.time_zone)
    begins, ends = (
        datetime.combine(first, time(), local)
        for first in (starts_on, year_start(contract, starts_on + NEXT_YEAR))
    )
    return starts_on, begins, ends


def requestable_services(organization: Organization, at: datetime) -> list[Service]:
    """Return the services of the contracts in force: nothing outside them is audited (SPEC 9.5)."""
    day = at.astimezone(zone(organization.time_zone)).date()
    return services_of(
        organization, [contract.pk for contract in contracts_in_force(organization, day)]
    )
