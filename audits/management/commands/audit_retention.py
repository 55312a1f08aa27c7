"""``./mesa manage audit_retention``: deletes the evidence whose retention has ended; beat does it
every night.
"""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audits.services import purge_evidence
from foundation.accounts.tenancy import every_organization


class Command(BaseCommand):
    help = "Write until when evidence of ended contracts is kept, and delete what is past it."

    def handle(self, *args: Any, **options: Any) -> None:
        with every_organization(reason="the retention of evidence"):
            count = purge_evidence(at=timezone.now())
        self.stdout.write(f"{count} deleted.")
