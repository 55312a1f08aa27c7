"""Saves and deletes what people of the desk keep under a name: lists of the queue, replies and
checklists.
"""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import Team, User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotFound
from foundation.core.texts import is_blank, one_line
from tickets.masking import secrets_in
from tickets.models import LONGEST_TITLE, Audience, Checklist, SavedReply, SavedView, Shared
from tickets.placeholders import unknown_in
from tickets.services.errors import ActionNotAllowed

S = TypeVar("S", bound=Shared)

MOST = 50  # of a kind, of one person
NAME_LENGTH = SavedView._meta.get_field("name").max_length or 0
QUERY_LENGTH = SavedView._meta.get_field("query").max_length or 0
LONGEST_REPLY = 20_000  # characters
MOST_LINES = 40  # of a checklist


class Label(NamedTuple):
    """The name of what is saved, and for whom it is."""

    name: str
    audience: str
    team: Team | None


def save_view(
    *, name: str, query: str, audience: str, team: Team | None, by: Actor, at: datetime
) -> SavedView:
    """Save a list of the queue under a name; one of the person's own with that name is replaced.

    Raises ``ActionNotAllowed`` (something public of somebody who does not supervise, something of a
    group to which they do not belong) or ``Invalid`` (no name, no group, too many).
    """
    if len(query) > QUERY_LENGTH:
        raise Invalid(_("What the view filters by is too long."))
    return save_shared(SavedView, Label(name, audience, team), {"query": query}, by=by, at=at)


def save_reply(
    *,
    name: str,
    body_es: str,
    body_en: str,
    audience: str,
    team: Team | None,
    by: Actor,
    at: datetime,
    renames: int | None = None,
) -> SavedReply:
    """Save a text under a name; one of the person's own with that name is replaced. ``renames`` is
    the id of one of their own that gets name and text.

    Raises as ``save_view`` does, and ``Invalid`` for an empty text or a placeholder that there is
    not.
    """
    bodies = {"body_es": body_es, "body_en": body_en}
    fields = secrets_in(**bodies) | wrong_texts(**bodies)
    if is_blank(body_es):
        fields["body_es"] = _("Write the text.")
    if fields:
        raise Invalid(" ".join(fields.values()), fields=fields)
    bodies = {name: body.strip() for name, body in bodies.items()}
    label = Label(name, audience, team)
    return save_shared(SavedReply, label, bodies, by=by, at=at, renames=renames)


def wrong_texts(**texts: str) -> dict[str, str]:
    """Return field -> what is wrong with a text that has placeholders: one that there is not, or
    its length.
    """
    wrong = {}
    for field, text in texts.items():
        if unknown := unknown_in(text):
            wrong[field] = _("There is no placeholder %(names)s.") % {"names": ", ".join(unknown)}
        if len(text) > LONGEST_REPLY:
            wrong[field] = _("At most %(count)d characters.") % {"count": LONGEST_REPLY}
    return wrong


def save_checklist(
    *,
    name: str,
    lines: str,
    audience: str,
    team: Team | None,
    by: Actor,
    at: datetime,
    renames: int | None = None,
) -> Checklist:
    """Save tasks, one a line, under a name; one of the person's own with that name is replaced.

    Raises as ``save_view`` does, and ``Invalid`` without a task, for more than ``MOST_LINES`` or
    for one that is too long.
    """
    titles = [one_line(line) for line in lines.splitlines() if not is_blank(line)]
    words = ""
    if not titles:
        words = _("Write the tasks, one a line.")
    elif len(titles) > MOST_LINES:
        words = _("At most %(count)d tasks.") % {"count": MOST_LINES}
    elif any(len(title) > LONGEST_TITLE for title in titles):
        words = _("A task has at most %(count)d characters.") % {"count": LONGEST_TITLE}
    if words:
        raise Invalid(words, fields={"lines": words})
    label = Label(name, audience, team)
    return save_shared(
        Checklist, label, {"lines": "\n".join(titles)}, by=by, at=at, renames=renames
    )


def delete_checklist(*, checklist_id: int, by: Actor) -> None:
    """Delete a checklist of one's own, or one that others see, as a supervisor. Raises
    ``NotFound``.
    """
    delete_shared(Checklist, checklist_id, by)


def delete_view(*, view_id: int, by: Actor) -> None:
    """Delete a view of one's own, or one that others see, as a supervisor. Raises ``NotFound``."""
    delete_shared(SavedView, view_id, by)


def delete_reply(*, reply_id: int, by: Actor) -> None:
    """Delete a reply of one's own, or one that others see, as a supervisor. Raises ``NotFound``."""
    delete_shared(SavedReply, reply_id, by)


@transaction.atomic
def save_shared(
    model: type[S],
    label: Label,
    values: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    renames: int | None = None,
) -> S:
    person = acting_person(by)
    named = " ".join(label.name.split())
    audience = label.audience
    team = label.team
    if not person.can(Capability.SEE_TICKETS):
        raise ActionNotAllowed(_("Only the desk saves this."))
    if not named:
        raise Invalid(_("Give it a name."), fields={"name": _("Give it a name.")})
    if len(named) > NAME_LENGTH:
        raise Invalid(_("The name is too long."), fields={"name": _("The name is too long.")})
    if secrets := secrets_in(name=named):
        raise Invalid(secrets["name"], fields=secrets)
    if audience == Audience.GROUP and team is None:
        raise Invalid(_("Choose the group."), fields={"team": _("Choose the group.")})
    _require_may_share(person, audience, team)
    kept = {"audience": audience, "team": team if audience == Audience.GROUP else None, **values}
    own = model._default_manager.filter(owner=person)
    if renames is not None:
        if own.filter(name=named).exclude(pk=renames).exists():
            words = _("You have another one with this name.")
            raise Invalid(words, fields={"name": words})
        own.filter(pk=renames).update(name=named)
    if own.exclude(name=named).count() >= MOST:
        raise Invalid(_("You have %(count)d of them: delete one first.") % {"count": MOST})
    model._default_manager.bulk_create(
        [model(owner=person, name=named, created_at=at, **kept)],
        update_conflicts=True,
        unique_fields=["owner", "name"],
        update_fields=list(kept),
    )
    return own.get(name=named)


@transaction.atomic
def delete_shared(model: type[Shared], pk: int, by: Actor) -> None:
    person = acting_person(by)
    found = model._default_manager.filter(pk=pk).order_by("pk").first()
    is_shared = found is not None and found.audience != Audience.MINE
    may = found is not None and (
        found.owner_id == person.pk or (is_shared and person.can(Capability.SUPERVISE))
    )
    if found is None or not may:
        raise NotFound(_("There is nothing like that, or it is not yours."))
    found.delete()


def _require_may_share(person: User, audience: str, team: Team | None) -> None:
    if audience == Audience.MINE or person.can(Capability.SUPERVISE):
        return
    if audience == Audience.PUBLIC:
        raise ActionNotAllowed(_("Only a supervisor saves something for everybody."))
    if team is None or team.pk not in person.team_ids:
        raise ActionNotAllowed(_("Only its members and a supervisor save something for a group."))
