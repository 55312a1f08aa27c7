"""Queues the letters of an audit: to BPO for approval, to preparers on a decision, to the committee
when an audit is stopped.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from audits import paper
from audits.models import (
    AuditRequest,
    Conference,
    Evidence,
    PlannedAudit,
    ReportedTo,
    RequestedItem,
    Visit,
)
from foundation.accounts.models import User
from foundation.accounts.queries import serves, staff_serving, supervisors_of
from foundation.accounts.roles import StaffRole
from foundation.core.links import Link
from foundation.documents.services import store_bytes
from foundation.duty.roster import Party, first_to_answer, roster_on
from foundation.notifications.services import Letter, queue_letters
from tickets.letters import send, ticket_letter


def notify_requested(
    *, audit: AuditRequest, due_at: datetime | None, author_id: int, at: datetime
) -> None:
    """Notify BPO and the audit area, except who registered it, of a new audit request and of when
    its delivery is due.
    """
    key = f"audit:{audit.pk}"
    _notify(
        audit,
        [
            person
            for person in _people(audit, StaffRole.BPO, StaffRole.AUDIT_AREA)
            if person.pk != author_id
        ],
        "audit_requested",
        key,
        at,
        audit_state=audit.state,
        due_at=due_at.isoformat() if due_at else "",
    )


def notify_item_given(*, audit: AuditRequest, item: RequestedItem, at: datetime) -> None:
    """Tell the preparer of an item that it is theirs, and until when."""
    given = item.prepare_by.isoformat() if item.prepare_by else ""
    _notify(
        audit,
        [item.preparer],
        "audit_item_given",
        f"item:{item.pk}:{item.preparer_id}:{given}:{at.isoformat()}",
        at,
        item=item.number,
        what=item.description,
        prepare_by=given,
    )


def remind_of_plan(*, planned: PlannedAudit, at: datetime) -> None:
    """Remind the audit area that serves the customer of an audit that is expected soon; without
    one, who planned it or, when they do not serve it any more, the supervisors of the desk.
    """
    area = staff_serving(planned.organization_id, StaffRole.AUDIT_AREA)
    organization = planned.organization
    planner = planned.planned_by
    keeps = planner.is_active and serves(planner, organization.pk)
    readers = area or ([planner] if keeps else supervisors_of(organization.pk))
    letters = [
        Letter(
            template="audit_expected",
            to_email=person.email,
            to_name=person.full_name,
            recipient_id=person.pk,
            language=person.language or organization.language,
            dedupe_key=f"planned-audit:{planned.pk}:{planned.version}:{person.pk}",
            links={"url": Link("planned_audit", str(planned.pk), for_staff=True)},
            context={
                "organization": organization.name,
                "contract": planned.contract.reference,
                "expected_on": planned.expected_on.isoformat(),
                "auditor": planned.auditor_company,
            },
        )
        for person in readers
    ]
    queue_letters(organization_id=organization.pk, letters=letters, at=at)


def notify_prepared(*, audit: AuditRequest, evidence: Evidence, at: datetime) -> None:
    """Notify BPO, except the preparer, that evidence waits for approval."""
    people = [
        person for person in _people(audit, StaffRole.BPO) if person.pk != evidence.prepared_by_id
    ]
    _notify(
        audit,
        people,
        "audit_prepared",
        f"evidence:{evidence.pk}",
        at,
        item=evidence.item.number,
        who=evidence.prepared_by.full_name,
    )


def notify_decided(*, audit: AuditRequest, evidence: Evidence, at: datetime) -> None:
    """Notify the preparer that evidence was approved or refused, or could not become PDF."""
    key = f"evidence:{evidence.pk}:{evidence.state}"
    context = {
        "item": evidence.item.number,
        "state": evidence.state,
        "reason": evidence.decision,
    }
    _notify(audit, [evidence.prepared_by], "audit_decided", key, at, **context)


def demand_delay_notice(
    *, audit: AuditRequest, due_at: str, percent: int, given: int, at: datetime
) -> None:
    """Ask BPO, the audit area, and the ticket's owner and assignee for a delay notice. ``given``
    counts earlier notices: the key changes with each, so that the next is asked for.
    """
    people = {person.pk: person for person in _people(audit, StaffRole.BPO, StaffRole.AUDIT_AREA)}
    for person in (audit.ticket.owner, audit.ticket.assignee):
        if person is not None and person.is_active:
            people[person.pk] = person
    key = f"audit-delay:{audit.pk}:{due_at}:{percent}:{given}"
    _notify(
        audit, list(people.values()), "audit_delay_wanted", key, at, due_at=due_at, percent=percent
    )


def notify_visit(*, audit: AuditRequest, visit: Visit, at: datetime) -> None:
    people = _people(audit, StaffRole.AUDIT_AREA, StaffRole.DESK_SUPERVISOR)
    _notify(
        audit,
        people,
        "audit_visit",
        f"visit:{visit.pk}",
        at,
        on=visit.on.isoformat(),
        place=visit.place,
    )


@dataclass(frozen=True)
class Reported:
    """``to``: a ``ReportedTo``, or "" when there is nobody; ``at``: when they are told."""

    to: str
    at: datetime | None


def notify_of_stop(*, audit: AuditRequest, at: datetime) -> Reported:
    """Report a request to manipulate information to the Ethics and Compliance committee; without
    addresses, to the audit area.
    """
    language = audit.organization.language
    people = [User(email=each, language=language) for each in settings.MESA_ETHICS_EMAILS]
    told = ReportedTo.COMMITTEE
    if not people:
        people = _people(audit, StaffRole.AUDIT_AREA)
        told = ReportedTo.AUDIT_AREA
    key = f"audit-stopped:{audit.pk}:{at.isoformat()}"
    who = audit.decided_by.full_name if audit.decided_by else ""
    told_at = _notify(audit, people, "audit_stopped", key, at, reason=audit.decision, who=who)
    return Reported(str(told) if told_at else "", told_at)


def invite(*, audit: AuditRequest, conference: Conference, at: datetime) -> None:
    """Queue a letter to every attendee with the invitation, or the cancellation, as iCalendar."""
    content = paper.invitation(audit, conference)
    blob = store_bytes(
        organization_id=audit.organization_id, content=content, content_type="text/calendar", at=at
    )
    letters = [
        Letter(
            template="audit_conference",
            to_email=each,
            language=audit.organization.language,
            dedupe_key=f"conference:{conference.pk}:{conference.sequence}:{each}",
            attachment_id=blob.pk,
            attachment_name="conference.ics",
            context={
                "number": audit.ticket.number,
                "organization": audit.organization.name,
                "auditor": audit.auditor_company,
                "starts_at": conference.starts_at.isoformat(),
                "minutes": conference.minutes,
                "place": conference.place,
                "cancelled": conference.is_cancelled,
                "time_zone": audit.organization.time_zone,
            },
        )
        for each in conference.attendees
    ]
    queue_letters(organization_id=audit.organization_id, letters=letters, at=at)


def _people(audit: AuditRequest, *roles: StaffRole) -> list[User]:
    return staff_serving(audit.organization_id, *roles)


def _notify(
    audit: AuditRequest, people: list[User], template: str, key: str, at: datetime, **context: Any
) -> datetime | None:
    """Queue letters to the people on duty or their substitutes, for now or for when the first of
    them comes on duty. People without an account get theirs at once. Return when the first letter
    leaves, or None when nobody gets one.
    """
    staff = [each for each in people if each.pk]
    outside = [each for each in people if not each.pk]
    recipients = [(person, at) for person in outside]
    if staff:
        answering = first_to_answer(
            Party(members=tuple(staff)), at, roster_on(at, audit.organization_id)
        )
        recipients += [(person, answering.at) for person in answering.people]
    ticket = audit.ticket
    same: dict[str, Any] = {
        "template": template,
        "key": key,
        "for_staff": True,
        "auditor": audit.auditor_company,
        "links": {"url": Link("audit", ticket.number, for_staff=True)},
    }
    letters = [
        ticket_letter(ticket, to=person, not_before=when, **same, **context)
        for person, when in recipients
    ]
    send(ticket, letters, at)
    return min((when for _, when in recipients), default=None)
