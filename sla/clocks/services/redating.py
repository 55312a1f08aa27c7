"""Re-date open clocks by a new calendar version (DECISIONS 15): in the background, in batches."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from django.db import transaction

from foundation.accounts.queries import get_organization
from foundation.activity.services import Fact, record
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.models import CalendarVersion
from foundation.calendars.services.versions import mark_redated
from foundation.core.actor import system_actor
from foundation.core.bulk import in_threads, one_of, update_rows
from sla import verbs
from sla.clocks.arithmetic import Reading
from sla.clocks.models import Clock
from sla.clocks.queries import ClockColumns
from sla.clocks.rows import read_clocks, read_intervals
from sla.clocks.services.base import SYSTEM_NAME, fact_of, iso
from sla.clocks.services.dating import Dates, dates_of, projection_of_readings
from sla.clocks.services.validation import reminder_of
from sla.metrics import Metric
from tickets.models import Ticket
from tickets.services import move_validation_term, set_clock_projections

logger = logging.getLogger(__name__)

# A transaction that read the terms before the publication has committed by then. A second pass
# re-dates the clocks that it wrote.
GRACE = timedelta(minutes=2)
WRITERS = 2  # parallel batches: one computes while the database writes the other
# Tickets per transaction: about a second of work, and of lock wait for other writers of these
# tickets.
BATCH = 2000


def redate_clocks(*, version: CalendarVersion, at: datetime, is_trial: bool = False) -> int:
    """Give every open clock that this version measures its new dates. Return how many due instants
    changed.

    Each batch is a separate transaction. A retry after a crash is safe: a clock that has its new
    dates does not change. Marks the version as done if ``GRACE`` has passed since its publication;
    until then the sweep runs another pass. A ticket with a deadline beyond the horizon keeps its
    dates and is logged; a trial raises ``CalendarError``.
    """
    work = partial(_redate_batch, version, at=at, is_trial=is_trial)
    changed = sum(in_threads(work, _batches(version), count=WRITERS))
    if at >= version.published_at + GRACE:
        mark_redated(version=version, at=at)
    return changed


def _batches(version: CalendarVersion) -> Iterator[list[int]]:
    last = 0
    while ids := _ticket_ids(version, after=last):
        yield ids
        last = ids[-1]


def _ticket_ids(version: CalendarVersion, *, after: int) -> list[int]:
    """Return the next tickets with a live clock in this calendar that falls due after the version
    takes effect.
    """
    clocks = Clock.objects.filter(
        organization_id=version.organization_id,
        # The last segment has it: earlier ones ended before the version takes effect.
        calendar_id=version.calendar_id,
        stopped_at=None,
        due_at__gt=version.effective_from,
        ticket_id__gt=after,
    )
    return list(clocks.order_by("ticket_id").values_list("ticket_id", flat=True).distinct()[:BATCH])


@transaction.atomic
def _redate_batch(
    version: CalendarVersion, ticket_ids: list[int], *, at: datetime, is_trial: bool
) -> int:
    # lock the tickets until the commit
    list(
        Ticket.objects.select_for_update(of=("self",))
        .filter(pk__in=one_of(ticket_ids))
        .order_by("pk")
        .values_list("pk")
    )
    # read the current stamp: a version published meanwhile applies too
    organization = get_organization(version.organization_id)
    clocks = Clock.objects.filter(ticket_id__in=one_of(ticket_ids), stopped_at=None).order_by(
        "ticket_id", "pk"
    )
    loaded = read_clocks(clocks, read_intervals(ticket_ids), organization)
    rows: list[tuple[Any, ...]] = []
    facts: list[Fact] = []
    projections = {}
    for ticket_id, items in groupby(loaded, key=lambda item: item.clock.ticket_id):
        try:
            readings = [(item.clock, item.reading()) for item in items]
        except CalendarError:
            if is_trial:
                raise
            # Beyond the horizon of the new calendar: skip this ticket and re-date the others.
            logger.exception("The clocks of ticket %s could not be re-dated", ticket_id)
            continue
        changed = [
            (clock, reading.due_at, dates)
            for clock, reading in readings
            if (dates := _new_dates(clock, reading)) is not None
        ]
        if not changed:
            continue
        projections[ticket_id] = projection_of_readings(
            reading for clock, reading in readings if clock.metric != Metric.VALIDATION
        )
        for clock, due_at, dates in changed:
            rows.append((clock.pk, *dates))
            if clock.metric == Metric.VALIDATION and due_at is not None:
                move_validation_term(
                    ticket_id=ticket_id,
                    due_at=due_at,
                    reminder_at=reminder_of(clock.started_at, due_at),
                )
            if due_at != clock.due_at:
                payload = {"old_due_at": iso(clock.due_at), "due_at": iso(due_at)}
                facts.append(fact_of(verbs.REDATED, clock, calendar_version=version.pk, **payload))
    update_rows(Clock, Dates._fields, rows, organization_id=organization.pk)
    set_clock_projections(projections=projections, organization_id=organization.pk)
    record(organization_id=organization.pk, facts=facts, by=system_actor(SYSTEM_NAME), at=at)
    return len(facts)


def _new_dates(clock: ClockColumns, reading: Reading) -> Dates | None:
    """Return the dates of a clock; None if nothing changes."""
    dates = dates_of(reading, clock.announced_percent)
    return None if dates == tuple(getattr(clock, name) for name in Dates._fields) else dates
