from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.accounts.models import User
from foundation.accounts.queries import get_organization_by_slug
from foundation.accounts.services import issue_service_account_token, issue_user_token
from foundation.accounts.tenancy import every_organization
from foundation.core.actor import system_actor
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Make an API token and print its secret, once: for a person, or for a service account "
        "of an organization."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="?", help="The person whose token it is.")
        parser.add_argument("--service-account", metavar="NAME")
        parser.add_argument("--organization", metavar="SLUG")
        parser.add_argument("--contact", metavar="EMAIL", help="A coordinator of the organization.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = system_actor("api_token command")
        at = timezone.now()
        try:
            with every_organization(reason="make an API token by command"):
                if options["service_account"]:
                    if not options["organization"] or not options["contact"]:
                        raise CommandError(
                            "A service account needs --organization SLUG and --contact EMAIL."
                        )
                    secret = issue_service_account_token(
                        name=options["service_account"],
                        organization=get_organization_by_slug(options["organization"]),
                        contact=self._person(options["contact"]),
                        by=by,
                        at=at,
                    )
                else:
                    secret = issue_user_token(
                        user=self._person(options["email"] or ""), by=by, at=at
                    )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)

    def _person(self, email: str) -> User:
        user = User.objects.filter(email__iexact=email, is_active=True).order_by("pk").first()
        if user is None:
            raise CommandError(
                f"No active person has the address {email or '(none given)'}: give one, such as "
                "ana@company.example."
            )
        return user
