"""The audit follows its ticket, and holds it to its rules (SPEC 9.4, 9.8)."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audits import notices
from audits.models import (
    VALIDATION,
    AuditRequest,
    AuditState,
    Classification,
    Evidence,
    EvidenceState,
)
from audits.queries import DEMAND_PERCENT, delivery_clock, needs_delay_notice, view_of_staff
from foundation.core.actor import system_actor
from foundation.core.errors import NotAllowed
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.clocks.services import set_validation
from tickets.models import Attachment, Ticket
from tickets.services import set_reopen_window
from tickets.states import FINAL, OPEN_STATES, State

logger = logging.getLogger(__name__)
AUDITS = system_actor("audits")


@transaction.atomic
def follow_ticket(*, audit: AuditRequest, from_state: str, to_state: str, at: datetime) -> None:
    """Refuse a solution before the delivery; give a delivered one three business days; take no
    reopening after the end.
    """
    if to_state in FINAL and audit.state == AuditState.STOPPED:
        # that it was stopped stays inside
        raise NotAllowed(
            _("This request cannot be ended at the moment: write to us on its ticket.")
        )
    if to_state == State.SOLVED:
        if audit.state != AuditState.DELIVERED:
            raise NotAllowed(
                _(
                    "This audit is solved by its delivery: answer every item of the request, or "
                    "close it as called off or invalid."
                )
            )
        ticket = Ticket.objects.select_related(
            "organization", "contract", "requester", "service"
        ).get(pk=audit.ticket_id)
        set_validation(ticket=ticket, period=VALIDATION, by=AUDITS, at=at)
    elif to_state == State.CLOSED:
        set_reopen_window(ticket_id=audit.ticket_id, until=None)
    elif (
        from_state == State.SOLVED and audit.state == AuditState.DELIVERED
    ):  # the customer did not accept it: what is listed is mended
        AuditRequest.objects.filter(pk=audit.pk).update(
            state=AuditState.OPEN, delivered_at=None, reopened_at=at
        )


def guard_files(*, ticket_id: int, message_id: int | None) -> None:
    """Refuse what the staff attach where the customer reads it (``message_id`` None: with the
    ticket itself), where it is evidence.

    On the ticket of an audit any file but what BPO has delivered, and the index; on every other one
    what is kept as evidence and has not left. The customer's own files pass: nobody asks here.
    """
    attached = (
        Attachment.objects.filter(ticket_id=ticket_id, message_id=message_id)
        .order_by()
        .values("blob__sha256")
    )
    kept = Evidence.objects.filter(
        Q(source__sha256__in=attached) | Q(deliverable__sha256__in=attached)
    )
    # of another customer too: each keeps the bytes in a row of its own
    kept = kept.exclude(delivered__sha256__in=attached)
    # of these nothing waits for BPO any more
    settled = [
        EvidenceState.DELIVERED,
        EvidenceState.REFUSED,
        EvidenceState.REPLACED,
    ]
    kept = kept.exclude(
        state__in=settled, classification__in=[Classification.PUBLIC, Classification.INTERNAL]
    )
    if kept.exists():
        raise NotAllowed(
            _(
                "This file is evidence of an audit that has not been delivered: only BPO "
                "delivers it, on the audit's page."
            )
        )


def guard_message(*, audit: AuditRequest, message_id: int) -> None:
    """Refuse files in a message of the staff on an audit's ticket, but for evidence that BPO has
    delivered and its index.
    """
    blobs = set(
        Attachment.objects.filter(message_id=message_id)
        .order_by()
        .values_list("blob_id", flat=True)
    )
    if not blobs:
        return
    delivered = (
        Evidence.objects.filter(item__audit=audit, state=EvidenceState.DELIVERED)
        .order_by()
        .values_list("delivered_id", flat=True)
    )
    if blobs - {*delivered, audit.index_id}:
        raise NotAllowed(
            _(
                "Files of an audit leave as evidence, approved and delivered by BPO: prepare "
                "them on the audit's page."
            )
        )


def refuse_contract_change() -> None:
    """Refuse another contract for the ticket of an audit: its allowance and its retention hang on
    the one it was asked under.
    """
    raise NotAllowed(
        _("The contract of an audit does not change: call it off and have it asked for anew.")
    )


@transaction.atomic
def demand_delay_notice(*, audit: AuditRequest, percent: int, at: datetime) -> None:
    """Ask for the delay notice while there is time, unless one was given that still holds (SPEC
    9.2).
    """
    view = view_of_staff(audit)
    if (
        percent >= DEMAND_PERCENT
        and view.clock is not None
        and view.clock.due_at is not None
        and needs_delay_notice(view, at)
    ):
        due_at = view.clock.due_at.isoformat()
        given = len(view.notices)
        notices.demand_delay_notice(audit=audit, due_at=due_at, percent=percent, given=given, at=at)


def demand_delay_notices(*, at: datetime) -> int:
    """Look at every audit whose term runs, and return how many. Whoever warns otherwise is asked
    all the same, and once more when a new date has passed without the delivery.
    """
    audits = AuditRequest.objects.filter(
        state__in=[AuditState.OPEN, AuditState.EVALUATING], ticket__state__in=sorted(OPEN_STATES)
    )
    found = list(
        audits.select_related(
            "ticket__organization", "ticket__owner", "ticket__assignee", "organization"
        ).order_by("pk")
    )
    for audit in found:
        clock = delivery_clock(audit.ticket_id)
        if clock is None or clock.due_at is None:
            continue
        try:
            demand_delay_notice(
                audit=audit, percent=DEMAND_PERCENT if at <= clock.due_at else BREACH_PERCENT, at=at
            )
        except Exception:
            # it holds up no other
            logger.exception("The delay notice of audit %s could not be asked for", audit.pk)
    return len(found)
