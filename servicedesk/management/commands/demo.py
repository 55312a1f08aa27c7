from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from foundation.accounts.models import User
from foundation.accounts.tenancy import every_organization
from foundation.activity.events import FactsRecorded
from foundation.core.classification import Priority
from foundation.core.errors import Invalid
from foundation.core.events import unheard
from foundation.notifications.events import MessageQueued
from foundation.notifications.services import mark_all_sent
from reports.events import ReportRequested, SimulationRequested
from reports.queries import preceding_month
from reports.services import NewSimulation, request_report, request_simulation
from servicedesk.demo.audits import _by, build_audits
from servicedesk.demo.demonstration import DAYS, TICKETS, Demonstration
from servicedesk.demo.house import SETUP, House, build_house
from servicedesk.demo.recurring import plan_recurring
from servicedesk.demo.relations import relate_tickets
from sla.metrics import Metric
from sla.simulation.drafts import Draft


class Command(BaseCommand):
    help = (
        "Load the demonstration: three invented customers and six months of their tickets. "
        "Only with MESA_DEMO=1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tickets", type=int, default=TICKETS, help="How many tickets of the past to replay."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demonstration is loaded only in demo mode: set MESA_DEMO=1.")
        if User.objects.exists():
            self.stdout.write("Nothing was loaded: the database holds people.")
            return
        now = timezone.now()
        with (
            transaction.atomic(),
            every_organization(reason="load the demonstration"),
            unheard(FactsRecorded, MessageQueued, ReportRequested, SimulationRequested),
        ):
            house = build_house(now - timedelta(days=DAYS + 1), now)
            count = Demonstration(house, until=now, tickets=options["tickets"]).run()
            relate_tickets(house, now)
            plan_recurring(house, now)
            build_audits(house, now)
            self._publish(house, now)
            mark_all_sent(at=now)
        self.stdout.write(f"Loaded {count} tickets of three invented customers.")

    def _publish(self, house: House, now: datetime) -> None:
        """Issue last month's report of each customer, and try a shorter reaction on it."""
        month = preceding_month(timezone.localdate(now).replace(day=1))
        for organization in house.customers.values():
            request_report(organization=organization, month=month, language="es", by=SETUP, at=now)
        draft = Draft(
            targets={
                (Metric.REACTION, "", priority): timedelta(minutes=20) for priority in Priority
            }
        )
        customers = list(house.customers.values())
        wanted = NewSimulation(
            name="Reacción en 20 minutos",
            draft=draft.as_data(),
            organizations=customers,
            first_month=month,
            last_month=month,
        )
        with suppress(Invalid):  # a small demonstration may have no tickets in that month
            request_simulation(wanted=wanted, by=_by(house.staff["manager"]), at=now)
