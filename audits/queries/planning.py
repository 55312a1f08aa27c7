"""The audits that are planned, and who may prepare the items of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audits.models import AuditRequest, PlannedAudit, RequestedItem
from audits.permissions import has_preparing_role, plans_audits
from audits.queries.allowances import NEXT_YEAR, Allowance, allowances_on, year_start
from catalog.models import Contract
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import staff_serving
from foundation.accounts.roles import StaffRole
from foundation.core.errors import NotFound
from foundation.core.zones import zone

REMIND_BEFORE = timedelta(days=14)  # the expected day of a planned audit


def coming_plans() -> QuerySet[PlannedAudit]:
    """Return the plans that were neither met nor called off, the nearest first."""
    rows = PlannedAudit.objects.filter(audit=None, ended_at=None)
    return rows.order_by("expected_on", "pk")


def plans_for(reader: User) -> QuerySet[PlannedAudit]:
    """Return every plan of the scope, which is of the customers that the person serves; none for
    who does not plan audits.
    """
    related = ("organization", "contract", "audit__ticket", "planned_by", "ended_by")
    rows = PlannedAudit.objects.select_related(*related).order_by("-pk")
    return rows if plans_audits(reader) else rows.none()


def get_plan(reader: User, plan_id: int) -> PlannedAudit:
    found = plans_for(reader).filter(pk=plan_id).first()
    if found is None:
        raise NotFound(_("There is no such planned audit."))
    return found


def plans_to_remind(at: datetime) -> list[PlannedAudit]:
    """Return the coming plans whose day, in the customer's zone, is at most ``REMIND_BEFORE`` away
    and of which nobody was reminded.
    """
    furthest = (at + REMIND_BEFORE + timedelta(days=1)).date()
    rows = coming_plans().filter(
        reminded_at=None, expected_on__lte=furthest, organization__is_active=True
    )
    return [
        each
        for each in rows.select_related("organization", "contract")
        if each.expected_on <= _local_day(each.organization, at) + REMIND_BEFORE
    ]


@dataclass(frozen=True)
class ContractYear:
    """The current year of a contract: its included audit, and what is planned. ``ends_on`` is the
    last day.
    """

    allowance: Allowance
    ends_on: date
    plans: list[PlannedAudit]


def current_contracts(at: datetime) -> list[Contract]:
    """Return the contracts in force, each on its customer's local day, by customer."""
    rows = Contract.objects.select_related("organization").filter(organization__is_active=True)
    return [
        contract
        for contract in rows.order_by("organization__name", "reference", "pk")
        if contract.is_in_force_on(_local_day(contract.organization, at))
    ]


def contract_years(contracts: Sequence[Contract], at: datetime) -> list[ContractYear]:
    """Return the current year of each contract, in two statements."""
    plans: dict[int, list[PlannedAudit]] = {contract.pk: [] for contract in contracts}
    for planned in coming_plans().filter(contract__in=contracts):
        plans[planned.contract_id].append(planned)
    days = [(each, _local_day(each.organization, at)) for each in contracts]
    return [
        ContractYear(
            found,
            _last_day(found),
            plans[found.contract.pk],
        )
        for found in allowances_on(days)
    ]


def invitable(audit: AuditRequest) -> list[tuple[str, str]]:
    """Return (address, who it is) of those whom a conference is for (SPEC 9.3): the customer, the
    external auditor, the team involved, and the audit area.
    """
    ticket = audit.ticket
    found = {ticket.requester.email: f"{ticket.requester} · {audit.organization}"}
    if audit.auditor_email:
        found[audit.auditor_email] = f"{audit.auditor_name} · {audit.auditor_company}"
    items = RequestedItem.objects.filter(audit=audit).select_related("preparer").order_by("number")
    team = [ticket.owner, ticket.assignee, *(item.preparer for item in items)]
    area = staff_serving(audit.organization_id, StaffRole.AUDIT_AREA)
    for person in [*team, *area]:
        if person is not None and person.is_active:
            found.setdefault(person.email, str(person))
    return list(found.items())


def plannable_contracts(at: datetime) -> list[Contract]:
    """Return the contracts of active customers that have not ended, by customer: those that begin
    later too.
    """
    rows = Contract.objects.select_related("organization").filter(organization__is_active=True)
    return [
        contract
        for contract in rows.order_by("organization__name", "reference", "pk")
        if contract.ends_on is None or contract.ends_on >= _local_day(contract.organization, at)
    ]


def _last_day(allowance: Allowance) -> date:
    contract = allowance.contract
    last = year_start(contract, allowance.starts_on + NEXT_YEAR) - timedelta(days=1)
    return min(last, contract.ends_on) if contract.ends_on else last


def preparers_of(organization_id: int) -> list[User]:
    """Return who may prepare evidence for this customer, by name."""
    return [person for person in staff_serving(organization_id) if has_preparing_role(person)]


def _local_day(organization: Organization, at: datetime) -> date:
    return at.astimezone(zone(organization.time_zone)).date()
