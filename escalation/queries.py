"""The matrix of an organization and the ladder of a ticket."""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.utils.translation import gettext as _

from core.errors import NotFound
from escalation.models import Escalation, EscalationLevel, EscalationMatrix, MatrixKind
from tickets.models import Ticket

_SALT = "escalation.acknowledge"


def matrix_on(
    organization_id: int, contract_id: int | None, at: datetime, kind: MatrixKind = MatrixKind.HIERARCHICAL
) -> EscalationMatrix | None:
    """Return the matrix in force at an instant: the contract's own, otherwise the organization's; None when there is none."""
    found = EscalationMatrix.objects.filter(organization_id=organization_id, kind=kind, effective_from__lte=at).order_by("-number")
    own = found.filter(contract_id=contract_id).first() if contract_id is not None else None
    return own or found.filter(contract=None).first()


def levels_of(matrix: EscalationMatrix | None) -> list[EscalationLevel]:
    """Return the levels of a matrix, the first one first."""
    if matrix is None:
        return []
    related = ("organization", "contact", "substitute", "team")
    return list(EscalationLevel.objects.filter(matrix=matrix).select_related(*related).order_by("position", "pk"))


def ladder_of(ticket: Ticket, at: datetime) -> list[EscalationLevel]:
    """Return the levels that a ticket climbs at an instant."""
    return levels_of(matrix_on(ticket.organization_id, ticket.contract_id, at))


@dataclass(frozen=True)
class ShownMatrix:
    """A matrix in force with its levels, as customers read it."""

    matrix: EscalationMatrix
    levels: list[EscalationLevel]


def matrices_in_force(organization_id: int, at: datetime) -> list[ShownMatrix]:
    """Return every matrix of an organization that is in force: by kind, the organization's before those of contracts."""
    newest: dict[tuple[str, int | None], EscalationMatrix] = {}
    rows = EscalationMatrix.objects.filter(organization_id=organization_id, effective_from__lte=at).select_related("contract")
    for matrix in rows.order_by("number"):
        newest[matrix.kind, matrix.contract_id] = matrix
    order = {str(kind): place for place, kind in enumerate(MatrixKind)}
    shown = sorted(newest.values(), key=lambda matrix: (order[matrix.kind], matrix.contract_id or 0))
    return [ShownMatrix(matrix, levels_of(matrix)) for matrix in shown]


def escalations_of(ticket: Ticket) -> list[Escalation]:
    return list(Escalation.objects.filter(ticket=ticket).select_related("level", "acknowledged_by").order_by("pk"))


def unacknowledged(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, escalation id) of the steps whose time to acknowledge has passed."""
    return list(
        Escalation.objects.filter(acknowledge_due_at__lt=at)
        .order_by("acknowledge_due_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def acknowledge_token(escalation: Escalation) -> str:
    """Return the signed word with which a contact without a login acknowledges; it names this step alone."""
    return signing.dumps([escalation.organization_id, escalation.pk], salt=_SALT)


def read_token(token: str) -> tuple[int, int]:
    """Return (organization id, escalation id) of a signed word; ``NotFound`` when it was not made by us."""
    try:
        organization_id, escalation_id = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(_("This link is not valid. Copy it whole from the mail.")) from error
    return int(organization_id), int(escalation_id)


def get_escalation(escalation_id: int) -> Escalation:
    escalation = Escalation.objects.filter(pk=escalation_id).select_related("ticket__organization", "level").order_by("pk").first()
    if escalation is None:
        raise NotFound(_("There is no such escalation."))
    return escalation
