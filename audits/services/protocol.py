"""Services around the evidence: delay notices, conferences, visits, and the stop after a request to
manipulate information (SPEC 9.2-9.7).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.models import (
    AuditRequest,
    AuditState,
    Conference,
    DelayNotice,
    Visit,
    VisitPlace,
)
from audits.permissions import Act, acts_for_customer, takes_visits
from audits.queries import delivery_clock, get_conference, get_visit
from audits.services.base import (
    NotNow,
    lock_audit,
    lock_for_act,
    record_audit,
    require_text,
    write_to_customer,
)
from audits.terms import visit_notice_of
from foundation.accounts.limits import Limited, count_act
from foundation.accounts.queries import acting_person
from foundation.calendars.queries import business_calendar_on, work_calendar
from foundation.core.actor import Actor
from foundation.core.bounds import require_day_in_reach
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.texts import is_blank
from foundation.core.wording import day_words
from foundation.core.zones import zone
from sla.clocks.services import start_promise, withdraw_promise
from sla.metrics import Metric
from tickets.notices import has_reader

MAX_ATTENDEES = 50
DAY = timedelta(days=1)
FURTHEST = timedelta(days=730)


@transaction.atomic
def send_delay_notice(
    *, audit: AuditRequest, reason: str, new_date: date, by: Actor, at: datetime
) -> DelayNotice:
    """Send the customer a delay notice with reason and new date; it records whether it was in time
    (SPEC 9.2).

    Raises ``NotNow`` without a running clock, or when the requester may not read the ticket any
    more: a notice that nobody gets is none. Raises ``Invalid`` unless the new date lies after the
    due date and after today.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.SEND_DELAY_NOTICE, user)
    clock = delivery_clock(locked.ticket_id)
    if clock is None or not clock.is_live or clock.due_at is None:
        raise NotNow(_("No delivery term runs."))
    if not has_reader(locked.ticket):
        raise NotNow(
            _("Nobody would be told: %(person)s has no access any more. Call the coordinator.")
            % {"person": locked.ticket.requester}
        )
    today = at.astimezone(zone(locked.organization.time_zone)).date()
    earliest = max(today, clock.due_at.astimezone(zone(locked.organization.time_zone)).date())
    if new_date <= earliest:
        words = _(
            "The new date lies after the one that was promised, and after today: from %(day)s on."
        ) % {"day": day_words(earliest + DAY)}
        raise Invalid(words, fields={"new_date": words})
    require_day_in_reach(new_date, at, "new_date")
    notice: DelayNotice = DelayNotice.objects.create(
        organization_id=locked.organization_id,
        audit=locked,
        reason=require_text(reason, "reason"),
        new_date=new_date,
        given_by=user,
        given_at=at,
        was_due_at=clock.due_at,
    )
    record_audit(
        locked,
        verbs.DELAY_NOTICE_SENT,
        by=by,
        at=at,
        new_date=new_date.isoformat(),
        in_time=notice.is_in_time,
    )
    write_to_customer(locked, "delay", reason=notice.reason, day=new_date, by=by, at=at)
    return notice


@transaction.atomic
def schedule_conference(
    *,
    audit: AuditRequest,
    starts_at: datetime,
    minutes: int,
    place: str,
    attendees: Sequence[str],
    by: Actor,
    at: datetime,
) -> Conference:
    """Schedule a conference and send every attendee an iCalendar invitation (SPEC 9.3). Raises
    ``Invalid`` for a wrong time, length, place or address, ``TooMany`` for too many guests.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.SCHEDULE, user)
    _check_time(starts_at, minutes, at)
    people = _addresses(attendees)
    count_act(Limited.GUESTS, by=by, at=at, amount=len(people))
    conference: Conference = Conference.objects.create(
        organization_id=locked.organization_id,
        audit=locked,
        starts_at=starts_at,
        minutes=minutes,
        place=require_text(place, "place"),
        attendees=people,
        scheduled_by=user,
        changed_at=at,
    )
    record_audit(
        locked,
        verbs.CONFERENCE_SCHEDULED,
        by=by,
        at=at,
        conference=conference.pk,
        starts_at=starts_at.isoformat(),
    )
    notices.invite(audit=locked, conference=conference, at=at)
    return conference


@transaction.atomic
def move_conference(
    *,
    audit: AuditRequest,
    conference_id: int,
    starts_at: datetime,
    minutes: int,
    place: str,
    by: Actor,
    at: datetime,
) -> Conference:
    """Move a conference to another time or place, and send every attendee the invitation anew: it
    replaces the one in their calendar. An unchanged one is returned as it is, and nothing is sent.

    Raises ``Invalid`` as ``schedule_conference``, ``NotNow`` for a cancelled or a past one,
    ``TooMany``.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.MOVE_CONFERENCE, user)
    conference = get_conference(locked, conference_id)
    if conference.is_cancelled or conference.ends_at <= at:
        raise NotNow(_("This conference was cancelled or is over: schedule another one."))
    there = require_text(place, "place")
    if (starts_at, minutes, there) == (
        conference.starts_at,
        conference.minutes,
        conference.place,
    ):
        return conference
    _check_time(starts_at, minutes, at)
    count_act(Limited.GUESTS, by=by, at=at, amount=len(conference.attendees))
    conference.starts_at = starts_at
    conference.minutes = minutes
    conference.place = there
    conference.sequence = conference.sequence + 1
    conference.changed_at = at
    conference.save(update_fields=["starts_at", "minutes", "place", "sequence", "changed_at"])
    record_audit(
        locked,
        verbs.CONFERENCE_MOVED,
        by=by,
        at=at,
        conference=conference.pk,
        starts_at=starts_at.isoformat(),
    )
    notices.invite(audit=locked, conference=conference, at=at)
    return conference


def _check_time(starts_at: datetime, minutes: int, at: datetime) -> None:
    if starts_at <= at:
        raise Invalid(
            _("The conference is in the past."), fields={"starts_at": _("Choose a later time.")}
        )
    if starts_at > at + FURTHEST:
        raise Invalid(
            _("The conference is years ahead."),
            fields={"starts_at": _("Choose a day within two years.")},
        )
    if not 0 < minutes <= 1440:  # noqa: PLR2004 - a day
        raise Invalid(_("Give its length in minutes."), fields={"minutes": _("From 1 to 1440.")})


def _addresses(attendees: Sequence[str]) -> list[str]:
    people = list(dict.fromkeys(each.strip().lower() for each in attendees if not is_blank(each)))
    wrong = []
    for each in people:
        try:
            validate_email(each)
        except ValidationError:
            wrong.append(each)
    if wrong or not people or len(people) > MAX_ATTENDEES:
        words = _("Write up to %(limit)d e-mail addresses, one per line.") % {
            "limit": MAX_ATTENDEES
        }
        raise Invalid(words, fields={"attendees": f"{words} {', '.join(wrong)}".strip()})
    return people


@transaction.atomic
def cancel_conference(
    *, audit: AuditRequest, conference_id: int, by: Actor, at: datetime
) -> Conference:
    """Cancel a conference and notify every attendee; a cancelled one is returned unchanged."""
    user = acting_person(by)
    locked = lock_for_act(audit, Act.CANCEL_CONFERENCE, user)
    conference = get_conference(locked, conference_id)
    if conference.is_cancelled:
        return conference
    conference.is_cancelled = True
    conference.sequence = conference.sequence + 1
    conference.changed_at = at
    conference.save(update_fields=["is_cancelled", "sequence", "changed_at"])
    record_audit(locked, verbs.CONFERENCE_CANCELLED, by=by, at=at, conference=conference.pk)
    notices.invite(audit=locked, conference=conference, at=at)
    return conference


@transaction.atomic
def announce_visit(
    *,
    audit: AuditRequest,
    place: VisitPlace,
    on: date,
    visitors: str,
    by: Actor,
    at: datetime,
) -> Visit:
    """Announce a visit after the request, with the notice that the contract asks for (SPEC 9.6).

    Raises ``NotAllowed``, ``NotNow`` (delivered, stopped or ended), ``TooMany`` or ``Invalid`` (too
    early a day, or announced before).
    """
    user = acting_person(by)
    if not acts_for_customer(user, audit):
        raise NotAllowed(
            _("Only whoever asked for the audit, or a coordinator, can announce a visit.")
        )
    locked = lock_audit(audit)
    if not takes_visits(locked):
        raise NotNow(_("No visit can be announced for this audit any more."))
    count_act(Limited.VISITS, by=by, at=at)
    earliest = earliest_visit(locked, at)
    if on < earliest:
        words = _(
            "A visit is announced at least %(days)d business days before it: from %(day)s on."
        ) % {
            "days": visit_notice_of(locked.ticket),
            "day": day_words(earliest),
        }
        raise Invalid(words, fields={"on": words})
    require_day_in_reach(on, at, "on")
    if Visit.objects.filter(audit=locked, on=on, place=place).exists():
        raise Invalid(
            _("This visit was already announced."), fields={"on": _("Announced already.")}
        )
    visit: Visit = Visit.objects.create(
        organization_id=locked.organization_id,
        audit=locked,
        place=place,
        on=on,
        visitors=require_text(visitors, "visitors"),
        announced_by=user,
        announced_at=at,
    )
    record_audit(locked, verbs.VISIT_ANNOUNCED, by=by, at=at, visit=visit.pk, on=on.isoformat())
    notices.notify_visit(audit=locked, visit=visit, at=at)
    return visit


def earliest_visit(audit: AuditRequest, at: datetime) -> date:
    """Return the first day that a visit announced at ``at`` may have: a business day with the
    business days of notice that the contract asks for before it, in the calendar's time zone.
    """
    notice = visit_notice_of(audit.ticket)
    version = business_calendar_on(audit.organization, at)
    assert version is not None  # the term to deliver runs in it
    calendar = work_calendar(version)
    today = at.astimezone(calendar.zone).date()
    day = calendar.term(at, notice, True).astimezone(calendar.zone).date()
    while not calendar.is_business_day(day) or calendar.days_before(day, notice, True) < today:
        day += DAY
    return day


@transaction.atomic
def answer_visit(
    *,
    audit: AuditRequest,
    visit_id: int,
    authorizes: bool,
    answer: str,
    by: Actor,
    at: datetime,
) -> Visit:
    """Authorize a visit, or refuse it with the reason, and write to the customer. Raises ``NotNow``
    when it was answered.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.ANSWER_VISIT, user)
    visit = get_visit(locked, visit_id)
    if visit.is_authorized is not None:
        raise NotNow(_("This visit has been answered."))
    visit.answer = answer.strip() if authorizes else require_text(answer, "answer")
    visit.is_authorized = authorizes
    visit.answered_by = user
    visit.answered_at = at
    visit.save(update_fields=["is_authorized", "answered_by", "answered_at", "answer"])
    record_audit(locked, verbs.VISIT_ANSWERED, by=by, at=at, visit=visit.pk, authorized=authorizes)
    what = "visit_authorized" if authorizes else "visit_refused"
    write_to_customer(locked, what, reason=visit.answer, day=visit.on, by=by, at=at)
    return visit


@transaction.atomic
def stop_audit(*, audit: AuditRequest, reason: str, by: Actor, at: datetime) -> AuditRequest:
    """Stop an audit after a request to manipulate information, and notify the committee (SPEC 9.7),
    or whom ``reported_to`` says, at ``reported_at``.

    Withdraws the delivery clock unless it is overdue. Writes nothing to the customer: the committee
    decides about that.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.STOP, user)
    locked.stopped_from = locked.state
    locked.decision = require_text(reason, "reason")
    locked.state = AuditState.STOPPED
    locked.decided_by = user
    locked.decided_at = at
    told = notices.notify_of_stop(audit=locked, at=at)
    locked.reported_to = told.to
    locked.reported_at = told.at
    locked.save(
        update_fields=[
            "decision",
            "state",
            "stopped_from",
            "decided_by",
            "decided_at",
            "reported_to",
            "reported_at",
        ]
    )
    clock = delivery_clock(locked.ticket_id)
    if (
        clock is not None and clock.is_live and (clock.due_at is None or at <= clock.due_at)
    ):  # an overdue clock keeps its breach
        withdraw_promise(ticket=locked.ticket, metric=Metric.DELIVERY, by=by, at=at)
    later = told.at.isoformat() if told.at and told.at > at else None
    record_audit(locked, verbs.STOPPED, by=by, at=at, reported_to=told.to, told_at=later)
    return locked


@transaction.atomic
def resume_audit(*, audit: AuditRequest, reason: str, by: Actor, at: datetime) -> AuditRequest:
    """Return a stopped audit to its earlier state after the committee's decision. A withdrawn clock
    starts again at ``at``; an overdue one goes on.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.RESUME, user)
    locked.decision = require_text(reason, "reason")
    locked.decided_by = user
    locked.decided_at = at
    locked.state = locked.stopped_from or AuditState.OPEN
    locked.stopped_from = ""
    locked.save(update_fields=["decision", "state", "stopped_from", "decided_by", "decided_at"])
    start_promise(ticket=locked.ticket, metric=Metric.DELIVERY, by=by, at=at)
    record_audit(locked, verbs.RESUMED, by=by, at=at)
    return locked
