"""Coverage: computed again when something changes; supervisors are notified once per new gap
(SPEC 17.10).
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from catalog.models import Contract
from escalation import notices, verbs
from escalation.coverage import CoverageForecast, forecasts_of
from escalation.duty import who_answers
from escalation.gaps import gap_ranges
from escalation.models import Coverage, Drill
from escalation.queries import levels_of, matrix_on
from escalation.services.base import DOUBLE_CLICK
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.errors import NotAllowed
from foundation.duty.roster import roster_on


@transaction.atomic
def ask_coverage(*, organization_ids: list[int], at: datetime) -> None:
    """Request a new computation of the coverage of these customers: sets ``asked_at``."""
    for organization_id in organization_ids:
        Coverage.objects.update_or_create(
            organization_id=organization_id, contract=None, defaults={"asked_at": at}
        )


def refresh_coverage(*, organization: Organization, at: datetime) -> int:
    """Compute the coverage of the coming week, notify the supervisors of new gaps, and return how
    many hours are new.

    A gap that stays is not notified again; one that went and came back is. The forecasts are
    computed before the transaction, so that nobody waits for them. They are dropped when another
    computation was requested or finished meanwhile. The organization's row is locked while they are
    written, so that two workers notify a gap once.
    """
    seen = _state(organization)
    forecasts = forecasts_of(organization, at)
    with transaction.atomic():
        lock_organization(organization.pk)
        if _state(organization) != seen:
            return 0
        return _write_forecasts(organization, forecasts, at)


def _state(organization: Organization) -> dict[str, datetime | None]:
    """Return when a computation was last requested and last finished."""
    rows = Coverage.objects.filter(organization=organization).order_by()
    return rows.aggregate(asked=Max("asked_at"), computed=Max("computed_at"))


def _write_forecasts(
    organization: Organization, forecasts: Sequence[CoverageForecast], at: datetime
) -> int:
    """Store the forecasts and notify the supervisors of new gaps; return how many hours are new."""
    ask, _created = Coverage.objects.get_or_create(organization=organization, contract=None)
    new_hours = 0
    seen = []
    for forecast in forecasts:
        row = (
            ask
            if forecast.contract is None
            else Coverage.objects.get_or_create(
                organization=organization, contract=forecast.contract
            )[0]
        )
        seen.append(row.pk)
        known = {(hour, priority, percent) for hour, priority, percent in row.gaps}
        fresh = [
            gap for gap in forecast.gaps if (gap.hour, int(gap.priority), gap.percent) not in known
        ]
        if fresh:
            new_hours += len({gap.hour for gap in fresh})
            notices.notify_gaps(
                organization=organization,
                contract=forecast.contract,
                ranges=gap_ranges(fresh),
                row_id=row.pk,
                at=at,
            )
        row.gaps = [[gap.hour, int(gap.priority), gap.percent] for gap in forecast.gaps]
        row.computed_at = at
        row.save(update_fields=["gaps", "computed_at"])
    ended = Coverage.objects.filter(organization=organization, contract__isnull=False)
    ended.exclude(pk__in=seen).delete()
    if ask.pk not in seen:
        Coverage.objects.filter(pk=ask.pk).update(gaps=[], computed_at=None)
    Coverage.objects.filter(pk=ask.pk).update(asked_at=None)
    return new_hours


@transaction.atomic
def start_drill(
    *, organization: Organization, contract: Contract | None, by: Actor, at: datetime
) -> Drill:
    """Send a notice marked as a test to everybody who would answer now for a level of the matrix.

    A second call within ``DOUBLE_CLICK`` returns the first drill. Raises ``NotAllowed`` unless the
    person supervises or configures. Locks the organization's row.
    """
    user = acting_person(by)
    if not (user.can(Capability.SUPERVISE) or user.can(Capability.CONFIGURE)):
        raise NotAllowed(_("Only supervisors and administrators can start a drill."))
    lock_organization(organization.pk)
    last = (
        Drill.objects.filter(
            organization=organization, contract=contract, started_at__gt=at - DOUBLE_CLICK
        )
        .order_by("-pk")
        .first()
    )
    if last is not None:
        return last
    roster = roster_on(at, organization.pk)
    answers = [
        (level, who_answers(level, at, roster))
        for level in levels_of(matrix_on(organization.pk, contract.pk if contract else None, at))
    ]
    notified = [
        {
            "role": level.name,
            "name": person.full_name or person.email,
            "email": person.email,
            "at": answering.at.isoformat(),
        }
        for level, answering in answers
        for person in answering.people
    ]
    drill: Drill = Drill.objects.create(
        organization=organization,
        contract=contract,
        started_by=user,
        started_at=at,
        notified=notified,
    )
    notices.notify_drill(drill=drill, organization=organization, answers=answers, at=at)
    fact = Fact(
        verb=verbs.DRILL_STARTED,
        object_type="escalation.drill",
        object_id=drill.pk,
        payload={"notified": len(notified)},
    )
    record(organization_id=organization.pk, facts=[fact], by=by, at=at)
    return drill
