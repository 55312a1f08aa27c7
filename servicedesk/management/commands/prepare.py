from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from foundation.core.planner import renew_statistics
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
        if missing := sorted(missing_columns()):
            raise CommandError(
                "This database was made by a version whose migrations were replaced before the "
                f"first release: it lacks {', '.join(missing[:5])}. Start with an empty database, "
                "or with another MESA_VAR."
            )
        if "cache" in settings.DATABASES:
            call_command("createcachetable", database="cache", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["redoc"])
        if settings.DEMO:
            call_command("demo", tickets=options["tickets"], stdout=self.stdout)
        renew_statistics()


def missing_columns() -> Iterator[str]:
    """Yield ``table.column`` of every column of a model that the migrated database lacks."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            options = model._meta  # noqa: SLF001
            if not options.managed or options.proxy:
                continue
            found = connection.introspection.get_table_description(cursor, options.db_table)
            present = {column.name for column in found}
            for field in options.local_concrete_fields:
                if field.column not in present:
                    yield f"{options.db_table}.{field.column}"
