from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from servicedesk.demo.demonstration import TICKETS


class Command(BaseCommand):
    help = (
        "Bring database, cache table and static files up to date; load the demonstration in "
        "demo mode."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tickets",
            type=int,
            default=TICKETS,
            help="How many tickets the demonstration replays.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if "cache" in settings.DATABASES:
            call_command("createcachetable", database="cache", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["redoc"])
        if settings.DEMO:
            call_command("demo", tickets=options["tickets"], stdout=self.stdout)
