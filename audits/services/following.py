"""Applies the audit's rules to its ticket, and asks for delay notices (SPEC 9.4, 9.8)."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audits import notices
from audits.models import (
    AuditRequest,
    AuditState,
    Evidence,
    EvidenceState,
)
from audits.queries import (
    DEMAND_PERCENT,
    allowance_of,
    delivery_clock,
    handled_evidence,
    is_kept,
    needs_delay_notice,
    view_of_staff,
)
from audits.services.planning import release_plan
from audits.terms import validation_of
from foundation.accounts.queries import is_staff
from foundation.core.actor import system_actor
from foundation.core.errors import NotAllowed
from foundation.core.zones import zone
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.clocks.services import set_validation
from tickets.models import Attachment, Ticket
from tickets.services import set_answer_due, set_reopen_window
from tickets.states import FINAL, OPEN_STATES, State

logger = logging.getLogger(__name__)
AUDITS = system_actor("audits")


@transaction.atomic
def follow_ticket(*, audit: AuditRequest, from_state: str, to_state: str, at: datetime) -> None:
    """Apply a state change of the ticket to its audit.

    Raises ``NotAllowed`` for an end while the audit is stopped, and for a solution before the
    delivery. A solution starts the period to validate it. A closed ticket cannot be reopened.
    A declined delivery reopens the audit.
    """
    if to_state in FINAL:
        _give_plan_back(audit, at)
    if from_state in FINAL:
        AuditRequest.objects.filter(pk=audit.pk).update(released_at=None)
    if to_state in FINAL and audit.state == AuditState.STOPPED:
        # the message hides from the customer that the audit is stopped
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
        set_validation(ticket=ticket, period=validation_of(ticket), by=AUDITS, at=at)
    elif to_state == State.PENDING_USER:
        wait_for_answer(audit=audit)
    elif to_state == State.CLOSED:
        set_reopen_window(ticket_id=audit.ticket_id, until=None)
    elif (
        from_state == State.SOLVED and audit.state == AuditState.DELIVERED
    ):  # the customer declined the delivery
        AuditRequest.objects.filter(pk=audit.pk).update(
            state=AuditState.OPEN, delivered_at=None, reopened_at=at
        )


def _give_plan_back(audit: AuditRequest, at: datetime) -> None:
    """Have the plan of an audit that was called off, and uses no allowance, come again."""
    received_at = audit.ticket.received_at.astimezone(zone(audit.organization.time_zone))
    allowance = allowance_of(audit.contract, received_at.date())
    if allowance.used_by != audit:
        release_plan(audit=audit, by=AUDITS, at=at)


def wait_for_answer(*, audit: AuditRequest) -> None:
    """Take back the date on which the ticket of an audit would close without an answer: an audit
    ends by its protocol alone.
    """
    set_answer_due(ticket=audit.ticket, due_at=None)


def guard_files(
    *, organization_id: int, ticket_id: int, message_id: int | None, person_id: int | None
) -> None:
    """Raise ``NotAllowed`` when a member of the staff (``person_id``) attaches a file by which
    evidence could leave without BPO. ``message_id`` None checks the files of the ticket itself.

    First the person: who prepared, decided or opened evidence that its customer has not received
    attaches no file to that customer's tickets until the audit is delivered, whatever the file is.
    Then the bytes: nobody of the staff attaches the original or the deliverable of undelivered
    evidence. Public and internal evidence passes once delivered or refused. Files of the customer's
    own people always pass.
    """
    attached = list(
        Attachment.objects.filter(ticket_id=ticket_id, message_id=message_id)
        .order_by()
        .values_list("blob__sha256", flat=True)
    )
    if not attached or person_id is None or not is_staff(person_id):
        return
    handled = handled_evidence(person_id, organization_id)
    if handled is not None:
        raise NotAllowed(
            _(
                "You have worked with evidence of %(audit)s that has not been delivered. Until "
                "BPO delivers that audit, send this customer no files outside of its page: ask a "
                "colleague who has not opened the evidence to attach this one."
            )
            % {"audit": handled.item.audit.ticket.number}
        )
    if is_kept(attached):
        raise NotAllowed(
            _(
                "This file is evidence of an audit that has not been delivered: only BPO "
                "delivers it, on the audit's page."
            )
        )


def guard_account(*, person_id: int) -> None:
    """Raise ``NotAllowed`` when the person has worked with evidence that was not delivered. Needs a
    scope over every organization.
    """
    handled = handled_evidence(person_id)
    if handled is not None:
        raise NotAllowed(
            _(
                "This person has worked with evidence of %(audit)s that has not been delivered, "
                "and changes their own address and password until then: by their own page, or by "
                "“Forgot your password?”."
            )
            % {"audit": handled.item.audit.ticket.number}
        )


def guard_message(*, audit: AuditRequest, message_id: int) -> None:
    """Raise ``NotAllowed`` for a staff message on an audit's ticket with any file but delivered
    evidence or the index.
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
    """Raise ``NotAllowed``: allowance and retention of an audit depend on the contract of its
    request.
    """
    raise NotAllowed(
        _("The contract of an audit does not change: call it off and have it asked for anew.")
    )


def refuse_requester_change() -> None:
    """Raise ``NotAllowed``: who asks for an audit answers for it and its evidence (SPEC 9.1)."""
    raise NotAllowed(
        _("The requester of an audit does not change: call it off and have it asked for anew.")
    )


def refuse_merge() -> None:
    """Raise ``NotAllowed``: an audit's ticket goes on in no other one, and no other one in it."""
    raise NotAllowed(_("An audit cannot be merged: link the tickets instead."))


@transaction.atomic
def demand_delay_notice(*, audit: AuditRequest, percent: int, at: datetime) -> None:
    """Ask for a delay notice when ``percent`` is at least ``DEMAND_PERCENT`` and a notice is
    missing (SPEC 9.2).
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
    """Ask for the missing delay notices of all open audits; return how many audits were checked.

    Covers policies that do not warn at ``DEMAND_PERCENT``, and asks again once a new date has
    passed.
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
            # one failure must not stop the others
            logger.exception("The delay notice of audit %s could not be asked for", audit.pk)
    return len(found)
