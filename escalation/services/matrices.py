"""Escalation matrices in versions: published, checked, numbered."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import Contract
from escalation import verbs
from escalation.models import EscalationLevel, EscalationMatrix, MatrixKind
from escalation.notices import notify_technical_list
from escalation.queries import levels_of
from escalation.services.covering import ask_coverage
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization
from foundation.accounts.queries import may_read, team_serves
from foundation.activity.services import Fact, record
from foundation.configuration.validity import check_place
from foundation.core.actor import Actor
from foundation.core.errors import Invalid


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
    check_levels(levels, organization)
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
    send_technical_list(matrix_id=matrix.pk, at=at)
    return matrix


def send_technical_list(*, matrix_id: int, at: datetime) -> None:
    """Send a list for technical failures to the customer's service owners (SPEC 5.4). Another
    matrix is sent to nobody.
    """
    matrix = EscalationMatrix.objects.select_related("organization", "contract").get(pk=matrix_id)
    if matrix.kind == MatrixKind.TECHNICAL:
        notify_technical_list(matrix=matrix, levels=levels_of(matrix), at=at)


def check_matrix(matrix: EscalationMatrix, *, at: datetime) -> None:
    """Raise ``Invalid`` when a version takes effect before ``at``, or not between the versions
    before and after it.
    """
    check_place(matrix, _matrices_like(matrix), at=at)


def check_levels(levels: Iterable[EscalationLevel], organization: Organization) -> None:
    """Raise ``Invalid`` without levels, unless they are numbered 1, 2, 3 … (a gap would skip a
    level), or when one names somebody or something of another customer.
    """
    levels = list(levels)
    positions = sorted(level.position for level in levels)
    if not positions or positions != list(range(1, len(positions) + 1)):
        words = _("Number the levels 1, 2, 3 and so on, each once, and name at least one.")
        raise Invalid(words, fields={"levels": words})
    for level in sorted(levels, key=lambda level: level.position):
        words = _stranger_words(level, organization)
        if words:
            words = _("Level %(level)d: %(words)s") % {"level": level.position, "words": words}
            raise Invalid(words, fields={"levels": words})


def _stranger_words(level: EscalationLevel, organization: Organization) -> str:
    """Return what is wrong with the people, the group or the calendar of a level, "" when they
    belong to the staff who serve the organization, or to the organization itself.
    """
    people = [person for person in (level.contact, level.substitute) if person is not None]
    for person in people:
        if not may_read(person.pk, organization.pk):
            return _(
                "%(email)s is neither an active member of %(organization)s nor of the staff that "
                "serves it."
            ) % {"email": person.email, "organization": organization.name}
    if len({person.is_staff for person in people}) > 1:
        return _("The staff and the customer's people do not stand in for each other.")
    if level.team is not None and not team_serves(level.team, organization.pk):
        return _("The group %(group)s does not serve %(organization)s.") % {
            "group": level.team,
            "organization": organization.name,
        }
    if level.calendar is not None and level.calendar.organization_id != organization.pk:
        return _("The calendar %(calendar)s belongs to another organization.") % {
            "calendar": level.calendar
        }
    return ""


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
