"""Escalation matrices of an organization, the escalations of a ticket, and the active rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import cast

from django.core import signing
from django.core.serializers import deserialize, serialize
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max, Model
from django.utils.translation import gettext as _

from escalation.models import (
    Cause,
    Coverage,
    Drill,
    Escalation,
    EscalationLevel,
    EscalationMatrix,
    EscalationRule,
    MatrixKind,
    RuleLog,
    SilenceWatch,
    Trigger,
)
from escalation.rules import Among
from foundation.accounts.models import User
from foundation.accounts.queries import may_read
from foundation.core.errors import NotFound
from foundation.core.kept import kept
from foundation.core.memo import once
from tickets.models import Ticket

LINK_DAYS = 7  # how long a link acknowledges
_SALT = "escalation.acknowledge"
RULES_KEY = "escalation.rules"


def matrix_on(
    organization_id: int,
    contract_id: int | None,
    at: datetime,
    kind: MatrixKind = MatrixKind.HIERARCHICAL,
) -> EscalationMatrix | None:
    """Return the matrix in force at an instant: the contract's own, otherwise the organization's;
    None when there is none.
    """
    found = EscalationMatrix.objects.filter(
        organization_id=organization_id, kind=kind, effective_from__lte=at
    ).order_by("-number")
    own = found.filter(contract_id=contract_id).first() if contract_id is not None else None
    return own or found.filter(contract=None).first()


def levels_of(matrix: EscalationMatrix | None) -> list[EscalationLevel]:
    """Return the levels of a matrix by position; empty for None."""
    if matrix is None:
        return []
    related = ("organization", "contact", "substitute", "team")
    return list(
        EscalationLevel.objects.filter(matrix=matrix)
        .select_related(*related)
        .order_by("position", "pk")
    )


def highest_level(organization_ids: Sequence[int]) -> int:
    """Return the highest level of any ladder of these organizations, of all without ids; 0 without
    a ladder.
    """
    levels = EscalationLevel.objects.filter(matrix__kind=MatrixKind.HIERARCHICAL)
    if organization_ids:
        levels = levels.filter(matrix__organization__in=organization_ids)
    return int(levels.aggregate(highest=Max("position"))["highest"] or 0)


def ladder_of(ticket: Ticket, at: datetime) -> list[EscalationLevel]:
    """Return the levels in force for a ticket at an instant, by position."""
    return levels_of(matrix_on(ticket.organization_id, ticket.binding_contract_id, at))


@dataclass(frozen=True)
class ShownMatrix:
    """A matrix in force with its levels, as customers read it."""

    matrix: EscalationMatrix
    levels: list[EscalationLevel]


def matrices_in_force(organization_id: int, at: datetime) -> list[ShownMatrix]:
    """Return every matrix of an organization that is in force: by kind, the organization's before
    those of contracts.
    """
    newest: dict[tuple[str, int | None], EscalationMatrix] = {}
    rows = EscalationMatrix.objects.filter(
        organization_id=organization_id, effective_from__lte=at
    ).select_related("contract")
    for matrix in rows.order_by("number"):
        newest[matrix.kind, matrix.contract_id] = matrix
    order = {str(kind): place for place, kind in enumerate(MatrixKind)}
    shown = sorted(
        newest.values(), key=lambda matrix: (order[matrix.kind], matrix.contract_id or 0)
    )
    return [ShownMatrix(matrix, levels_of(matrix)) for matrix in shown]


def escalations_of(ticket: Ticket) -> list[Escalation]:
    return with_ends(
        list(
            Escalation.objects.filter(ticket=ticket)
            .select_related("level", "acknowledged_by")
            .order_by("pk")
        )
    )


def with_ends(steps: list[Escalation]) -> list[Escalation]:
    """Mark the steps that ended because nobody acknowledged them: the next one says so. Others end
    when they are taken back, or when somebody escalates on.
    """
    for step, following in pairwise(steps):
        step.is_unacknowledged = following.cause == Cause.UNACKNOWLEDGED
    return steps


def unacknowledged(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, escalation id) of the steps whose time to acknowledge has passed.
    Those of a merged ticket wait: the merge may be undone.
    """
    return list(
        Escalation.objects.filter(acknowledge_due_at__lt=at, ticket__merged_into=None)
        .order_by("acknowledge_due_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


@dataclass(frozen=True)
class AcknowledgementLink:
    """To whom a link was mailed: ``person_id`` is None for a contact without an account."""

    organization_id: int
    escalation_id: int
    person_id: int | None
    name: str


def acknowledge_token(escalation: Escalation, person: User) -> str:
    """Return the signed token of the link that acknowledges without a login."""
    name = person.full_name or person.email
    return signing.dumps([escalation.organization_id, escalation.pk, person.pk, name], salt=_SALT)


def read_token(token: str) -> AcknowledgementLink:
    """Return what a signed token says. Raises ``NotFound`` when the signature or the content is not
    valid, or the link is older than ``LINK_DAYS``.
    """
    try:
        content = signing.loads(token, salt=_SALT, max_age=LINK_DAYS * 86_400)
        organization, escalation, person, name = content
        return AcknowledgementLink(
            int(organization), int(escalation), person and int(person), str(name)
        )
    except signing.SignatureExpired as error:
        raise NotFound(
            _("This link is older than %(days)d days. Ask the desk for the state of the ticket.")
            % {"days": LINK_DAYS}
        ) from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(_("This link is not valid. Copy it whole from the mail.")) from error


def link_still_works(link: AcknowledgementLink) -> bool:
    """Tell whether the person to whom the link was mailed is active and may still read about the
    organization. True for a contact without an account.
    """
    return link.person_id is None or may_read(link.person_id, link.organization_id)


def get_escalation(escalation_id: int, ticket: Ticket | None = None) -> Escalation:
    """Return an escalation of the scope, and of ``ticket`` when given; ``NotFound`` otherwise."""
    rows = Escalation.objects.filter(pk=escalation_id)
    if ticket is not None:
        rows = rows.filter(ticket=ticket)
    related = rows.select_related("ticket__organization", "level", "acknowledged_by")
    escalation = related.order_by("pk").first()
    if escalation is None:
        raise NotFound(_("There is no such escalation."))
    return escalation


@dataclass(frozen=True)
class ActiveRule:
    rule: EscalationRule
    among: Among


@once
def active_rules() -> list[ActiveRule]:
    """Return the active rules in their order. Kept in the cache; ``renew_rule`` makes every process
    read them again.
    """
    found = json.loads(kept(RULES_KEY, _rules_as_json))
    rules = deserialize("python", found["rules"])
    return [
        ActiveRule(cast("EscalationRule", rule.object), Among(tuple(customers), tuple(services)))
        for rule, customers, services in zip(
            rules, found["customers"], found["services"], strict=True
        )
    ]


def _rules_as_json() -> str:
    """Return the active rules, with the customers and services of each, as JSON: a cache holds no
    pickled rows.
    """
    rules = list(EscalationRule.objects.filter(is_active=True).order_by("position", "pk"))
    customers = _named(EscalationRule.organizations.through, "organization_id")
    services = _named(EscalationRule.services.through, "service_id")
    columns = [field.name for field in EscalationRule._meta.concrete_fields]
    kept = {
        "rules": serialize("python", rules, fields=columns),
        "customers": [customers.get(rule.pk, []) for rule in rules],
        "services": [services.get(rule.pk, []) for rule in rules],
    }
    return json.dumps(kept, cls=DjangoJSONEncoder)


def _named(pairs: type[Model], column: str) -> dict[int, list[int]]:
    """Return rule id -> the ids that this table of pairs names for it."""
    named: dict[int, list[int]] = {}
    rows = pairs._default_manager.order_by().values_list("escalationrule_id", column)
    for rule_id, pk in rows:
        named.setdefault(rule_id, []).append(pk)
    return named


def any_rule(*triggers: Trigger) -> bool:
    """Tell whether an active rule has one of these triggers; without one the receivers do no
    further query.
    """
    return any(each.rule.trigger in triggers for each in active_rules())


def rules_to_plan() -> list[EscalationRule]:
    """Return the active silence rules whose watches have not been created (``planned_at`` null)."""
    return list(
        EscalationRule.objects.filter(
            is_active=True, trigger=Trigger.SILENCE, planned_at=None
        ).order_by("pk")
    )


def due_watches(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, watch id) of the silence watches due at ``at``, the oldest first."""
    found = SilenceWatch.objects.filter(run_after__lte=at).order_by("run_after", "pk")
    return list(found.values_list("organization_id", "pk")[:limit])


def rule_logs_of(ticket: Ticket) -> list[RuleLog]:
    """Return the rule logs of a ticket, the newest first."""
    return list(RuleLog.objects.filter(ticket=ticket).order_by("-pk"))


def coverage_to_compute(limit: int) -> list[int]:
    """Return the ids of the organizations with a pending request for coverage, the oldest request
    first.
    """
    asked = Coverage.objects.filter(asked_at__isnull=False).order_by("asked_at", "pk")
    return list(asked.values_list("organization_id", flat=True)[:limit])


def coverage_rows() -> list[Coverage]:
    """Return the computed coverage of the scope, by name of the organization."""
    rows = Coverage.objects.filter(computed_at__isnull=False).select_related(
        "organization", "contract"
    )
    return list(rows.order_by("organization__name", "contract__reference", "pk"))


def drills_of(organization_id: int, limit: int) -> list[Drill]:
    return list(
        Drill.objects.filter(organization_id=organization_id)
        .select_related("started_by", "contract")
        .order_by("-pk")[:limit]
    )
