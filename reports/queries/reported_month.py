"""The rows of a month that the sections of a report share; each kind is read once, on first use.

Each figure belongs to one month, so that the months add up: a ticket to the month in which it was
registered, a verdict to the month in which it fell, time to the month in which it passed; the time
before a ticket was registered, as that of a mail, to the month of its ticket.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property

from django.db.models import F, Q

from catalog.models import Service
from foundation.accounts.models import Organization
from reports.queries.months import bounds, month_of
from sla.clocks.models import Clock
from sla.clocks.verdicts import Verdict, verdict_of
from sla.history.standings import Remeasured, Standing, remeasured, standing_before
from sla.metrics import AT_ARRIVAL
from tickets.models import StateInterval, Ticket
from tickets.queries import reclassifications, time_held
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

    def _standing(self, clock: Clock) -> Standing | None:
        """Return how the clock stands at the end of the month, or now before that; None when it was
        not promised yet.
        """
        if not self.has_ended:
            return Standing(
                verdict_of(clock, self.at),
                clock.priority,
                clock.breached_at or clock.due_at,
                clock.stopped_at,
            )
        if not self._is_remeasured(clock, self.end):
            return standing_before(clock, self.end)
        return self._remeasured[clock.pk].after

    def _stood(self, clock: Clock) -> Standing | None:
        """Return how the clock stood when the month began."""
        if not self._is_remeasured(clock, self.start):
            return standing_before(clock, self.start)
        return self._remeasured[clock.pk].before

    def _promised(self) -> Q:
        """Match the clocks that began with their tickets, of those registered before the end."""
        return Q(
            organization=self.organization,
            ticket__created_at__lt=self.end,
            metric__in=AT_ARRIVAL,
        )

    @cached_property
    def _remeasured(self) -> dict[int, Remeasured]:
        """Clock id -> how it stood, of the clocks that were measured again since the month began:
        their rows say nothing of it.
        """
        clocks = Clock.objects.filter(self._promised(), remeasured_at__gte=self.start)
        return remeasured(clocks.order_by("pk"), self.start, self.end)

    @staticmethod
    def _is_remeasured(clock: Clock, since: datetime) -> bool:
        return clock.remeasured_at is not None and clock.remeasured_at >= since

    @cached_property
    def tickets(self) -> dict[int, Ticket]:
        """The tickets registered in the month, by id, in the order of their numbers, with kind,
        service and priority as they were at its end, or are now before that.
        """
        found = Ticket.objects.filter(
            organization=self.organization, created_at__gte=self.start, created_at__lt=self.end
        )
        rows = {t.pk: t for t in found.select_related("service", "requester").order_by("pk")}
        touched = [pk for pk, ticket in rows.items() if ticket.updated_at >= self.end]
        if self.has_ended and touched:
            self._take_back_changes([rows[pk] for pk in touched])
        return rows

    def _take_back_changes(self, tickets: Sequence[Ticket]) -> None:
        """Set on these tickets what their classification was at the end of the month."""
        by_id = {ticket.pk: ticket for ticket in tickets}
        services: dict[int, int] = {}  # ticket id -> service id
        changes = reclassifications(list(by_id), using="default", since=self.end)
        for change in reversed(list(changes)):
            ticket = by_id[change.ticket_id]
            ticket.kind = change.changed.get("kind", [ticket.kind])[0]
            ticket.priority = change.changed.get("priority", [ticket.priority])[0]
            if "service" in change.changed:
                services[ticket.pk] = change.changed["service"][0]
        earlier = Service.objects.in_bulk(services.values()) if services else {}
        for pk, service in services.items():
            by_id[pk].service = earlier[service]

    @property
    def contracted(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if not self.is_out_of_contract(ticket)]

    @property
    def out_of_contract(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if self.is_out_of_contract(ticket)]

    def is_out_of_contract(self, ticket: Ticket) -> bool:
        """Tell whether reports count a ticket as out of contract: as it was at the end of the month
        in which it was registered, in every month, so that issued months add up.
        """
        return self._moved.get(ticket.pk, bool(ticket.is_out_of_contract))

    def contracted_only(self, prefix: str = "") -> Q:
        """Match the tickets that ``is_out_of_contract`` denies; ``prefix`` leads to the ticket."""
        was_in = [pk for pk, is_out in self._moved.items() if not is_out]
        was_out = [pk for pk, is_out in self._moved.items() if is_out]
        now_in = Q(**{f"{prefix}is_out_of_contract": False})
        return (now_in & ~Q(**{f"{prefix}pk__in": was_out})) | Q(**{f"{prefix}pk__in": was_in})

    @cached_property
    def _moved(self) -> dict[int, bool]:
        """Ticket id -> whether it was out of contract at the end of the month in which it was
        registered, of the tickets for which that changed later.
        """
        rows = Ticket.objects.filter(
            organization=self.organization,
            coverage_changed_at__isnull=False,
            created_at__lt=self.end,
        ).order_by("pk")
        ends: dict[int, datetime] = {}
        found: dict[int, bool] = {}
        for ticket in rows:
            end = self._month_end(ticket.created_at)
            if ticket.coverage_changed_at >= end:
                ends[ticket.pk] = end
                found[ticket.pk] = ticket.is_out_of_contract
        changes = list(reclassifications(list(ends), using="default")) if ends else []
        for change in reversed(changes):
            if change.at >= ends[change.ticket_id] and "is_out_of_contract" in change.changed:
                found[change.ticket_id] = change.changed["is_out_of_contract"][0]
        return found

    def _month_end(self, at: datetime) -> datetime:
        return bounds(self.organization, month_of(self.organization, at))[1]

    @cached_property
    def _clocks(self) -> dict[int, list[tuple[Clock, Standing]]]:
        """Ticket id -> the clocks of ``tickets`` that began when they arrived, as they stand: what
        we promised (SPEC 14.1).
        """
        found: dict[int, list[tuple[Clock, Standing]]] = {}
        own = Clock.objects.filter(self._promised(), ticket__created_at__gte=self.start)
        for clock in own.order_by("pk"):
            standing = self._standing(clock)
            if standing is not None:
                found.setdefault(clock.ticket_id, []).append((clock, standing))
        return found

    def standings_of(self, tickets: Iterable[Ticket]) -> Iterator[tuple[Clock, Standing]]:
        """Yield the clocks of these of the month's ``tickets`` and how they stand."""
        for ticket in tickets:
            yield from self._clocks.get(ticket.pk, ())

    @cached_property
    def carried_over(self) -> Sequence[tuple[Clock, Standing]]:
        """The clocks of earlier tickets whose verdict fell in the month, with their tickets and how
        they stand: they were running when it began, or were measured again in it.
        """
        return [
            (clock, after)
            for clock, before, after in self._earlier
            if after is not None
            and after.verdict != Verdict.RUNNING
            and (not _is_decided(before) or self._is_replaced(clock, before, after))
        ]

    @cached_property
    def taken_back(self) -> Sequence[tuple[Clock, Standing]]:
        """The clocks of earlier tickets whose verdict an earlier month reports and a change of this
        month replaced (measured again, or withdrawn), with how they stood.
        """
        return [
            (clock, before)
            for clock, before, after in self._earlier
            if before is not None
            and _is_decided(before)
            and self._is_replaced(clock, before, after)
        ]

    def _is_replaced(self, clock: Clock, before: Standing | None, after: Standing | None) -> bool:
        if self._is_remeasured(clock, self.start) and self._remeasured[clock.pk].is_between:
            return True
        return before is not None and after is not None and before.verdict != after.verdict

    @cached_property
    def _earlier(self) -> Sequence[tuple[Clock, Standing | None, Standing | None]]:
        """The clocks of earlier tickets that something happened to in the month, with their
        tickets: how they stood at its begin, and how they stand.
        """
        happened = (
            Q(due_at__gte=self.start, due_at__lt=self.end)
            | Q(stopped_at__gte=self.start, stopped_at__lt=self.end)
            | Q(remeasured_at__gte=self.start)
        )
        found = Clock.objects.filter(self._promised(), happened, ticket__created_at__lt=self.start)
        related = ("ticket", "ticket__service", "ticket__requester")
        return [
            (clock, self._stood(clock), self._standing(clock))
            for clock in found.select_related(*related).order_by("pk")
        ]

    def earlier_breaches(self, clock: Clock) -> int:
        """Return the breaches of a clock's targets that a change before the month's end replaced:
        of a ticket of the month.
        """
        again = self._remeasured.get(clock.pk)
        return again.replaced_after if again is not None else 0

    @cached_property
    def carried_breaches(self) -> list[int]:
        """How many more (less, when negative) replaced breaches each clock of an earlier contracted
        ticket has at the end of the month than when it began. Zero is left out.
        """
        changes = (
            again.replaced_after - again.replaced_before
            for clock, again in self._again
            if not self.is_out_of_contract(clock.ticket)
        )
        return [change for change in changes if change]

    @property
    def _again(self) -> Iterator[tuple[Clock, Remeasured]]:
        """The clocks of earlier tickets that were measured again since the month began."""
        for clock, _before, _after in self._earlier:
            if clock.pk in self._remeasured:
                yield clock, self._remeasured[clock.pk]

    @cached_property
    def held(self) -> dict[int, dict[str, int]]:
        """Ticket id -> holder -> elapsed seconds of its turns within the month, of every contracted
        ticket (SPEC 17.9); of those registered in it, also from before.

        Before the end of the month, open intervals are left out. Otherwise the figures would change
        with every second, and each request would issue another report.
        """
        found = StateInterval.objects.filter(
            Q(ended_at__gt=self.start) | Q(ended_at__isnull=True),
            ~Q(bucket=Bucket.ENDED),
            self.contracted_only("ticket__"),
            organization=self.organization,
            started_at__lt=self.until,
            ticket__created_at__lt=self.until,
        ).annotate(registered_at=F("ticket__created_at"))
        intervals: dict[int, list[StateInterval]] = {}
        for interval in found.order_by("ticket_id", "started_at", "pk").iterator(chunk_size=2000):
            if interval.ended_at is None and not self.has_ended:
                continue
            if interval.registered_at < self.start:
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


def _is_decided(standing: Standing | None) -> bool:
    return standing is not None and standing.verdict != Verdict.RUNNING
