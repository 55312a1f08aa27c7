from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.accounts.tenancy import every_organization, organization_scope
from sla.clocks.services import Difference, rebuild_clocks
from tickets.models import Ticket
from tickets.queries import find_by_number


class Command(BaseCommand):
    help = (
        "Compute the clocks from the record again and say where the kept ones differ; --write "
        "mends them. Exit code 1: they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organization", default="", help="Only this customer, by its short name."
        )
        parser.add_argument("--ticket", default="", help="Only this ticket, such as TK-000123.")
        parser.add_argument(
            "--write",
            action="store_true",
            help="Put what the record says in the place of what differs.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[Difference] = []
        count = 0
        with every_organization(reason="rebuild the clocks from the record"):
            chosen = self._tickets(options)
        for organization_id, ticket_id in chosen:
            with organization_scope(organization_id):
                ticket = Ticket.objects.select_related("organization").get(pk=ticket_id)
                found += rebuild_clocks(ticket=ticket, write=options["write"])
            count += 1
        for difference in found:
            self.stdout.write(str(difference))
        self.stdout.write(
            f"{count} tickets, {len(found)} "
            f"differences{', mended' if found and options['write'] else ''}"
        )
        if found and not options["write"]:
            raise CommandError(
                "The kept clocks differ from the record. Run again with --write to mend them.",
                returncode=1,
            )

    def _tickets(self, options: dict[str, Any]) -> list[tuple[int, int]]:
        """Return (organization id, ticket id) of the chosen tickets."""
        tickets = Ticket.objects.order_by("pk")
        if options["ticket"]:
            tickets = find_by_number(tickets, options["ticket"])
        if options["organization"]:
            tickets = tickets.filter(organization__slug=options["organization"])
        chosen = list(tickets.values_list("organization_id", "pk"))
        if not chosen:
            raise CommandError("No ticket was chosen: check --ticket and --organization.")
        return chosen
