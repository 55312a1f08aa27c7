from foundation.accounts.models import Organization, Team, User
from foundation.configuration.events import ConfigurationChanged
from foundation.core.enqueuing import enqueue_after_commit
from tickets import queries, services
from tickets.models import Rename
from tickets.tasks import sweep_renames

# What of them stands in the search index.
_NAMES = {
    User._meta.label_lower: (Rename.Kind.PERSON, {"full_name", "email"}),
    Organization._meta.label_lower: (Rename.Kind.ORGANIZATION, {"name"}),
}


def on_configuration_changed(event: ConfigurationChanged) -> None:
    """Return the tickets of a person who was changed, or, when a group was changed, of everybody
    who may have lost customers by it, unless they may still hold them. After another name, have the
    search index of its tickets written anew.
    """
    kind, names = _NAMES.get(event.object_type, (None, frozenset()))
    if kind is not None and names.intersection(event.fields):
        services.note_rename(kind=kind, object_id=event.object_id, at=event.at)
        enqueue_after_commit(sweep_renames)
    if event.object_type == User._meta.label_lower:
        holders = User.objects.filter(pk=event.object_id)
    elif event.object_type == Team._meta.label_lower:
        holders = queries.holders_of_active_tickets()
    else:
        return
    for holder in holders.order_by("pk"):
        services.return_tickets(holder=holder, at=event.at)
