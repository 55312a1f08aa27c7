"""Tags of a ticket (SPEC 3.13)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.core.texts import one_line
from tickets import verbs
from tickets.events import TicketTagged
from tickets.masking import secrets_in
from tickets.models import LONGEST_KEY, LONGEST_TAG, Tag, Ticket, TicketTag, tag_key
from tickets.queries import tags_of
from tickets.services.base import locked_ticket, record_ticket, require_worker, touch_ticket

MOST_TAGS = 20  # of a ticket


@transaction.atomic
def tag_ticket(*, ticket: Ticket, names: Iterable[str], by: Actor, at: datetime) -> list[Tag]:
    """Put tags on the ticket and return those that it did not have. A name that differs from a tag
    of the customer in case or accents alone is that tag. Locks the row.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid``: no
    name, a name with a comma or a quotation mark or of more than ``LONGEST_TAG`` characters, more
    than ``MOST_TAGS`` tags on the ticket.
    """
    require_worker(ticket, by)
    return tag_automatically(ticket=ticket, names=names, by=by, at=at)


@transaction.atomic
def tag_automatically(
    *, ticket: Ticket, names: Iterable[str], by: Actor, at: datetime
) -> list[Tag]:
    """Put tags on the ticket, as ``tag_ticket``, on behalf of a rule: asks for no permission."""
    wanted = tags_by_key(names)
    locked_ticket(ticket.pk)
    present = {tag.key for tag in tags_of(ticket)}
    fresh = {key: name for key, name in wanted.items() if key not in present}
    if len(present) + len(fresh) > MOST_TAGS:
        raise _invalid(_("A ticket has at most %(count)d tags.") % {"count": MOST_TAGS})
    tags = _tags_called(fresh, ticket.organization_id)
    TicketTag.objects.bulk_create(
        TicketTag(organization_id=ticket.organization_id, ticket=ticket, tag=tag) for tag in tags
    )
    for tag in tags:
        record_ticket(ticket, verbs.TAGGED, by=by, at=at, tag=tag.pk)
    if tags:
        touch_ticket(ticket, at=at)
        publish(
            TicketTagged(
                organization_id=ticket.organization_id,
                at=at,
                ticket_id=ticket.pk,
                ticket=ticket,
                tag_ids=tuple(tag.pk for tag in tags),
            )
        )
    return tags


@transaction.atomic
def untag_ticket(*, ticket: Ticket, tag: Tag, by: Actor, at: datetime) -> None:
    """Take a tag off the ticket; one that is gone is left. Raises ``ActionNotAllowed`` as
    ``tag_ticket``.
    """
    require_worker(ticket, by)
    if TicketTag.objects.filter(ticket=ticket, tag=tag).delete()[0]:
        record_ticket(ticket, verbs.UNTAGGED, by=by, at=at, tag=tag.pk)


def tags_by_key(names: Iterable[str]) -> dict[str, str]:
    """Return key -> name as it was written, without the sign that some write before a tag."""
    found: dict[str, str] = {}
    for written in names:
        name = one_line(written).lstrip("# ")
        key = tag_key(name)
        if not key:
            continue
        if set(name) & {",", '"'}:
            raise _invalid(_("A tag has neither commas nor quotation marks."))
        if len(name) > LONGEST_TAG or len(key) > LONGEST_KEY:
            raise _invalid(_("A tag has at most %(count)d characters.") % {"count": LONGEST_TAG})
        for words in secrets_in(tags=name).values():
            raise _invalid(words)
        found.setdefault(key, name)
    if not found:
        raise _invalid(_("Write a tag."))
    return found


def _tags_called(names: dict[str, str], organization_id: int) -> list[Tag]:
    """Return the customer's tags with these keys, in the order of the names; those that there are
    not yet are created.
    """
    Tag.objects.bulk_create(
        (Tag(organization_id=organization_id, key=key, name=name) for key, name in names.items()),
        ignore_conflicts=True,
    )
    tags = Tag.objects.filter(organization_id=organization_id, key__in=names)
    found = {tag.key: tag for tag in tags}
    return [found[key] for key in names]


def _invalid(words: str) -> Invalid:
    return Invalid(words, fields={"tags": words})
