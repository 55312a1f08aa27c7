"""Request an audit, and approve or decline one of an alternate environment (SPEC 9.1, 9.2, 9.5,
9.6, 9.10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.models import (
    AuditRequest,
    AuditState,
    PlannedAudit,
    RequestedItem,
    Visit,
    VisitPlace,
)
from audits.permissions import Act, can_register, can_request
from audits.queries import Allowance, allowance_of, requestable_services
from audits.reading import TypedAudit, WantedAudit, read_form, read_typed
from audits.services.base import lock_for_act, record_audit, require_text, write_to_customer
from audits.services.planning import meet_plan, release_plan
from audits.workbook import completed_form
from catalog.models import Contract
from catalog.queries import contracts_in_force, covers, services_of
from foundation.accounts.limits import Limited, count_act
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Membership, Organization, User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.bounds import require_day_in_reach
from foundation.core.classification import (
    Environment,
    Impact,
    Kind,
    Urgency,
)
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.wording import day_words
from foundation.core.zones import zone
from foundation.documents.checking import CheckedFile, check_upload
from foundation.documents.services import store_file
from sla.clocks.services import start_promise, withdraw_promise
from sla.metrics import Metric
from tickets.masking import without_secrets
from tickets.models import Ticket
from tickets.services import Arrival, NewTicket, raise_ticket

MAX_DESCRIPTION = 90_000  # below the limit of a ticket's description, 100,000


class AllowanceUsed(Invalid):
    """The contract's included audit of this year is used; a further one needs a quote of the
    commercial area (SPEC 9.10).
    """

    code = "allowance_used"


@dataclass(frozen=True)
class NewVisit:
    """A visit announced with the request, for any day from today on (SPEC 9.6)."""

    place: VisitPlace
    on: date
    visitors: str


@transaction.atomic
def request_audit(
    *,
    membership: Membership,
    form: CheckedFile | TypedAudit,
    checklist: Sequence[CheckedFile] = (),
    visit: NewVisit | None = None,
    arrival: Arrival | None = None,
    plan: PlannedAudit | None = None,
    by: Actor,
    at: datetime,
) -> AuditRequest:
    """Raise the ticket of an audit from its form, and start its delivery clock. A request that was
    typed becomes a filled form on the ticket.

    ``arrival`` says how a request came in that the audit area or the desk registers for
    ``membership``; its times run from there (SPEC 9.2 counts from the ticket with its form).
    ``plan`` is the one that it meets: its contract is taken if it covers the items.

    Raises ``NotAllowed``, ``FormRefused`` (the wrong cells), ``AllowanceUsed``, ``TooMany``, or
    ``Invalid`` when no contract covers the items, a typed field is wrong or the visit is in the
    past. In order: lock on the organization's row, ticket with form and checklist, audit, items,
    record, visit, clock, plan, notice to BPO and the audit area.
    """
    organization = membership.organization
    author = acting_person(by)
    registers = _registers(membership, author)
    if not registers:
        count_act(Limited.AUDITS, by=by, at=at)
    came_at = arrival.at if arrival is not None else at
    wanted, form = _read(form, organization, came_at, at)
    day = came_at.astimezone(zone(organization.time_zone)).date()
    lock_organization(organization.pk)  # only one of two concurrent requests uses the allowance
    contract = _contract(membership, wanted, day, plan)
    allowance = _unused(contract, day)
    if visit is not None:
        _check_visit(visit, organization, at)
    ticket = raise_ticket(
        request=NewTicket(
            **_ticket_values(wanted, organization),
            membership=membership,
            contract=contract,
            files=[form, *checklist],
            arrival=arrival,
            is_from_other_area=registers and not author.can(Capability.WORK_TICKETS),
        ),
        by=by,
        at=at,
    )
    audit = _create_audit(ticket, wanted, allowance, form, by=by, at=at)
    if visit is not None:
        _announce(audit, visit, author, at)
    delivery = start_promise(ticket=ticket, metric=Metric.DELIVERY, by=by, at=came_at)
    meet_plan(audit=audit, day=day, plan=plan, by=by, at=at)
    notices.notify_requested(audit=audit, due_at=delivery.due_at, author_id=author.pk, at=at)
    return audit


def _registers(membership: Membership, author: User) -> bool:
    """Tell whether the author registers the audit for the customer; False for a valid user who asks
    for one. Raises ``NotAllowed`` for anybody else.
    """
    organization_id = membership.organization_id
    if can_register(author, organization_id):
        if not membership.organization.is_active:
            words = _("%(organization)s is not active.")
            raise NotAllowed(words % {"organization": membership.organization})
        return True
    if author.pk != membership.user_id or not can_request(author, organization_id):
        raise NotAllowed(
            _(
                "A valid user of the customer asks for an audit; the audit area or the desk "
                "registers it for them."
            )
        )
    return False


def _unused(contract: Contract, day: date) -> Allowance:
    """Return the allowance of the year of ``day``. Raises ``AllowanceUsed``."""
    allowance = allowance_of(contract, day)
    if allowance.used_by is not None:
        raise AllowanceUsed(
            _(
                "The audit that contract %(contract)s includes for this year was asked for with "
                "%(number)s. Ask the commercial area for a quote."
            )
            % {"contract": contract, "number": allowance.used_by.ticket.number}
        )
    return allowance


def _check_visit(visit: NewVisit, organization: Organization, at: datetime) -> None:
    if visit.on < at.astimezone(zone(organization.time_zone)).date():
        raise Invalid(
            _("The day of the visit has passed."),
            fields={"visit_on": _("Choose a day from today on.")},
        )
    require_day_in_reach(visit.on, at, "visit_on")


def _read(
    form: CheckedFile | TypedAudit, organization: Organization, came_at: datetime, at: datetime
) -> tuple[WantedAudit, CheckedFile]:
    """Return what is wanted of the services contracted at ``came_at``, and the filled form that
    says it.
    """
    services = requestable_services(organization, came_at)
    if not services:
        words = _("No contract in force covers a service: ask your account manager.")
        raise Invalid(words, fields={"form": words})
    if isinstance(form, CheckedFile):
        return read_form(form.stream, services, at=at), form
    wanted = read_typed(form, services, at=at)
    with translation.override(organization.language):
        content = completed_form(
            vars(wanted),
            [(item.service, item.description) for item in wanted.items],
            services,
            language=organization.language,
        )
        name = _("audit-request.xlsx")
    return wanted, check_upload(name=name, stream=BytesIO(content), size_bytes=len(content))


def _create_audit(
    ticket: Ticket,
    wanted: WantedAudit,
    allowance: Allowance,
    form: CheckedFile,
    *,
    by: Actor,
    at: datetime,
) -> AuditRequest:
    audit: AuditRequest = AuditRequest.objects.create(
        organization=ticket.organization,
        ticket=ticket,
        contract=allowance.contract,
        state=AuditState.OPEN
        if wanted.environment is Environment.PRODUCTION
        else AuditState.EVALUATING,
        year_starts_on=allowance.starts_on,
        auditor_company=wanted.auditor_company,
        auditor_name=wanted.auditor_name,
        auditor_email=wanted.auditor_email,
        purpose=without_secrets(wanted.purpose),  # the ticket keeps what was written
        period_from=wanted.period_from,
        period_to=wanted.period_to,
        environment=wanted.environment,
        form=store_file(organization_id=ticket.organization_id, upload=form, at=at),
    )
    RequestedItem.objects.bulk_create(
        RequestedItem(
            organization=ticket.organization,
            audit=audit,
            number=number,
            service=item.service,
            description=without_secrets(item.description),
        )
        for number, item in enumerate(wanted.items, start=1)
    )
    record_audit(
        audit,
        verbs.REQUESTED,
        by=by,
        at=at,
        items=len(wanted.items),
        environment=str(wanted.environment),
    )
    return audit


def _announce(audit: AuditRequest, visit: NewVisit, author: User, at: datetime) -> None:
    Visit.objects.create(
        organization_id=audit.organization_id,
        audit=audit,
        place=visit.place,
        on=visit.on,
        visitors=require_text(visit.visitors, "visitors"),
        announced_by=author,
        announced_at=at,
    )


def _contract(
    membership: Membership, wanted: WantedAudit, day: date, plan: PlannedAudit | None
) -> Contract:
    """Return a contract that covers every item: that of the plan, else preferably one with its
    allowance unused. Raises ``Invalid`` when there is none.
    """
    organization = membership.organization
    found = [
        contract
        for contract in contracts_in_force(organization, day)
        if all(
            covers(organization, contract.pk, day, service_id=item.service.pk)
            for item in wanted.items
        )
    ]
    planned_id = plan.contract_id if plan is not None else None
    if found:
        found.sort(key=lambda contract: contract.pk != planned_id)
        if found[0].pk == planned_id:
            return found[0]
        return next(
            (contract for contract in found if allowance_of(contract, day).used_by is None),
            found[0],
        )
    contracts = contracts_in_force(organization, day)
    covered = "; ".join(
        f"{each}: {', '.join(service.name for service in services_of(organization, [each.pk]))}"
        for each in contracts
    )
    words = _(
        "The items belong to services of several contracts: make one request for each contract. "
        "%(contracts)s."
    ) % {"contracts": covered}
    raise Invalid(words, fields={"form": words})


def _ticket_values(wanted: WantedAudit, organization: Organization) -> dict[str, Any]:
    """Return what the request says of its ticket, the texts in the customer's language."""
    with translation.override(organization.language):
        subject = _("External audit: %(company)s") % {"company": wanted.auditor_company}
        lines = [
            f"{number}. {item.service.name}: {item.description}"
            for number, item in enumerate(wanted.items, start=1)
        ]
        head = _("Period: %(start)s to %(end)s.") % {
            "start": day_words(wanted.period_from),
            "end": day_words(wanted.period_to),
        }
        description = "\n\n".join([wanted.purpose, head, "\n".join(lines)])
    return {
        "subject": subject,
        "description": description[:MAX_DESCRIPTION],
        "kind": Kind.REQUEST,
        "service": wanted.items[0].service,
        "impact": Impact.MINOR,
        "urgency": Urgency.MEDIUM,
        "environment": wanted.environment,
    }


@transaction.atomic
def evaluate_environment(
    *, audit: AuditRequest, approves: bool, reason: str, by: Actor, at: datetime
) -> AuditRequest:
    """Approve or decline an audit of an alternate environment, with the reason (SPEC 9.5), and
    write to the customer. A declined audit uses no allowance, and its delivery clock is withdrawn.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.EVALUATE, user)
    locked.decision = require_text(reason, "reason")
    locked.state = AuditState.OPEN if approves else AuditState.DECLINED
    locked.decided_by = user
    locked.decided_at = at
    locked.save(update_fields=["decision", "state", "decided_by", "decided_at"])
    if not approves:
        withdraw_promise(ticket=locked.ticket, metric=Metric.DELIVERY, by=by, at=at)
        release_plan(audit=locked, by=by, at=at)
    record_audit(locked, verbs.EVALUATED, by=by, at=at, approved=approves)
    write_to_customer(
        locked, "approved" if approves else "declined", reason=locked.decision, by=by, at=at
    )
    return locked
