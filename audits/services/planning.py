"""Plan audits: those that customers are expected to ask for, and who prepares each item of one
until when (SPEC 9.1).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audits import notices, verbs
from audits.models import AuditRequest, PlannedAudit, RequestedItem
from audits.models.fields import LONGEST_LINE
from audits.models.planning import LONGEST_NOTES
from audits.permissions import Act, can_register, plans_audits
from audits.queries import (
    coming_plans,
    get_item,
    is_answered,
    last_delivery_day,
    plans_to_remind,
    preparers_of,
    year_start,
)
from audits.services.base import NotNow, lock_for_act, record_audit, require_text
from catalog.models import Contract
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.bounds import require_day_in_reach
from foundation.core.errors import DomainError, Invalid, NotAllowed
from foundation.core.texts import is_blank, one_line
from foundation.core.wording import day_words
from foundation.core.zones import zone
from tickets.masking import secrets_in


class StalePlan(DomainError):
    """The planned audit has changed since the page was opened; nothing was saved."""

    code = "stale"


@dataclass(frozen=True)
class AuditPlan:
    """What is planned: ``expected_on`` is the customer's local day of the request."""

    contract: Contract
    expected_on: date
    auditor_company: str = ""
    notes: str = ""


@transaction.atomic
def plan_audit(*, plan: AuditPlan, by: Actor, at: datetime) -> PlannedAudit:
    """Plan an audit that the customer is expected to ask for. Raises ``NotAllowed`` for others than
    the audit area and the desk, ``Invalid`` for a day that has passed or lies outside the contract.
    """
    author = _planner(plan.contract.organization_id, by)
    lock_organization(
        plan.contract.organization_id
    )  # of two who plan one day the second is refused
    _check(plan, at)
    _require_free_day(plan)
    planned = PlannedAudit(
        organization_id=plan.contract.organization_id, planned_by=author, planned_at=at
    )
    _put(planned, plan)
    planned.save()
    _record(planned, verbs.PLANNED, by, at)
    return planned


@transaction.atomic
def change_plan(
    *, planned: PlannedAudit, plan: AuditPlan, expected_version: int | None, by: Actor, at: datetime
) -> PlannedAudit:
    """Change a planned audit; another day is reminded of anew. Raises ``NotAllowed``, ``Invalid``,
    ``NotNow`` once it was asked for or called off, ``StalePlan`` when it has another version than
    the expected one, if any.
    """
    _planner(planned.organization_id, by)
    lock_organization(planned.organization_id)
    found = _locked(planned)
    if expected_version not in (None, found.version):
        raise StalePlan(
            _("Somebody has changed this plan in the meantime. Look at it, and save yours again.")
        )
    if plan.contract.organization_id != found.organization_id:
        words = _("Choose a contract of the same customer.")
        raise Invalid(words, fields={"contract": words})
    _check(plan, at, is_new=plan.expected_on != found.expected_on)
    if (plan.contract, plan.expected_on) != (found.contract, found.expected_on):
        _require_free_day(plan)
    if plan.expected_on != found.expected_on:
        found.reminded_at = None
    _put(found, plan)
    found.version += 1
    found.save()
    _record(found, verbs.PLAN_CHANGED, by, at)
    return found


@transaction.atomic
def end_plan(*, planned: PlannedAudit, reason: str, by: Actor, at: datetime) -> PlannedAudit:
    """Call off a planned audit, with the reason. Raises ``NotAllowed``, ``Invalid`` without a
    reason, ``NotNow`` once it was asked for or called off.
    """
    person = _planner(planned.organization_id, by)
    found = _locked(planned)
    found.end_reason = require_text(reason, "reason")
    found.ended_by = person
    found.ended_at = at
    found.version += 1
    found.save()
    _record(found, verbs.PLAN_ENDED, by, at)
    return found


def meet_plan(
    *, audit: AuditRequest, day: date, plan: PlannedAudit | None, by: Actor, at: datetime
) -> None:
    """Note that the audit which was planned for this contract and its year was asked for: ``plan``
    or, of several, the one whose day is nearest to ``day``. Nothing happens without a plan.
    """
    rows = coming_plans().filter(contract=audit.contract).select_for_update(of=("self",))
    chosen = plan.pk if plan is not None else None
    plans = [
        each
        for each in rows
        if each.pk == chosen or year_start(audit.contract, each.expected_on) == audit.year_starts_on
    ]
    if not plans:
        return
    found = min(plans, key=lambda each: (each.pk != chosen, abs(each.expected_on - day), each.pk))
    PlannedAudit.objects.filter(pk=found.pk).update(audit=audit, version=found.version + 1)
    _record(found, verbs.PLAN_MET, by, at, audit=audit.pk)


def release_plan(*, audit: AuditRequest, by: Actor, at: datetime) -> None:
    """Have the plan of an audit that uses no allowance come again: the customer may ask anew."""
    found = PlannedAudit.objects.filter(audit=audit).order_by("pk").first()
    if found is not None:
        PlannedAudit.objects.filter(pk=found.pk).update(audit=None, version=found.version + 1)
        _record(found, verbs.PLAN_RELEASED, by, at, audit=audit.pk)


def remind_of_plans(*, at: datetime) -> int:
    """Remind the audit area of what is expected soon, once for each day that a plan names; return
    of how many. Needs a scope over every organization.
    """
    reminded = 0
    for planned in plans_to_remind(at):
        with transaction.atomic():
            taken = PlannedAudit.objects.filter(
                pk=planned.pk, version=planned.version, reminded_at=None
            ).update(reminded_at=at)
            if taken:
                notices.remind_of_plan(planned=planned, at=at)
                reminded += 1
    return reminded


@transaction.atomic
def plan_item(
    *,
    audit: AuditRequest,
    number: int,
    preparer: User | None,
    prepare_by: date | None,
    by: Actor,
    at: datetime,
) -> RequestedItem:
    """Say who prepares an item of the request and until which local day, both optional, and tell
    the preparer what is new for them. What is unchanged is left, without a fact.

    Raises ``NotAllowed``, ``NotNow`` (also for an item that is answered), or ``Invalid`` for a
    person who prepares no evidence for this customer, and for a day that has passed or lies after
    the delivery is due.
    """
    user = acting_person(by)
    locked = lock_for_act(audit, Act.PLAN_ITEM, user)
    item = get_item(locked, number)
    if (item.preparer, item.prepare_by) == (preparer, prepare_by):
        return item
    if is_answered(item):
        raise NotNow(_("This item is answered: nobody prepares it any more."))
    if preparer not in (None, item.preparer) and preparer not in preparers_of(
        locked.organization_id
    ):
        words = _("%(person)s prepares no evidence for this customer.") % {"person": preparer}
        raise Invalid(words, fields={"preparer": words})
    if prepare_by is not None and prepare_by != item.prepare_by:
        _check_prepare_by(locked, prepare_by, at)
    is_new = preparer not in (None, user)
    item.preparer = preparer
    item.prepare_by = prepare_by
    item.save(update_fields=["preparer", "prepare_by"])
    record_audit(
        locked,
        verbs.ITEM_PLANNED,
        by=by,
        at=at,
        item=number,
        preparer=preparer.pk if preparer else None,
        prepare_by=prepare_by.isoformat() if prepare_by else None,
    )
    if is_new:
        notices.notify_item_given(audit=locked, item=item, at=at)
    return item


def require_planner(person: User) -> None:
    """Raise ``NotAllowed`` for a person who does not plan audits at all."""
    if not plans_audits(person):
        raise NotAllowed(_("Only the audit area and the desk plan audits."))


def _planner(organization_id: int, by: Actor) -> User:
    """Return who acts. Raises ``NotAllowed`` unless they plan audits of this customer."""
    person = acting_person(by)
    require_planner(person)
    if not can_register(person, organization_id):
        raise NotAllowed(_("You do not serve this customer."))
    return person


def _check_prepare_by(audit: AuditRequest, day: date, at: datetime) -> None:
    local = zone(audit.organization.time_zone)
    today = at.astimezone(local).date()
    due = last_delivery_day(audit)
    words = ""
    if day < today:
        words = _("This day has passed: choose one from %(day)s on.") % {"day": day_words(today)}
    elif due is not None and day > max(due, today):
        words = _("The evidence is due on %(day)s: choose that day or an earlier one.") % {
            "day": day_words(due)
        }
    if words:
        raise Invalid(words, fields={"prepare_by": words})
    require_day_in_reach(day, at, "prepare_by")


def _locked(planned: PlannedAudit) -> PlannedAudit:
    rows = PlannedAudit.objects.select_for_update(of=("self",)).select_related("contract")
    found: PlannedAudit = rows.get(pk=planned.pk)
    if not found.is_coming:
        raise NotNow(_("This audit was asked for, or called off: its plan is closed."))
    return found


def _check(plan: AuditPlan, at: datetime, *, is_new: bool = True) -> None:
    contract = plan.contract
    if not contract.organization.is_active:
        words = _("%(organization)s is not active.") % {"organization": contract.organization}
        raise Invalid(words, fields={"contract": words})
    wrong = secrets_in(auditor_company=plan.auditor_company, notes=plan.notes)
    today = at.astimezone(zone(contract.organization.time_zone)).date()
    if is_new and plan.expected_on < today:
        wrong["expected_on"] = _("This day has passed: choose one from %(day)s on.") % {
            "day": day_words(today)
        }
    elif not contract.is_in_force_on(plan.expected_on):
        wrong["expected_on"] = _("Contract %(contract)s is not in force on that day.") % {
            "contract": contract.reference
        }
    if len(one_line(plan.auditor_company)) > LONGEST_LINE:
        wrong["auditor_company"] = _("Shorten it to %(limit)d characters.") % {
            "limit": LONGEST_LINE
        }
    if len(plan.notes) > LONGEST_NOTES:
        wrong["notes"] = _("Shorten it to %(limit)d characters.") % {"limit": LONGEST_NOTES}
    if wrong:
        raise Invalid(_("The plan was not saved."), fields=wrong)
    require_day_in_reach(plan.expected_on, at, "expected_on")


def _require_free_day(plan: AuditPlan) -> None:
    same = coming_plans().filter(contract=plan.contract, expected_on=plan.expected_on)
    if same.exists():
        words = _("An audit of this contract is planned for that day already.")
        raise Invalid(words, fields={"expected_on": words})


def _put(planned: PlannedAudit, plan: AuditPlan) -> None:
    planned.contract = plan.contract
    planned.expected_on = plan.expected_on
    planned.auditor_company = one_line(plan.auditor_company)
    planned.notes = "" if is_blank(plan.notes) else plan.notes.strip()


def _record(
    planned: PlannedAudit, verb: str, by: Actor, at: datetime, audit: int | None = None
) -> None:
    fact = Fact(
        verb=verb,
        object_type="planned_audit",
        object_id=planned.pk,
        payload={"expected_on": planned.expected_on.isoformat(), "audit": audit},
    )
    record(organization_id=planned.organization_id, facts=[fact], by=by, at=at)
