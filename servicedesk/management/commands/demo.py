from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import every_organization
from core.events import unheard
from notifications.events import MessageQueued
from notifications.services import mark_all_sent
from servicedesk.demo.house import build_house
from servicedesk.demo.replay import DAYS, TICKETS, Replay


class Command(BaseCommand):
    help = "Load the demonstration: three invented customers and six months of their tickets. Only with MESA_DEMO=1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, default=TICKETS, help="How many tickets of the past to replay.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demonstration is loaded only in demo mode: set MESA_DEMO=1.")
        if User.objects.exists():
            self.stdout.write("Nothing was loaded: the database holds people.")
            return
        now = timezone.now()
        with transaction.atomic(), every_organization(reason="load the demonstration"), unheard(MessageQueued):
            house = build_house(now - timedelta(days=DAYS + 1))
            count = Replay(house, until=now, tickets=options["tickets"]).run()
            mark_all_sent(at=now)
        self.stdout.write(f"Loaded {count} tickets of three invented customers.")
