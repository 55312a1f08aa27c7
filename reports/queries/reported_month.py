"""The rows of a month that the sections of a report share; each kind is read once, on first use.

Each figure belongs to one month, so that the months add up: a ticket to the month in which it was
registered, a verdict to the month in which it fell, time to the month in which it passed.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cached_property

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from foundation.accounts.models import Organization
from reports.queries.months import bounds
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.verdicts import Verdict, decided_at, verdict_before, verdict_of
from sla.metrics import AT_ARRIVAL
from tickets.models import StateInterval, Ticket
from tickets.queries import time_held
from tickets.states import Bucket


class ReportedMonth:
    """A month of the organization's zone as of ``at``; of a month that has ended, as it stood at
    its end.
    """

    def __init__(self, organization: Organization, month: date, at: datetime) -> None:
        self.organization = organization
        self.month = month
        self.at = at
        self.start, self.end = bounds(organization, month)
        self.has_ended = self.end <= at
        self.until = min(at, self.end)

    def verdict(self, clock: Clock) -> Verdict:
        """Return the verdict that the month knows: *running* of one that falls after its end."""
        return verdict_before(clock, self.end) if self.has_ended else verdict_of(clock, self.at)

    @cached_property
    def tickets(self) -> dict[int, Ticket]:
        """The tickets registered in the month, by id, in the order of their numbers."""
        found = Ticket.objects.filter(
            organization=self.organization, created_at__gte=self.start, created_at__lt=self.end
        )
        return {t.pk: t for t in found.select_related("service", "requester").order_by("pk")}

    @property
    def contracted(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if not ticket.is_out_of_contract]

    @property
    def out_of_contract(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if ticket.is_out_of_contract]

    @cached_property
    def clocks(self) -> Sequence[Clock]:
        """The clocks of ``tickets`` that began when they arrived: what we promised (SPEC 14.1)."""
        return list(
            Clock.objects.filter(
                ticket__organization=self.organization,
                ticket__created_at__gte=self.start,
                ticket__created_at__lt=self.end,
                metric__in=AT_ARRIVAL,
            ).order_by("pk")
        )

    def clocks_of(self, tickets: Iterable[Ticket]) -> list[Clock]:
        chosen = {ticket.pk for ticket in tickets}
        return [clock for clock in self.clocks if clock.ticket_id in chosen]

    @cached_property
    def carried_over(self) -> Sequence[Clock]:
        """The clocks of earlier tickets that were running when the month began and whose verdict
        fell in it, with their tickets.
        """
        falls_inside = Q(due_at__gte=self.start, due_at__lt=self.end) | Q(
            stopped_at__gte=self.start, stopped_at__lt=self.end
        )
        found = Clock.objects.filter(
            falls_inside,
            organization=self.organization,
            ticket__created_at__lt=self.start,
            metric__in=AT_ARRIVAL,
        )
        return [
            clock
            for clock in found.select_related(
                "ticket", "ticket__service", "ticket__requester"
            ).order_by("pk")
            if self._fell_inside(clock)
        ]

    def _fell_inside(self, clock: Clock) -> bool:
        decided = decided_at(clock.due_at, clock.stopped_at)
        assert decided is not None  # one of the two lies in the month
        return decided >= self.start and self.verdict(clock) != Verdict.RUNNING

    @cached_property
    def earlier_breaches(self) -> dict[int, int]:
        """Clock id -> breaches of targets that a later change replaced, of ``clocks``."""
        found = self._replaced_breaches().filter(
            clock__ticket__created_at__gte=self.start, clock__ticket__created_at__lt=self.end
        )
        return _counted(found.filter(breached_at__lt=self.end))

    @cached_property
    def carried_breaches(self) -> dict[int, int]:
        """The same of clocks of earlier tickets: the breaches of the month."""
        found = self._replaced_breaches().filter(
            clock__ticket__created_at__lt=self.start,
            clock__ticket__is_out_of_contract=False,
            clock__metric__in=AT_ARRIVAL,
        )
        return _counted(found.filter(breached_at__gte=self.start, breached_at__lt=self.end))

    def _replaced_breaches(self) -> QuerySet[ClockSegment]:
        following = ClockSegment.objects.filter(
            clock=OuterRef("clock"), number__gt=OuterRef("number")
        )
        return ClockSegment.objects.filter(
            Exists(following), organization=self.organization, breached_at__isnull=False
        )

    @cached_property
    def held(self) -> dict[int, dict[str, int]]:
        """Ticket id -> holder -> elapsed seconds of its turns within the month, of every contracted
        ticket (SPEC 17.9).

        Before the end of the month, open intervals are left out. Otherwise the figures would change
        with every second, and each request would issue another report.
        """
        found = StateInterval.objects.filter(
            Q(ended_at__gt=self.start) | Q(ended_at__isnull=True),
            ~Q(bucket=Bucket.ENDED),
            organization=self.organization,
            ticket__is_out_of_contract=False,
            started_at__lt=self.until,
        )
        intervals: dict[int, list[StateInterval]] = {}
        for interval in found.order_by("ticket_id", "started_at", "pk").iterator(chunk_size=2000):
            if interval.ended_at is None and not self.has_ended:
                continue
            interval.started_at = max(interval.started_at, self.start)
            interval.ended_at = min(interval.ended_at or self.until, self.until)
            intervals.setdefault(interval.ticket_id, []).append(interval)
        return {
            pk: {
                str(each.holder): int(each.time.total_seconds())
                for each in time_held(rows, self.until)
            }
            for pk, rows in intervals.items()
        }

    @cached_property
    def states(self) -> dict[int, str]:
        """Ticket id -> its state at the end of the month, or now before that."""
        if not self.has_ended:
            return {pk: ticket.state for pk, ticket in self.tickets.items()}
        found = StateInterval.objects.filter(
            ticket__organization=self.organization,
            ticket__created_at__gte=self.start,
            ticket__created_at__lt=self.end,
            started_at__lt=self.end,
        )
        return dict(
            found.order_by("ticket_id", "started_at", "pk").values_list("ticket_id", "state")
        )


def _counted(segments: QuerySet[ClockSegment]) -> dict[int, int]:
    return dict(
        segments.order_by()
        .values("clock_id")
        .annotate(breaches=Count("pk"))
        .values_list("clock_id", F("breaches"))
    )
