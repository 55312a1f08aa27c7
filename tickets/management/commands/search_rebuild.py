from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from foundation.accounts.tenancy import every_organization
from tickets.models import Ticket
from tickets.services import index_again

BATCH = 500


class Command(BaseCommand):
    help = (
        "Write the search index of every ticket anew, from the tickets and their messages. The "
        "desk may go on working meanwhile."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        last = count = 0
        with every_organization(reason="write the search index anew"):
            while ids := _next_ids(last):
                with transaction.atomic():
                    # locked: a message that is written meanwhile waits, and adds itself after this
                    locked = Ticket.objects.filter(pk__in=ids).select_for_update(of=("self",))
                    tickets = locked.select_related("requester", "organization").order_by("pk")
                    index_again(list(tickets))
                last = ids[-1]
                count += len(ids)
        self.stdout.write(f"{count} tickets indexed")


def _next_ids(last: int) -> list[int]:
    after = Ticket.objects.filter(pk__gt=last).order_by("pk")
    return list(after.values_list("pk", flat=True)[:BATCH])
