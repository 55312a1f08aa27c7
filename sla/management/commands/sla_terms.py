import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.accounts.models import User
from foundation.accounts.queries import get_organization_by_slug
from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from sla.policies.services import export_terms, import_terms


class Command(BaseCommand):
    help = (
        "Write a customer's calendars and policies as JSON, or publish what such a file says "
        "as new versions, all or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="The customer, by its short name.")
        parser.add_argument(
            "--import",
            dest="file",
            default="",
            help="The file to publish; without it they are written out.",
        )
        parser.add_argument(
            "--as",
            dest="email",
            default="",
            help="The administrator in whose name it is published.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with every_organization(reason="find the customer whose terms are exchanged"):
            try:
                organization = get_organization_by_slug(options["organization"])
            except DomainError as error:
                raise CommandError(str(error)) from error
        with organization_scope(organization.pk):
            if not options["file"]:
                self.stdout.write(
                    json.dumps(export_terms(organization), ensure_ascii=False, indent=2)
                )
                return
            user = User.objects.filter(email=options["email"].lower()).order_by("pk").first()
            if user is None:
                raise CommandError("Name an administrator: --as admin@example.com")
            try:
                data = json.loads(Path(options["file"]).read_text(encoding="utf-8"))
                by = Actor(person_id=user.pk, channel=Channel.SYSTEM)
                done = import_terms(organization=organization, data=data, by=by, at=timezone.now())
            except (OSError, ValueError) as error:
                raise CommandError(f"{options['file']} cannot be read: {error}") from error
            except DomainError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            f"{len(done['calendars'])} calendars and {len(done['policies'])} policies published"
        )
