"""Recurring tickets, their days, and when they are due."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from foundation.accounts.models import Organization, User
from foundation.accounts.roles import Capability
from foundation.calendars.queries import business_calendar_on, work_calendar
from foundation.core.errors import NotFound
from foundation.core.zones import zone
from tickets.models import Recurrence, RecurrenceDay, Ticket
from tickets.recurrence import (
    ClosedDays,
    PlannedDay,
    Rule,
    first_days,
    instant_of,
    planned_days,
)

_RELATED = ("organization", "membership__user", "service", "template", "assignee", "keeper")


def recurrences_for(reader: User) -> QuerySet[Recurrence]:
    """Return the recurring tickets that a person may read, the newest first: of the desk, those of
    the customers that they serve.
    """
    rows = Recurrence.objects.select_related(*_RELATED).order_by("-pk")
    return rows if reader.can(Capability.WORK_TICKETS) else rows.none()


def get_recurrence(reader: User, recurrence_id: int) -> Recurrence:
    found = recurrences_for(reader).filter(pk=recurrence_id).first()
    if found is None:
        raise NotFound(_("There is no such recurring ticket."))
    return found


def days_of(recurrence: Recurrence) -> QuerySet[RecurrenceDay]:
    """Return the days that were dealt with, the last one first."""
    return RecurrenceDay.objects.filter(recurrence=recurrence).select_related("ticket")


def get_day(recurrence: Recurrence, day_id: int) -> RecurrenceDay:
    found = days_of(recurrence).filter(pk=day_id).first()
    if found is None:
        raise NotFound(_("There is nothing like that, or it is not yours."))
    return found


def recurrence_of(ticket: Ticket) -> Recurrence | None:
    """Return what raised the ticket; None for a ticket that a person raised."""
    days = RecurrenceDay.objects.filter(ticket=ticket).select_related("recurrence")
    found = days.order_by("pk").first()
    return found.recurrence if found is not None else None


def last_days(recurrences: Iterable[Recurrence]) -> dict[int, RecurrenceDay]:
    """Return recurrence id -> its last day that was dealt with."""
    days = RecurrenceDay.objects.filter(recurrence=OuterRef("pk")).order_by("-day")
    rows = Recurrence.objects.filter(pk__in=[each.pk for each in recurrences]).order_by()
    ids = rows.annotate(last=Subquery(days.values("pk")[:1])).values_list("last", flat=True)
    newest = RecurrenceDay.objects.filter(pk__in=[*filter(None, ids)]).select_related("ticket")
    return {each.recurrence_id: each for each in newest.order_by()}


def due_recurrences(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, id) of those of which a ticket is due, at most ``limit``."""
    due = Recurrence.objects.filter(next_at__lte=at).order_by("next_at", "pk")
    return list(due.values_list("organization_id", "pk")[:limit])


def running_recurrences(after_id: int, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, id) of those that are not paused, by id. Also of those whose rule
    gives no more days: a calendar that changes may give them some.
    """
    running = Recurrence.objects.filter(is_paused=False, pk__gt=after_id).order_by("pk")
    return list(running.values_list("organization_id", "pk")[:limit])


def days_to_come(
    rule: Rule,
    start: date,
    *,
    closed: ClosedDays,
    organization: Organization,
    at: datetime,
    after: date | None = None,
    done: date | None = None,
) -> Iterator[PlannedDay]:
    """Yield the local days after ``after`` on which a ticket is raised, as the organization's
    business calendar is ``at``; ``done`` as ``planned_days``.
    """
    is_open = working_days(organization, at)
    return planned_days(rule, start, closed=closed, is_open=is_open, after=after, done=done)


def times_to_come(
    rule: Rule,
    start: date,
    at_time: time,
    *,
    closed: ClosedDays,
    organization: Organization,
    at: datetime,
    count: int,
) -> list[datetime]:
    """Return the next instants, at most ``count``, at which a ticket would be raised by a recurring
    ticket that is saved ``at``.
    """
    time_zone = organization.time_zone
    days = days_to_come(
        rule,
        start,
        closed=closed,
        organization=organization,
        at=at,
        after=day_before(at, at_time, time_zone),
    )
    return [instant_of(each.day, at_time, time_zone) for each in first_days(days, count)]


def working_days(organization: Organization, at: datetime) -> Callable[[date], bool]:
    """Return what tells whether a local day has open time in the business calendar that is in force
    ``at``; without a calendar every day has.
    """
    version = business_calendar_on(organization, at)
    return work_calendar(version).is_working_day if version is not None else lambda day: True


def days_left(recurrence: Recurrence, at: datetime) -> Iterator[PlannedDay]:
    """Yield the local days of a recurring ticket that were not dealt with yet."""
    return days_to_come(
        recurrence.parsed_rule,
        recurrence.starts_on,
        closed=ClosedDays(recurrence.closed_days),
        organization=recurrence.organization,
        at=at,
        after=recurrence.done_until,
        done=recurrence.rule_day,
    )


def instants_of(recurrence: Recurrence, days: Iterable[PlannedDay]) -> list[datetime]:
    """Return the instants at which the tickets of local days are raised."""
    time_zone = recurrence.organization.time_zone
    return [instant_of(each.day, recurrence.at_time, time_zone) for each in days]


def next_instants(recurrence: Recurrence, at: datetime, count: int) -> list[datetime]:
    """Return the next instants at which tickets are raised, at most ``count``; none of a paused
    one.
    """
    if recurrence.next_at is None:
        return []
    return instants_of(recurrence, first_days(days_left(recurrence, at), count))


def day_before(at: datetime, at_time: time, time_zone: str) -> date:
    """Return the last local day whose time of day is past at ``at``."""
    local = at.astimezone(zone(time_zone))
    today = local.date()
    is_past = instant_of(today, at_time, time_zone) <= at
    return today if is_past else date.fromordinal(today.toordinal() - 1)
