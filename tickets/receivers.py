from foundation.accounts.models import Team, User
from foundation.configuration.events import ConfigurationChanged
from tickets import queries, services


def on_configuration_changed(event: ConfigurationChanged) -> None:
    """Return the tickets of a person who was changed, or, when a group was changed, of everybody
    who may have lost customers by it, unless they may still hold them.
    """
    if event.object_type == User._meta.label_lower:
        holders = User.objects.filter(pk=event.object_id)
    elif event.object_type == Team._meta.label_lower:
        holders = queries.holders_of_active_tickets()
    else:
        return
    for holder in holders.order_by("pk"):
        services.return_tickets(holder=holder, at=event.at)
