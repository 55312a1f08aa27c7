"""Escalation matrices in versions: published, checked, numbered."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import Contract
from escalation import verbs
from escalation.models import EscalationLevel, EscalationMatrix, MatrixKind
from escalation.services.covering import ask_coverage
from foundation.accounts.models import Organization
from foundation.activity.services import Fact, record
from foundation.configuration.validity import check_place
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from sla.policies.services import lock_organization


@transaction.atomic
def publish_ladder(
    *,
    organization: Organization,
    levels: Sequence[EscalationLevel],
    effective_from: datetime,
    by: Actor,
    at: datetime,
    contract: Contract | None = None,
    kind: MatrixKind = MatrixKind.HIERARCHICAL,
) -> EscalationMatrix:
    """Add a version to the matrix of a contract, or of the organization without one. ``levels`` are
    unsaved rows.

    Tickets follow it from ``effective_from`` on. Locks the organization's row. Raises ``Invalid``
    or ``ValidationError`` with the fields to correct.
    """
    lock_organization(organization.pk)
    matrix = EscalationMatrix(
        organization=organization, contract=contract, kind=kind, effective_from=effective_from
    )
    check_matrix(matrix, at=at)
    check_levels(levels)
    number_matrix(matrix, at=at)
    matrix.full_clean(exclude=["organization"])
    matrix.save()
    for level in levels:
        level.matrix = matrix
        level.organization_id = organization.pk
        level.full_clean(exclude=["organization"])
        level.save()
    fact = Fact(
        verb=verbs.MATRIX_PUBLISHED,
        object_type="escalation.escalationmatrix",
        object_id=matrix.pk,
    )
    record(organization_id=organization.pk, facts=[fact], by=by, at=at)
    ask_coverage(organization_ids=[organization.pk], at=at)
    return matrix


def check_matrix(matrix: EscalationMatrix, *, at: datetime) -> None:
    """Raise ``Invalid`` when a version takes effect before ``at``, or not between the versions
    before and after it.
    """
    check_place(matrix, _matrices_like(matrix), at=at)


def check_levels(levels: Iterable[EscalationLevel]) -> None:
    """Raise ``Invalid`` without levels, or unless they are numbered 1, 2, 3 …: a gap would skip a
    level.
    """
    positions = sorted(level.position for level in levels)
    if not positions or positions != list(range(1, len(positions) + 1)):
        words = _("Number the levels 1, 2, 3 and so on, each once, and name at least one.")
        raise Invalid(words, fields={"levels": words})


def number_matrix(matrix: EscalationMatrix, *, at: datetime) -> None:
    """Set the next free number and ``published_at`` on an unsaved version."""
    last = _matrices_like(matrix).order_by("-number").first()
    matrix.number = last.number + 1 if last else 1
    matrix.published_at = at


def _matrices_like(matrix: EscalationMatrix) -> QuerySet[EscalationMatrix]:
    same = EscalationMatrix.objects.filter(
        organization_id=matrix.organization_id, contract_id=matrix.contract_id, kind=matrix.kind
    )
    return same.exclude(pk=matrix.pk)
