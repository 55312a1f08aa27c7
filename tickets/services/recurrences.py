"""Recurring tickets: saved, paused, resumed and deleted by supervisors."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.locks import lock_organization
from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, may_read, serves
from foundation.accounts.roles import RAISES_TICKETS, Capability
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, Text
from foundation.core.tenancy import require_in_scope
from foundation.core.texts import is_blank, one_line, without_blank_ends
from tickets import queries, verbs
from tickets.masking import secrets_in
from tickets.models import Recurrence, RecurrenceDay
from tickets.models.recurrences import LONGEST_NAME
from tickets.recurrence import ClosedDays, Rule, first_days, wrong_start
from tickets.services.errors import ActionNotAllowed, StaleRecurrence
from tickets.services.prepared import kept_tags, titles_of, wrong_in
from tickets.services.raising import NewTicket, check_texts
from tickets.services.recurring import settle_due

MOST_RECURRENCES = 500  # of an organization


@dataclass(frozen=True, kw_only=True)
class RecurrencePlan:
    """What is saved. ``request`` is the ticket; ``tags`` are separated by commas, ``tasks`` stand
    one a line. Days and ``at_time`` are local in the organization's zone.
    """

    name: str
    request: NewTicket
    rule: Rule
    starts_on: date
    at_time: time
    closed_days: ClosedDays = ClosedDays.RAISE
    assignee: User | None = None
    tags: str = ""
    tasks: str = ""


@transaction.atomic
def save_recurrence(
    *,
    plan: RecurrencePlan,
    recurrence: Recurrence | None = None,
    expected_version: int | None = None,
    by: Actor,
    at: datetime,
) -> Recurrence:
    """Save a new recurring ticket, or ``recurrence`` anew, which stays of its organization: what is
    due of it is raised first, as it was. Times that are past raise nothing, and no day raises a
    second ticket. A paused one stays paused.

    Raises ``ActionNotAllowed`` (supervisors of the customer alone may), ``StaleRecurrence`` or
    ``Invalid``: a name that there is, what ``raise_ticket`` would refuse, an assignee who does not
    attend the customer, tags or tasks, a rule that gives no day, too many.
    """
    organization = plan.request.organization
    require_in_scope(plan.request.membership)
    _require_supervisor(organization.pk, by)
    lock_organization(organization.pk)
    if recurrence is not None:
        recurrence = _settled(recurrence.pk, at)
        if expected_version is not None and expected_version != recurrence.version:
            raise StaleRecurrence(recurrence)
    _check(plan, recurrence)
    at_time = plan.at_time.replace(second=0, microsecond=0)
    found = recurrence or Recurrence(organization=organization, created_at=at, version=0)
    done_until = queries.day_before(at, at_time, organization.time_zone)
    if recurrence is not None and recurrence.done_until is not None:
        newest = queries.days_of(recurrence).values_list("day", flat=True).first()
        done_until = max(done_until, newest or done_until)
    values = {**_values(plan), "at_time": at_time, "done_until": done_until}
    for name, value in values.items():
        setattr(found, name, value)
    first = _next(found, at)
    if first is None:
        words = _("This rule gives no day from now on: no ticket would ever be raised.")
        raise Invalid(words, fields={"rule": words})
    found.keeper = acting_person(by)
    found.next_at = None if found.is_paused else first
    found.version += 1
    found.save()
    _record(found, verbs.RECURRENCE_SAVED, by, at)
    return found


@transaction.atomic
def pause_recurrence(*, recurrence: Recurrence, by: Actor, at: datetime) -> Recurrence:
    """Raise what is due, and then no more tickets until it is resumed; a paused one is left. Raises
    ``ActionNotAllowed``.
    """
    _require_supervisor(recurrence.organization_id, by)
    found = _settled(recurrence.pk, at)
    if not found.is_paused:
        _write(found, is_paused=True, next_at=None)
        _record(found, verbs.RECURRENCE_PAUSED, by, at)
    return found


@transaction.atomic
def resume_recurrence(*, recurrence: Recurrence, by: Actor, at: datetime) -> Recurrence:
    """Raise tickets again, from now on: for the days of the pause none is raised. One that is not
    paused is left. Raises ``ActionNotAllowed``, or ``Invalid`` when no day is left.
    """
    found = _for_supervisor(recurrence, by)
    if not found.is_paused:
        return found
    today = queries.day_before(at, found.at_time, found.organization.time_zone)
    found.done_until = max(found.done_until or today, today)
    first = _next(found, at)
    if first is None:
        raise Invalid(_("The rule gives no more days: change it first."))
    _write(found, is_paused=False, done_until=found.done_until, next_at=first)
    _record(found, verbs.RECURRENCE_RESUMED, by, at)
    return found


@transaction.atomic
def delete_recurrence(*, recurrence: Recurrence, by: Actor, at: datetime) -> None:
    """Delete one that has not come due yet. Raises ``ActionNotAllowed``, or ``Invalid`` when it
    has: it says whence its tickets came, and can be paused.
    """
    found = _for_supervisor(recurrence, by)
    if RecurrenceDay.objects.filter(recurrence=found).exists():
        raise Invalid(
            _("It has come due already: pause it, so that its tickets keep their origin.")
        )
    _record(found, verbs.RECURRENCE_DELETED, by, at)
    found.delete()


def plan_anew(*, recurrence_id: int, at: datetime) -> bool:
    """Compute the next instant anew, after the zone or the calendar of the organization may have
    changed; return whether it differs.
    """
    with transaction.atomic():
        found = _locked(recurrence_id)
        if found.is_paused or (found.next_at is not None and found.next_at <= at):
            return False
        first = _next(found, at)
        if first == found.next_at:
            return False
        _write(found, next_at=first)
        return True


def _for_supervisor(recurrence: Recurrence, by: Actor) -> Recurrence:
    _require_supervisor(recurrence.organization_id, by)
    return _locked(recurrence.pk)


def _require_supervisor(organization_id: int, by: Actor) -> None:
    person = acting_person(by)
    if not person.can(Capability.SUPERVISE) or not serves(person, organization_id):
        raise ActionNotAllowed(_("Only a supervisor of the desk plans recurring tickets."))


def _settled(recurrence_id: int, at: datetime) -> Recurrence:
    """Return the row, locked, after what is due was raised, also what is tried again later."""
    found = _locked(recurrence_id)
    if not found.is_paused:
        _write(found, next_at=_next(found, at))
    settle_due(recurrence_id=recurrence_id, at=at)
    return _locked(recurrence_id)


def _locked(recurrence_id: int) -> Recurrence:
    rows = Recurrence.objects.select_for_update(of=("self",))
    return rows.select_related("organization", "membership__user").get(pk=recurrence_id)


def _next(recurrence: Recurrence, at: datetime) -> datetime | None:
    """Return the instant of the first day after ``done_until``."""
    coming = first_days(queries.days_left(recurrence, at), 1)
    return queries.instants_of(recurrence, coming)[0] if coming else None


def _write(recurrence: Recurrence, **changes: Any) -> None:
    Recurrence.objects.filter(pk=recurrence.pk).update(**changes)
    for name, value in changes.items():
        setattr(recurrence, name, value)


def _values(plan: RecurrencePlan) -> dict[str, Any]:
    request = plan.request
    return {
        "name": one_line(plan.name),
        "membership": request.membership,
        "subject": one_line(request.subject),
        "description": without_blank_ends(request.description),
        "kind": request.kind,
        "service": request.service,
        "template": request.template,
        "answers": request.answers,
        "impact": request.impact,
        "urgency": request.urgency,
        "assignee": plan.assignee,
        "tags": kept_tags(plan.tags),
        "tasks": "\n".join(titles_of(plan.tasks)),
        "rule": str(plan.rule),
        "starts_on": plan.starts_on,
        "closed_days": plan.closed_days,
    }


def _check(plan: RecurrencePlan, saved: Recurrence | None) -> None:
    request = plan.request
    organization = request.organization
    wrong: dict[str, Text] = wrong_in(tags=plan.tags, tasks=plan.tasks)
    wrong |= secrets_in(name=plan.name, subject=request.subject, description=request.description)
    wrong |= _wrong_people(plan, saved)
    if words := wrong_start(plan.starts_on):
        wrong["starts_on"] = words
    named = one_line(plan.name)
    others = Recurrence.objects.filter(organization=organization)
    if saved is not None:
        others = others.exclude(pk=saved.pk)
    if is_blank(named):
        wrong["name"] = _("Give it a name.")
    elif len(named) > LONGEST_NAME:
        wrong["name"] = _("The name is too long.")
    elif others.filter(name=named).exists():
        wrong["name"] = _("Another recurring ticket of this customer has this name.")
    if any(secrets_in(answer=answer["value"]) for answer in request.answers):
        wrong["answers"] = secrets_in(
            answer=" ".join(answer["value"] for answer in request.answers)
        ).get("answer", "")
    try:
        check_texts(request)
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(" ".join(dict.fromkeys(map(str, wrong.values()))), fields=wrong)
    if saved is None and others.count() >= MOST_RECURRENCES:
        raise Invalid(
            _("%(organization)s has %(count)d recurring tickets: delete one first.")
            % {"organization": organization, "count": MOST_RECURRENCES}
        )


def _wrong_people(plan: RecurrencePlan, saved: Recurrence | None) -> dict[str, Text]:
    wrong: dict[str, Text] = {}
    membership = plan.request.membership
    organization = membership.organization
    names = {"person": membership.user, "organization": organization}
    is_valid = membership.has_role(*RAISES_TICKETS) and may_read(
        membership.user_id, organization.pk
    )
    if saved is not None and saved.organization_id != organization.pk:
        words = _("It is of %(organization)s: write a new one for another customer.")
        wrong["requester"] = words % {"organization": saved.organization}
    elif not is_valid:
        words = _("%(person)s is no valid user of %(organization)s who may raise tickets.")
        wrong["requester"] = words % names
    person = plan.assignee
    if person is not None and not (
        person.is_active and person.can(Capability.HOLD_TICKETS) and serves(person, organization.pk)
    ):
        words = _("%(person)s does not attend tickets of %(organization)s.")
        wrong["assignee"] = words % {"person": person, "organization": organization}
    return wrong


def _record(recurrence: Recurrence, verb: str, by: Actor, at: datetime) -> None:
    fact = Fact(
        verb=verb,
        object_type="recurrence",
        object_id=recurrence.pk,
        payload={"rule": recurrence.rule, "next_at": _iso(recurrence.next_at)},
    )
    record(organization_id=recurrence.organization_id, facts=[fact], by=by, at=at)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
