"""The rows of a month that the sections of a report share; each kind is read once, on first use."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property

from django.db.models import Count, Exists, F, OuterRef

from foundation.accounts.models import Organization
from reports.queries.months import bounds
from sla.clocks.models import Clock, ClockSegment
from sla.metrics import AT_ARRIVAL
from tickets.models import StateInterval, Ticket
from tickets.queries import time_held


class ReportedMonth:
    """The tickets that arrived in a month of the organization's zone, as of ``at``."""

    def __init__(self, organization: Organization, month: date, at: datetime) -> None:
        self.organization = organization
        self.month = month
        self.at = at
        self.start, self.end = bounds(organization, month)

    @cached_property
    def tickets(self) -> dict[int, Ticket]:
        """The tickets by id, in the order of their numbers."""
        found = Ticket.objects.filter(
            organization=self.organization,
            received_at__gte=self.start,
            received_at__lt=self.end,
        )
        return {t.pk: t for t in found.select_related("service", "requester").order_by("pk")}

    @cached_property
    def clocks(self) -> Sequence[Clock]:
        """The clocks that began when the tickets arrived: what we promised (SPEC 14.1)."""
        return list(
            Clock.objects.filter(
                ticket__organization=self.organization,
                ticket__received_at__gte=self.start,
                ticket__received_at__lt=self.end,
                metric__in=AT_ARRIVAL,
            ).order_by("pk")
        )

    @cached_property
    def earlier_breaches(self) -> dict[int, int]:
        """Clock id -> breaches of targets that a later change replaced."""
        following = ClockSegment.objects.filter(
            clock=OuterRef("clock"), number__gt=OuterRef("number")
        )
        return dict(
            ClockSegment.objects.filter(
                Exists(following),
                clock__ticket__organization=self.organization,
                clock__ticket__received_at__gte=self.start,
                clock__ticket__received_at__lt=self.end,
                breached_at__isnull=False,
            )
            .order_by()
            .values("clock_id")
            .annotate(breaches=Count("pk"))
            .values_list("clock_id", F("breaches"))
        )

    @cached_property
    def held(self) -> dict[int, dict[str, int]]:
        """Ticket id -> holder -> elapsed seconds of its turns within the month (SPEC 17.9).

        Before the end of the month, open intervals are left out. Otherwise the figures would change
        with every second, and each request would issue another report.
        """
        until = min(self.at, self.end)
        intervals: dict[int, list[StateInterval]] = {}
        found = StateInterval.objects.filter(
            ticket__organization=self.organization,
            ticket__received_at__gte=self.start,
            ticket__received_at__lt=self.end,
            started_at__lte=until,
        )
        for interval in found.order_by("ticket_id", "started_at", "pk").iterator(chunk_size=2000):
            if interval.ended_at is None and self.at < self.end:
                continue
            interval.ended_at = min(interval.ended_at or until, until)
            intervals.setdefault(interval.ticket_id, []).append(interval)
        return {
            pk: {
                str(each.holder): int(each.time.total_seconds()) for each in time_held(rows, until)
            }
            for pk, rows in intervals.items()
        }
