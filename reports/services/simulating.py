"""Applies other terms to past tickets: a request stores the parts, a task computes each over a
read-only connection and stores its progress.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from catalog.models import Contract
from foundation.accounts.models import Organization
from foundation.accounts.queries import acting_person, get_organization
from foundation.accounts.roles import Capability
from foundation.activity.services import Fact, record
from foundation.calendars.queries import calendar_versions_of
from foundation.core.actor import Actor
from foundation.core.bulk import one_of
from foundation.core.classification import Priority
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.events import publish
from foundation.core.tenancy import ScopeError, current_scope
from foundation.documents.services import store_bytes
from foundation.documents.tables import csv_lines
from reports import queries, verbs
from reports.events import SimulationRequested
from reports.metrics import Tally
from reports.models import PartStatus, Simulation, SimulationPart
from reports.queries.reported_month import ReportedMonth
from sla.history.histories import History, read_histories
from sla.metrics import Metric
from sla.policies.models import PolicyVersion
from sla.simulation.drafts import IN_FORCE, draft_from
from sla.simulation.services import publish_draft
from sla.simulation.simulator import SimulatedClock, Simulator
from tickets.models import Ticket, format_number

logger = logging.getLogger(__name__)

MAX_MONTHS = 24
CHUNK = 2000  # tickets between two updates of ``done``: about a second
LEASE = timedelta(minutes=5)
ONE_MICROSECOND = timedelta(microseconds=1)
MAX_ATTEMPTS = 4
SHOWN = 200  # changes of a verdict that the page of a part shows
COLUMNS = (
    "ticket",
    "clock",
    "priority",
    "verdict",
    "due_at",
    "simulated_priority",
    "simulated_verdict",
    "simulated_due_at",
)


@dataclass(frozen=True, kw_only=True)
class NewSimulation:
    """``draft`` as ``sla.simulation.drafts`` keeps it; the months are first days, both included."""

    name: str
    draft: dict[str, Any]
    organizations: list[Organization]
    first_month: date
    last_month: date


@transaction.atomic
def request_simulation(*, wanted: NewSimulation, by: Actor, at: datetime) -> Simulation:
    """Store a simulation with one part per customer and month, and start the worker for each.

    Raises ``NotAllowed``, ``ScopeError`` for a customer outside the scope, or ``Invalid``: targets
    for some priorities only, a target below one minute, hours that are no calendar, months in the
    wrong order, in the future or too many, no customer, or no tickets at all.
    """
    user = acting_person(by)
    if not user.can(Capability.SEE_REPORTS):
        raise NotAllowed(_("You may not read the reports of the customers."))
    draft_from(wanted.draft)
    months = _months(wanted, at)
    simulation: Simulation = Simulation.objects.create(
        name=wanted.name.strip() or f"{wanted.first_month:%Y-%m} – {wanted.last_month:%Y-%m}",
        draft=wanted.draft,
        organization_ids=sorted(organization.pk for organization in wanted.organizations),
        first_month=wanted.first_month,
        last_month=wanted.last_month,
        requested_by=user,
        requested_at=at,
    )
    parts = [
        _part(simulation, organization, month, at)
        for organization in wanted.organizations
        for month in months
    ]
    if not any(part.total for part in parts):
        raise Invalid(
            _(
                "These customers raised no tickets in these months. Choose other months, or "
                "other customers."
            ),
            fields={"first_month": _("No tickets.")},
        )
    for part in parts:
        part.save()
        publish(SimulationRequested(organization_id=part.organization_id, at=at, part_id=part.pk))
    for organization in wanted.organizations:
        fact = Fact(
            verb=verbs.SIMULATION_REQUESTED, object_type="simulation", object_id=simulation.pk
        )
        record(organization_id=organization.pk, facts=[fact], by=by, at=at)
    return simulation


def _months(wanted: NewSimulation, at: datetime) -> list[date]:
    if not wanted.organizations:
        raise Invalid(
            _("Choose at least one customer."), fields={"organizations": _("Choose at least one.")}
        )
    if not all(current_scope().covers(organization.pk) for organization in wanted.organizations):
        raise ScopeError("A simulation was asked for over an organization outside the scope.")
    if wanted.last_month < wanted.first_month:
        raise Invalid(
            _("The last month lies before the first one."),
            fields={"last_month": _("Choose a later month.")},
        )
    months = [wanted.first_month]
    while months[-1] < wanted.last_month and len(months) <= MAX_MONTHS:
        months.append(queries.following_month(months[-1]))
    if len(months) > MAX_MONTHS:
        words = _("Choose at most %(count)d months.") % {"count": MAX_MONTHS}
        raise Invalid(words, fields={"last_month": words})
    if queries.bounds(wanted.organizations[0], wanted.first_month)[0] > at:
        raise Invalid(
            _("These months have not begun."), fields={"first_month": _("Choose an earlier month.")}
        )
    return months


def _part(
    simulation: Simulation, organization: Organization, month: date, at: datetime
) -> SimulationPart:
    published = queries.published_report(organization.pk, month)
    return SimulationPart(
        organization=organization,
        simulation=simulation,
        month=month,
        published=published,
        as_of=published.cutoff_at if published is not None else at,
        total=_tickets(
            organization, month, published.cutoff_at if published is not None else at
        ).count(),
        run_after=at,
    )


def cancel_simulation(*, simulation: Simulation) -> int:
    """Cancel the queued and running parts; return how many. Ready parts stay."""
    waiting = SimulationPart.objects.filter(
        simulation=simulation, status__in=(PartStatus.QUEUED, PartStatus.RUNNING)
    )
    return waiting.update(status=PartStatus.CANCELLED)


@transaction.atomic
def put_in_force(
    *,
    simulation: Simulation,
    contract: Contract,
    effective_from: datetime,
    by: Actor,
    at: datetime,
) -> PolicyVersion:
    """Publish the simulated terms for a contract of one of its customers, and add the version to
    ``put_in_force``.

    Raises ``NotAllowed`` or, as ``publish_draft`` does, ``Invalid`` or ``ValidationError``.
    """
    user = acting_person(by)
    if (
        not user.can(Capability.CONFIGURE)
        or contract.organization_id not in simulation.organization_ids
    ):
        raise NotAllowed(
            _("Only administrators put terms in force, and for customers of the simulation.")
        )
    version = publish_draft(
        draft=draft_from(simulation.draft),
        contract=contract,
        effective_from=effective_from,
        by=by,
        at=at,
    )
    kept = Simulation.objects.select_for_update().get(pk=simulation.pk)
    kept.put_in_force.append(
        {
            "contract": contract.reference,
            "number": version.number,
            "at": effective_from.isoformat(),
            "pk": version.pk,
        }
    )
    kept.save(update_fields=["put_in_force"])
    return version


def run_part(*, part_id: int, at: datetime) -> bool:
    """Claim a part and compute it; return whether this call finished it.

    The claim is a compare-and-set that expires after ``LEASE``, so that a killed worker is
    replaced. An error is logged and retried after ``LEASE``, up to ``MAX_ATTEMPTS`` attempts.
    """
    waiting = SimulationPart.objects.filter(
        pk=part_id, status__in=(PartStatus.QUEUED, PartStatus.RUNNING), run_after__lte=at
    )
    if not waiting.update(
        status=PartStatus.RUNNING, run_after=at + LEASE, attempts=F("attempts") + 1, done=0
    ):
        return False
    part = SimulationPart.objects.select_related("simulation").get(pk=part_id)
    try:
        result = _compute(part)
    except Exception as error:
        logger.exception("Part %s of a simulation could not be computed", part_id)
        status = PartStatus.FAILED if part.attempts >= MAX_ATTEMPTS else PartStatus.QUEUED
        _running(part).update(status=status, last_error=str(error)[:2000])
        return False
    return result is not None and _finish(part, result, at)


@dataclass
class _PartResult:
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    changed: int = 0
    moved: int = 0
    shown: list[list[Any]] = field(default_factory=list)
    text: StringIO = field(default_factory=StringIO)

    def add(
        self,
        history: History,
        before: dict[Metric, SimulatedClock],
        after: dict[Metric, SimulatedClock],
    ) -> None:
        for clock in before.values():
            self.before.count(clock.metric, clock.priority, clock.verdict, clock.earlier)
        for clock in after.values():
            self.after.count(clock.metric, clock.priority, clock.verdict, clock.earlier)
        if before == after:
            return
        number = format_number(history.ticket_id)
        for metric in dict.fromkeys([*before, *after]):
            old = before.get(metric)
            new = after.get(metric)
            if old == new:
                continue
            row = [number, str(metric), *_columns(old), *_columns(new)]
            self.text.writelines(csv_lines([row]))
            if old is not None and new is not None and old.verdict == new.verdict:
                self.moved += 1
                continue
            self.changed += 1
            if len(self.shown) < SHOWN:
                self.shown.append(row)


def _columns(clock: SimulatedClock | None) -> list[str]:
    if clock is None:
        return ["", "", ""]
    return [
        Priority(clock.priority).code,
        clock.verdict,
        clock.due_at.isoformat() if clock.due_at else "",
    ]


def _compute(part: SimulationPart) -> _PartResult | None:
    """Return the results of a part; None when it was cancelled or claimed by another worker."""
    organization = get_organization(part.organization_id)
    versions = calendar_versions_of(organization)
    # as the report: what a month that has ended says is how it stood at its end
    month_end = queries.bounds(organization, part.month)[1]
    as_of = min(part.as_of, month_end - ONE_MICROSECOND)
    in_force = Simulator(IN_FORCE, versions, as_of)
    drafted = Simulator(draft_from(part.simulation.draft), versions, as_of)
    result = _PartResult()
    done = 0
    result.text.writelines(csv_lines([COLUMNS]))
    for tickets in _chunks(organization, part):
        for history in read_histories(
            tickets, organization, as_of=as_of, using=settings.READ_ONLY_DATABASE
        ):
            before = {clock.metric: clock for clock in in_force.clocks(history)}
            after = {clock.metric: clock for clock in drafted.clocks(history)}
            result.add(history, before, after)
            done += 1
        if not _running(part).update(done=done, run_after=F("run_after") + timedelta(seconds=10)):
            return None
    return result


def _chunks(organization: Organization, part: SimulationPart) -> Iterator[Any]:
    """Yield the month's tickets as querysets of at most ``CHUNK`` ids; only ids are read ahead."""
    ids = (
        _tickets(organization, part.month, part.as_of)
        .using(settings.READ_ONLY_DATABASE)
        .order_by("received_at", "pk")
    )
    batch: list[int] = []
    for pk in ids.values_list("pk", flat=True).iterator(CHUNK):
        batch.append(pk)
        if len(batch) == CHUNK:
            yield Ticket.objects.filter(pk__in=one_of(batch)).order_by("pk")
            batch = []
    if batch:
        yield Ticket.objects.filter(pk__in=one_of(batch)).order_by("pk")


def _tickets(organization: Organization, month: date, as_of: datetime) -> Any:
    """Return the contracted tickets that were registered in the month and existed at ``as_of``, as
    the month's report counts them.
    """
    reported = ReportedMonth(organization, month, as_of)
    return Ticket.objects.filter(
        reported.contracted_only(),
        organization=organization,
        created_at__gte=reported.start,
        created_at__lt=reported.end,
        created_at__lte=as_of,
    )


def _running(part: SimulationPart) -> Any:
    """Return a queryset of the part's row that matches only while this attempt has the claim: not
    after another claim or a cancellation.
    """
    return SimulationPart.objects.filter(
        Q(status=PartStatus.RUNNING), pk=part.pk, attempts=part.attempts
    )


@transaction.atomic
def _finish(part: SimulationPart, result: _PartResult, at: datetime) -> bool:
    content = result.text.getvalue().encode()
    blob = store_bytes(
        organization_id=part.organization_id, content=content, content_type="text/csv", at=at
    )
    return bool(
        _running(part).update(
            status=PartStatus.READY,
            done=part.total,
            before=result.before.as_data(),
            after=result.after.as_data(),
            changed=result.changed,
            moved=result.moved,
            shown=result.shown,
            changes=blob,
            last_error="",
        )
    )
