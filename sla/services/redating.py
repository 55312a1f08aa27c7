"""A new version of a calendar gives the open clocks new dates (DECISIONS 15): in the background, batch by batch, once."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from activity.services import Fact, record
from core.actor import system_actor
from core.bulk import update_rows
from sla.calendars import CalendarError
from sla.models import CalendarVersion, Clock
from sla.queries import load_clocks_of
from sla.services.clocks import CLOCKWORK, fact_of, iso, projection_of_readings, put_dates
from tickets.models import Ticket
from tickets.services import set_clock_projections

logger = logging.getLogger(__name__)

# Whoever read the terms before a version was published has committed by then: one more pass finds the clocks they dated.
GRACE = timedelta(minutes=2)
BATCH = 2000  # tickets in one transaction: about a second of work, and of waiting for whoever acts on one of them


def redate_clocks(*, version: CalendarVersion, at: datetime, is_trial: bool = False) -> int:
    """Give every open clock that this version measures its new dates and return how many changed.

    Each batch is a transaction of its own; a worker that dies is followed by one that finds the rest, because a clock that has
    its date already does not change. Marks the version as done at the end, but not before ``GRACE`` has passed since it was
    published: until then the sweep comes back. A clock whose deadline the calendar puts beyond the horizon keeps its dates, and is
    logged; in a trial it raises ``BeyondHorizon``.
    """
    changed, last = 0, 0
    while True:
        ids = _ticket_ids(version, after=last)
        if not ids:
            break
        changed += _redate_batch(version, ids, at, is_trial)
        last = ids[-1]
    if at >= version.published_at + GRACE:
        CalendarVersion.objects.filter(pk=version.pk).update(redated_at=at)
    return changed


def _ticket_ids(version: CalendarVersion, *, after: int) -> list[int]:
    """Return the next tickets with a live clock in this calendar that falls due after the version takes effect."""
    clocks = Clock.objects.filter(
        organization_id=version.organization_id,
        calendar_id=version.calendar_id,  # of the last segment: the earlier ones ended before the version takes effect
        stopped_at=None,
        due_at__gt=version.effective_from,
        ticket_id__gt=after,
    )
    return list(clocks.order_by("ticket_id").values_list("ticket_id", flat=True).distinct()[:BATCH])


@transaction.atomic
def _redate_batch(version: CalendarVersion, ticket_ids: list[int], at: datetime, is_trial: bool) -> int:
    tickets = list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=ticket_ids).only("pk", "organization_id").order_by("pk"))
    version.organization.refresh_from_db(fields=["terms_stamp"])  # a version published since then holds too
    loaded = load_clocks_of(tickets, organization=version.organization)
    changed: list[Clock] = []
    facts: list[Fact] = []
    projections = {}
    for ticket_id, items in loaded.items():
        live = [item for item in items if item.clock.is_live]
        try:
            readings = [(item.clock, item.reading()) for item in live]
        except CalendarError:
            if is_trial:
                raise
            # beyond the horizon of the new calendar: this ticket keeps its dates, the others get theirs
            logger.exception("The clocks of ticket %s could not be re-dated", ticket_id)
            continue
        projections[ticket_id] = projection_of_readings(reading for _clock, reading in readings)
        for clock, reading in readings:
            before = (clock.due_at, clock.state, clock.next_event_at)
            put_dates(clock, reading)
            if (clock.due_at, clock.state, clock.next_event_at) != before:
                changed.append(clock)
            if clock.due_at != before[0]:
                dates = {"old_due_at": iso(before[0]), "due_at": iso(clock.due_at)}
                facts.append(fact_of("clock.redated", clock, calendar_version=version.pk, **dates))
    rows = [(clock.pk, clock.due_at, clock.state, clock.next_event_at) for clock in changed]
    update_rows(Clock, ("due_at", "state", "next_event_at"), rows, organization_id=version.organization_id)
    set_clock_projections(projections=projections, organization_id=version.organization_id)
    record(organization_id=version.organization_id, facts=facts, by=system_actor(CLOCKWORK), at=at)
    return len(facts)
