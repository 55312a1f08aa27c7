"""Letters to the administrators about endpoints that do not work."""

from datetime import datetime

from django.conf import settings

from foundation.accounts.models import User
from foundation.accounts.queries import staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.accounts.tenancy import every_organization, is_restricted
from foundation.core.links import Link
from foundation.notifications.services import Letter, queue_letters
from foundation.webhooks.models import Endpoint


def tell_of_failing(endpoint: Endpoint, *, why: str, at: datetime) -> None:
    """Say that nothing reaches the endpoint since ``failing_since``. Once an outage."""
    assert endpoint.failing_since is not None
    key = f"webhook_failing:{endpoint.pk}:{endpoint.failing_since.isoformat()}"
    context = {"since": endpoint.failing_since.isoformat(), "why": why}
    _tell("webhook_failing", endpoint, key, context, at)


def tell_of_stop(endpoint: Endpoint, *, at: datetime) -> None:
    """Say that the endpoint was switched off, because its server says that the address is gone."""
    _tell("webhook_stopped", endpoint, f"webhook_stopped:{endpoint.pk}:{at.isoformat()}", {}, at)


def tell_of_lost(endpoint: Endpoint, *, at: datetime) -> None:
    """Say that events were given up. Once a day."""
    _tell("webhook_lost", endpoint, f"webhook_lost:{endpoint.pk}:{at.date()}", {}, at)


def tell_of_wrong_reader(endpoint: Endpoint, *, at: datetime) -> None:
    """Say that the endpoint is told nothing, because its reader may read nothing. Once a day."""
    context = {"reader": endpoint.reader.full_name}
    _tell("webhook_reader", endpoint, f"webhook_reader:{endpoint.pk}:{at.date()}", context, at)


def _tell(
    template: str, endpoint: Endpoint, key: str, context: dict[str, str], at: datetime
) -> None:
    people = [
        person for person in staff_with_role(StaffRole.ADMINISTRATOR) if not is_restricted(person)
    ]
    with every_organization(reason="letters that belong to no organization"):
        queue_letters(
            organization_id=None,
            letters=[_letter(template, endpoint, key, context, person) for person in people],
            at=at,
        )


def _letter(
    template: str, endpoint: Endpoint, key: str, context: dict[str, str], to: User
) -> Letter:
    return Letter(
        template=template,
        to_email=to.email,
        to_name=to.full_name,
        recipient_id=to.pk,
        language=to.language,
        dedupe_key=f"{key}:{to.pk}",
        context={
            "name": endpoint.name,
            "address": endpoint.url,
            "desk_zone": settings.TIME_ZONE,
            **context,
        },
        links={"url": Link("webhook", str(endpoint.pk), for_staff=True)},
    )
