"""Publication of policy versions, with checks of their subject, dates and targets (SPEC 17.3)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import Contract
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import membership_of
from foundation.activity.services import Fact, record
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.queries import calendar_versions_on, pick_calendar, work_calendar
from foundation.configuration.validity import check_place
from foundation.core.actor import Actor
from foundation.core.classification import Priority
from foundation.core.errors import Invalid
from sla import verbs
from sla.metrics import Metric
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services.extensions import lacking_days


@transaction.atomic
def publish_policy(
    *,
    organization: Organization,
    targets: Iterable[PolicyTarget],
    effective_from: datetime,
    by: Actor,
    at: datetime,
    contract: Contract | None = None,
    person: User | None = None,
    **says: Any,
) -> PolicyVersion:
    """Add a version to the policy of a contract, of a person or, without both, of the organization.
    Earlier versions stay.

    ``targets`` are unsaved rows; ``says`` holds calendars, pauses and warnings by column name. The
    version binds tickets that arrive from ``effective_from`` on (DECISIONS 15). Raises ``Invalid``
    or ``ValidationError``, whose message says how to correct the input. Locks the organization's
    row.
    """
    rows = list(targets)
    lock_organization(organization.pk)
    version = PolicyVersion(
        organization=organization,
        contract=contract,
        person=person,
        effective_from=effective_from,
        **says,
    )
    check_version(version, at=at)
    check_targets(rows)
    number_version(version, at=at)
    version.full_clean(exclude=["organization"])
    version.save()
    for row in rows:
        row.policy = version
        row.organization_id = organization.pk
        row.full_clean(exclude=["organization"])
        row.save()
    record_published(version, by=by, at=at)
    return version


def check_version(version: PolicyVersion, *, at: datetime) -> None:
    """Raise ``Invalid`` for a person who is no valid user, an ``effective_from`` in the past or out
    of order, or an extension that lacks hours.
    """
    if (
        version.person is not None
        and membership_of(version.person.pk, version.organization_id) is None
    ):
        words = _("%(person)s is no valid user of this organization.") % {"person": version.person}
        raise Invalid(words, fields={"person": words})
    check_place(version, _versions_like(version), at=at)
    _check_widens(version, at)


def _check_widens(version: PolicyVersion, at: datetime) -> None:
    """Raise ``Invalid`` if the extended calendar lacks hours of the calendar that it extends (SPEC
    4.5). Skip the check if either is missing or their time zones differ.
    """
    if version.extended_calendar_id is None:
        return
    versions = calendar_versions_on(version.organization, at)
    extended = next(
        (each for each in versions if each.calendar_id == version.extended_calendar_id), None
    )
    narrow = pick_calendar(versions, CalendarRole.BUSINESS, version.business_calendar_id)
    if extended is None or narrow is None or extended.time_zone != narrow.time_zone:
        return
    lacking = lacking_days(work_calendar(narrow), work_calendar(extended))
    if lacking:
        words = _(
            "The extension lacks hours of %(calendar)s on: %(days)s. It holds in its place: give "
            "it those hours too."
        )
        words = words % {"calendar": narrow.calendar.name, "days": ", ".join(lacking)}
        raise Invalid(words, fields={"extended_calendar": words})


def _versions_like(version: PolicyVersion) -> QuerySet[PolicyVersion]:
    """Return the other versions for the same person, contract or organization."""
    same = PolicyVersion.objects.filter(
        organization_id=version.organization_id,
        contract_id=version.contract_id,
        person_id=version.person_id,
    )
    return same.exclude(pk=version.pk)


def number_version(version: PolicyVersion, *, at: datetime) -> None:
    """Set the next number and ``published_at``, without saving. The caller has locked the
    organization's row.
    """
    last = _versions_like(version).order_by("-number").first()
    version.number = last.number + 1 if last else 1
    version.published_at = at


def record_published(version: PolicyVersion, *, by: Actor, at: datetime) -> None:
    fact = Fact(
        verb=verbs.POLICY_PUBLISHED,
        object_type="sla.policyversion",
        object_id=version.pk,
        payload={"number": version.number},
    )
    record(organization_id=version.organization_id, facts=[fact], by=by, at=at)


def check_targets(targets: Iterable[PolicyTarget]) -> None:
    """Raise ``Invalid`` for duplicate targets, or for a metric that has a target for some
    priorities only.

    The wider rows of the same metric may supply the missing priorities of a support type or
    category.
    """
    stated: dict[tuple[str, str, int | None], set[int]] = {}
    for target in targets:
        matter = (target.metric, target.support_type, target.category_id)
        if target.priority in stated.setdefault(matter, set()):
            words = _("%(clock)s has two targets for %(priority)s: keep one of them.") % {
                "clock": Metric(target.metric).label,
                "priority": Priority(target.priority).label,
            }
            raise Invalid(words, fields={"targets": words})
        stated[matter].add(target.priority)
    for (metric, support_type, category_id), priorities in stated.items():
        wider = [(metric, "", category_id), (metric, support_type, None), (metric, "", None)]
        covered = priorities.union(*(stated.get(each, set()) for each in wider))
        missing = [str(priority.label) for priority in Priority if priority not in covered]
        if missing:
            words = _(
                "%(clock)s has no target for: %(missing)s. Add one for each priority, or leave "
                "the clock to the more general policy."
            ) % {
                "clock": Metric(metric).label,
                "missing": ", ".join(missing),
            }
            raise Invalid(words, fields={"targets": words})
