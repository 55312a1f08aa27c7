from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.accounts.granting import GUARDED, confirm_role
from foundation.core.actor import system_actor
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "Confirm a role that an administrator asked for, where no second person could."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=sorted(GUARDED))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            grant = confirm_role(
                email=options["email"],
                role=options["role"],
                by=system_actor("confirm_role command"),
                at=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{grant.person} has the role {grant.role}, and sets a new password.")
