"""Loads tickets in bulk for measurements: the rows that the services would leave, without facts on
the record.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Contract, Service
from foundation.accounts.models import Membership
from foundation.accounts.queries import staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.accounts.tenancy import every_organization
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import CalendarVersion
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.search.services import Text, Texts, put_new_texts
from sla.clocks.models import Clock, ClockSegment, ClockState
from sla.metrics import Metric
from tickets.models import LAST, StateInterval, Ticket
from tickets.services.indexing import OBJECT_TYPE
from tickets.states import BUCKETS, State

BATCH = 2000


class Command(BaseCommand):
    help = "Fill the database with COUNT tickets, OPEN of them open, for ./mesa bench."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--open", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["count"]
        still_open = options["open"]
        if still_open > count:
            raise CommandError("There cannot be more open tickets than tickets.")
        with every_organization(reason="load tickets for a measurement"):
            loader = Loader(timezone.now())
            for start in range(0, count, BATCH):
                size = min(BATCH, count - start)
                with transaction.atomic():
                    loader.load(size, open_share=still_open / count)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(f"{count} tickets loaded, about {still_open} of them open")


class Loader:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.random = random.Random(7)  # noqa: S311 - the same load every time
        self.members = list(Membership.objects.select_related("organization").order_by("pk"))
        self.contracts = {
            contract.organization_id: contract for contract in Contract.objects.order_by("pk")
        }
        self.services = list(Service.objects.order_by("pk"))
        self.agents = staff_with_role(StaffRole.AGENT)
        versions = CalendarVersion.objects.filter(calendar__role=CalendarRole.BUSINESS).order_by(
            "pk"
        )
        self.calendars = {version.organization_id: version.calendar_id for version in versions}

    def load(self, size: int, open_share: float) -> None:
        tickets = Ticket.objects.bulk_create(
            self._ticket(self.random.random() < open_share) for _ in range(size)
        )
        put_new_texts(
            object_type=OBJECT_TYPE,
            objects=[
                Texts(
                    ticket.pk,
                    ticket.organization_id,
                    [Text(f"{ticket.subject} {ticket.description}")],
                )
                for ticket in tickets
            ],
        )
        StateInterval.objects.bulk_create(
            StateInterval(
                organization_id=ticket.organization_id,
                ticket=ticket,
                state=ticket.state,
                bucket=BUCKETS[State(ticket.state)],
                started_at=ticket.received_at,
            )
            for ticket in tickets
        )
        clocks = Clock.objects.bulk_create(
            self._clock(ticket, metric)
            for ticket in tickets
            for metric in (Metric.REACTION, Metric.ATTENTION)
        )
        ClockSegment.objects.bulk_create(
            ClockSegment(
                organization_id=clock.organization_id,
                clock=clock,
                number=1,
                calendar_id=self.calendars[clock.organization_id],
                priority=clock.priority,
                target=clock.target,
                starts_at=clock.started_at,
            )
            for clock in clocks
        )

    def _ticket(self, is_open: bool) -> Ticket:
        member = self.random.choice(self.members)
        service = self.random.choice(self.services)
        received = self.now - timedelta(
            minutes=self.random.randint(1, 3 * 24 * 60 if is_open else 700 * 24 * 60)
        )
        state = (
            self.random.choice([State.NEW, State.IN_PROGRESS, State.OPEN])
            if is_open
            else State.CLOSED
        )
        due = (
            received + timedelta(minutes=self.random.randint(60, 6 * 24 * 60)) if is_open else None
        )
        return Ticket(
            organization_id=member.organization_id,
            subject=f"Measured case {self.random.randint(1, 10**9)}",
            description=self._words() + "Measured. " * 20,
            kind=Kind.INCIDENT,
            service=service,
            support_type=service.support_type,
            proposed_impact=Impact.MINOR,
            proposed_urgency=Urgency.LOW,
            impact=Impact.MINOR,
            urgency=Urgency.LOW,
            priority=self.random.choice(Priority.values),
            state=state,
            channel=Channel.PORTAL,
            requester_id=member.user_id,
            contract=self.contracts[member.organization_id],
            assignee=self.random.choice([*self.agents, None]) if is_open else self.agents[0],
            terms_at=received,
            received_at=received,
            created_at=received,
            updated_at=received,
            closed_at=None if is_open else received,
            closure_code="" if is_open else "approved",
            next_due_at=due,
            at_risk_at=due and due - timedelta(minutes=30),
            queue_at=due or LAST,
        )

    def _words(self) -> str:
        """Return words that one of ten, of a hundred, of a thousand texts has."""
        return "".join(
            f"{word} "
            for word, share in (("printer", 10), ("invoice", 100), ("tunnel", 1000))
            if self.random.randrange(share) == 0
        )

    def _clock(self, ticket: Ticket, metric: Metric) -> Clock:
        live = ticket.next_due_at is not None
        return Clock(
            organization_id=ticket.organization_id,
            ticket=ticket,
            metric=metric,
            calendar_id=self.calendars[ticket.organization_id],
            priority=ticket.priority,
            target=timedelta(hours=2),
            started_at=ticket.received_at,
            due_at=ticket.next_due_at or ticket.received_at,
            at_risk_at=ticket.at_risk_at,
            state=ClockState.RUNNING if live else ClockState.STOPPED,
            stopped_at=None if live else ticket.received_at,
            is_met=None if live else True,
            # Not due during a measurement: sweeps are measured separately.
            next_event_at=self.now + timedelta(days=30) if live else None,
        )
