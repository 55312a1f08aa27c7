"""The matrix of an organization and the ladder of a ticket."""

from datetime import datetime

from django.core import signing
from django.utils.translation import gettext as _

from core.errors import NotFound
from escalation.models import Escalation, EscalationLevel
from tickets.models import Ticket

_SALT = "escalation.acknowledge"


def matrix_of(organization_id: int) -> list[EscalationLevel]:
    """Return the levels of an organization, the first one first."""
    return list(
        EscalationLevel.objects.filter(organization_id=organization_id)
        .select_related("organization", "contact", "substitute", "team")
        .order_by("position", "pk")
    )


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
