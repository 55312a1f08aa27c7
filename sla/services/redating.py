"""A new version of a calendar gives the open clocks new dates (DECISIONS 15): in the background, batch by batch, once."""

from datetime import datetime

from django.db import transaction

from activity.services import Fact, record
from core.actor import system_actor
from core.bulk import update_rows
from sla.models import CalendarVersion, Clock
from sla.queries import load_clocks_of
from sla.services.clocks import CLOCKWORK, fact_of, iso, projection_of_readings, put_dates
from tickets.models import Ticket
from tickets.services import set_clock_projections

BATCH = 2000  # tickets in one transaction: about a second of work, and of waiting for whoever acts on one of them


def redate_clocks(*, version: CalendarVersion, at: datetime) -> int:
    """Give every open clock that this version measures its new dates and return how many changed.

    Each batch is a transaction of its own; a worker that dies is followed by one that finds the rest, because a clock that has
    its date already does not change. Marks the version as done at the end.
    """
    changed, last = 0, 0
    while True:
        ids = _ticket_ids(version, after=last)
        if not ids:
            break
        changed += _redate_batch(version, ids, at)
        last = ids[-1]
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
def _redate_batch(version: CalendarVersion, ticket_ids: list[int], at: datetime) -> int:
    tickets = list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=ticket_ids).only("pk", "organization_id").order_by("pk"))
    loaded = load_clocks_of(tickets, organization=version.organization)
    changed: list[Clock] = []
    facts: list[Fact] = []
    projections = {}
    for ticket_id, items in loaded.items():
        readings = {item.clock.pk: item.reading() for item in items if item.clock.is_live}
        projections[ticket_id] = projection_of_readings(readings.values())
        for clock in (item.clock for item in items if item.clock.is_live):
            old = clock.due_at
            put_dates(clock, readings[clock.pk])
            if clock.due_at != old:
                changed.append(clock)
                facts.append(fact_of("clock.redated", clock, calendar_version=version.pk, old_due_at=iso(old), due_at=iso(clock.due_at)))
    rows = [(clock.pk, clock.due_at, clock.state, clock.next_event_at) for clock in changed]
    update_rows(Clock, ("due_at", "state", "next_event_at"), rows, organization_id=version.organization_id)
    set_clock_projections(projections=projections, organization_id=version.organization_id)
    record(organization_id=version.organization_id, facts=facts, by=system_actor(CLOCKWORK), at=at)
    return len(facts)
