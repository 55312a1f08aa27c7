"""The search index after a person or an organization got another name."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from tickets.models import Rename, Ticket
from tickets.services.indexing import index_again

BATCH = 200


@transaction.atomic
def note_rename(*, kind: Rename.Kind, object_id: int, at: datetime) -> None:
    """Note that the index of these tickets is to be written anew, from the first one on."""
    Rename.objects.update_or_create(
        kind=kind, object_id=object_id, defaults={"done_up_to": 0, "noted_at": at}
    )


@transaction.atomic
def index_renamed() -> int | None:
    """Write the index of the next ``BATCH`` tickets of the oldest rename anew; return how many
    there were, None when nothing is left to do. Two workers do not take the same rename. Needs a
    scope over every organization.
    """
    rename = Rename.objects.select_for_update(skip_locked=True).order_by("pk").first()
    if rename is None:
        return None
    theirs = (
        Q(requester_id=rename.object_id)
        if rename.kind == Rename.Kind.PERSON
        else Q(organization_id=rename.object_id)
    )
    # locked: a message that is written meanwhile waits, and adds itself after this
    rows = Ticket.objects.filter(theirs, pk__gt=rename.done_up_to).select_for_update(of=("self",))
    tickets = list(rows.select_related("requester", "organization").order_by("pk")[:BATCH])
    index_again(tickets)
    if len(tickets) < BATCH:
        rename.delete()
    else:
        rename.done_up_to = tickets[-1].pk
        rename.save(update_fields=["done_up_to"])
    return len(tickets)
