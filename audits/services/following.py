"""The audit follows its ticket, and holds it to its rules (SPEC 9.4, 9.8)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audits import notices
from audits.models import VALIDATION, AuditRequest, AuditState, Evidence, EvidenceState
from audits.queries import DEMAND_PERCENT, needs_delay_notice, view_of_staff
from core.actor import system_actor
from core.errors import NotAllowed
from sla.services import set_validation
from tickets.models import Attachment, Ticket
from tickets.services import set_reopen_window
from tickets.states import State

AUDITS = system_actor("audits")


@transaction.atomic
def follow_ticket(*, audit: AuditRequest, from_state: str, to_state: str, at: datetime) -> None:
    """Refuse a solution before the delivery; give a delivered one three business days; take no reopening after the end."""
    if to_state == State.SOLVED:
        if audit.state != AuditState.DELIVERED:
            raise NotAllowed(
                _("This audit is solved by its delivery: answer every item of the request, or close it as called off or invalid.")
            )
        ticket = Ticket.objects.select_related("organization", "contract", "requester", "service").get(pk=audit.ticket_id)
        set_validation(ticket=ticket, period=VALIDATION, by=AUDITS, at=at)
    elif to_state == State.CLOSED:
        set_reopen_window(ticket_id=audit.ticket_id, until=None)
    elif from_state == State.SOLVED and audit.state == AuditState.DELIVERED:  # the customer did not accept it: what is listed is mended
        AuditRequest.objects.filter(pk=audit.pk).update(state=AuditState.OPEN, delivered_at=None)


def guard_message(*, audit: AuditRequest, message_id: int) -> None:
    """Refuse files in a message of the staff, but for evidence that BPO has delivered and its index."""
    blobs = set(Attachment.objects.filter(message_id=message_id).order_by().values_list("blob_id", flat=True))
    if not blobs:
        return
    delivered = Evidence.objects.filter(item__audit=audit, state=EvidenceState.DELIVERED).order_by().values_list("delivered_id", flat=True)
    if blobs - {*delivered, audit.index_id}:
        raise NotAllowed(_("Files of an audit leave as evidence, approved and delivered by BPO: prepare them on the audit's page."))


@transaction.atomic
def demand_delay_notice(*, audit: AuditRequest, percent: int, at: datetime) -> None:
    """Ask for the delay notice while there is time, unless one was given that still holds (SPEC 9.2)."""
    view = view_of_staff(audit)
    if percent >= DEMAND_PERCENT and view.clock is not None and view.clock.due_at is not None and needs_delay_notice(view, at):
        notices.demand_delay_notice(audit=audit, due_at=view.clock.due_at.isoformat(), percent=percent, at=at)
