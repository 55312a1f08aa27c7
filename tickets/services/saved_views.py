"""Saves lists of the queue under a name."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import Team, User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotFound
from tickets.models import SavedView, SavedViewAudience
from tickets.services.errors import ActionNotAllowed

MOST_VIEWS = 50  # of one person
NAME_LENGTH = SavedView._meta.get_field("name").max_length or 0
QUERY_LENGTH = SavedView._meta.get_field("query").max_length or 0


@transaction.atomic
def save_view(
    *, name: str, query: str, audience: str, team: Team | None, by: Actor, at: datetime
) -> SavedView:
    """Save a list of the queue under a name; one of the person's own with that name is replaced.

    Raises ``ActionNotAllowed`` (a public view of somebody who does not supervise, a view of a group
    to which they do not belong) or ``Invalid`` (no name, no group, too many views).
    """
    person = acting_person(by)
    named = " ".join(name.split())
    if not person.can(Capability.SEE_TICKETS):
        raise ActionNotAllowed(_("Only the desk saves views of the queue."))
    if not named:
        raise Invalid(_("Give the view a name."), fields={"name": _("Give the view a name.")})
    if audience == SavedViewAudience.GROUP and team is None:
        raise Invalid(_("Choose the group."), fields={"team": _("Choose the group.")})
    if len(named) > NAME_LENGTH or len(query) > QUERY_LENGTH:
        raise Invalid(_("The name, or what the view filters by, is too long."))
    _require_may_share(person, audience, team)
    kept = {
        "audience": audience,
        "team": team if audience == SavedViewAudience.GROUP else None,
        "query": query,
    }
    own = SavedView.objects.filter(owner=person)
    if own.exclude(name=named).count() >= MOST_VIEWS:
        raise Invalid(
            _("You have %(count)d views: delete one first.") % {"count": MOST_VIEWS},
        )
    view = SavedView(owner=person, name=named, created_at=at, **kept)
    SavedView.objects.bulk_create(
        [view],
        update_conflicts=True,
        unique_fields=["owner", "name"],
        update_fields=list(kept),
    )
    return own.get(name=named)


@transaction.atomic
def delete_view(*, view_id: int, by: Actor) -> None:
    """Delete a view of one's own, or one that others see, as a supervisor. Raises ``NotFound``."""
    person = acting_person(by)
    view = SavedView.objects.filter(pk=view_id).order_by("pk").first()
    is_shared = view is not None and view.audience != SavedViewAudience.MINE
    may = view is not None and (
        view.owner_id == person.pk or (is_shared and person.can(Capability.SUPERVISE))
    )
    if view is None or not may:
        raise NotFound(_("There is no such view, or it is not yours."))
    view.delete()


def _require_may_share(person: User, audience: str, team: Team | None) -> None:
    if audience == SavedViewAudience.MINE or person.can(Capability.SUPERVISE):
        return
    if audience == SavedViewAudience.PUBLIC:
        raise ActionNotAllowed(_("Only a supervisor saves a view for everybody."))
    if team is None or team.pk not in person.team_ids:
        raise ActionNotAllowed(_("Only its members and a supervisor save a view for a group."))
