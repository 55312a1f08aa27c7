from foundation.accounts.events import OrganizationCreated
from foundation.accounts.queries import get_organization
from foundation.calendars import services
from foundation.core.actor import system_actor


def on_organization_created(event: OrganizationCreated) -> None:
    assert event.organization_id is not None
    services.ensure_calendars(
        organization=get_organization(event.organization_id),
        by=system_actor("calendars"),
        at=event.at,
    )
