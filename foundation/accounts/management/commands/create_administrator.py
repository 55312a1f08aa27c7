from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.accounts.services import create_staff
from foundation.accounts.tenancy import every_organization
from foundation.core.actor import system_actor
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "Create an administrator, who then invites everybody else in the configuration."
    role = "administrator"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("full_name")
        parser.add_argument("--password", help="Asked for when it is not given.")

    def handle(self, *args: Any, **options: Any) -> None:
        password = options["password"] or getpass("Password: ")
        try:
            validate_password(password)
            with every_organization(reason="create a person of the staff by command"):
                create_staff(
                    email=options["email"],
                    full_name=options["full_name"],
                    roles=[self.role],
                    password=password,
                    by=system_actor(f"create_{self.role} command"),
                    at=timezone.now(),
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['email']} may now sign in.")
