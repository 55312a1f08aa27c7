"""Request an audit, and approve or decline one of an alternate environment (SPEC 9.1, 9.2, 9.5,
9.6, 9.10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.models import AuditRequest, AuditState, RequestedItem, Visit, VisitPlace
from audits.permissions import Act, can_request
from audits.queries import Allowance, allowance_of, requestable_services
from audits.reading import WantedAudit, read_form
from audits.services.base import lock_for_act, record_audit, require_text, write_to_customer
from catalog.models import Contract
from catalog.queries import contracts_in_force, covers
from foundation.accounts.limits import Limited, count_act
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Membership
from foundation.accounts.queries import acting_person
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
from foundation.documents.checking import CheckedFile
from foundation.documents.services import store_file
from sla.clocks.services import start_promise, withdraw_promise
from sla.metrics import Metric
from tickets.masking import without_secrets
from tickets.models import Ticket
from tickets.services import NewTicket, raise_ticket

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
    form: CheckedFile,
    checklist: Sequence[CheckedFile] = (),
    visit: NewVisit | None = None,
    by: Actor,
    at: datetime,
) -> AuditRequest:
    """Raise the ticket of an audit from its filled form, and start its delivery clock at ``at``.

    Raises ``NotAllowed``, ``FormRefused`` (the wrong cells), ``AllowanceUsed``, ``TooMany``, or
    ``Invalid`` when no contract covers the items or the visit is in the past. In order: lock on the
    organization's row, ticket with form and checklist, audit, items, visit, clock, record, notice
    to BPO and the audit area.
    """
    organization = membership.organization
    if not can_request(acting_person(by), organization.pk):
        raise NotAllowed(_("Only a valid user of the customer can request an audit."))
    count_act(Limited.AUDITS, by=by, at=at)
    services = requestable_services(organization, at)
    if not services:
        words = _("No contract in force covers a service: ask your account manager.")
        raise Invalid(words, fields={"form": words})
    wanted = read_form(form.stream, services, at=at)
    day = at.astimezone(zone(organization.time_zone)).date()
    contract = _contract(membership, wanted, day)
    lock_organization(organization.pk)  # only one of two concurrent requests uses the allowance
    allowance = allowance_of(contract, day)
    if allowance.used_by is not None:
        raise AllowanceUsed(
            _(
                "The audit that contract %(contract)s includes for this year was asked for with "
                "%(number)s. Ask the commercial area for a quote."
            )
            % {"contract": contract, "number": allowance.used_by.ticket.number}
        )
    if visit is not None and visit.on < day:
        raise Invalid(
            _("The day of the visit has passed."),
            fields={"visit_on": _("Choose a day from today on.")},
        )
    if visit is not None:
        require_day_in_reach(visit.on, at, "visit_on")
    ticket = _raise_ticket(membership, wanted, [form, *checklist], by, at)
    audit = _create_audit(ticket, wanted, allowance, form, visit, at=at)
    delivery = start_promise(ticket=ticket, metric=Metric.DELIVERY, by=by, at=at)
    record_audit(
        audit,
        verbs.REQUESTED,
        by=by,
        at=at,
        items=len(wanted.items),
        environment=str(wanted.environment),
    )
    notices.notify_requested(audit=audit, due_at=delivery.due_at, at=at)
    return audit


def _create_audit(
    ticket: Ticket,
    wanted: WantedAudit,
    allowance: Allowance,
    form: CheckedFile,
    visit: NewVisit | None,
    *,
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
    if visit is not None:
        Visit.objects.create(
            organization=ticket.organization,
            audit=audit,
            place=visit.place,
            on=visit.on,
            visitors=require_text(visit.visitors, "visitors"),
            announced_by=ticket.requester,
            announced_at=at,
        )
    return audit


def _contract(membership: Membership, wanted: WantedAudit, day: date) -> Contract:
    """Return a contract that covers every item, preferably one with its allowance unused. Raises
    ``Invalid`` when there is none.
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
    if found:
        return next(
            (contract for contract in found if allowance_of(contract, day).used_by is None),
            found[0],
        )
    words = _(
        "The items belong to services of several contracts: make one request for each contract."
    )
    raise Invalid(words, fields={"form": words})


def _raise_ticket(
    membership: Membership,
    wanted: WantedAudit,
    files: Sequence[CheckedFile],
    by: Actor,
    at: datetime,
) -> Ticket:
    with translation.override(membership.organization.language):
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
    request = NewTicket(
        membership=membership,
        subject=subject,
        description=description[:MAX_DESCRIPTION],
        kind=Kind.REQUEST,
        service=wanted.items[0].service,
        impact=Impact.MINOR,
        urgency=Urgency.MEDIUM,
        environment=wanted.environment,
        files=files,
    )
    return raise_ticket(request=request, by=by, at=at)


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
    record_audit(locked, verbs.EVALUATED, by=by, at=at, approved=approves)
    write_to_customer(
        locked, "approved" if approves else "declined", reason=locked.decision, by=by, at=at
    )
    return locked
