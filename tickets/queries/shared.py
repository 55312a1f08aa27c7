"""What people of the desk have saved under a name."""

from typing import TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.accounts.models import Team, User
from foundation.core.errors import NotFound
from tickets.models import Audience, Macro, SavedReply, SavedView, Shared

S = TypeVar("S", bound=Shared)


def saved_views_for(user: User) -> list[SavedView]:
    """Return the views that a person sees, by name: their own, those of their groups, and the
    public ones.
    """
    return seen_by(SavedView, user)


def saved_replies_for(user: User) -> list[SavedReply]:
    """Return the replies that a person sees, by name, as ``saved_views_for`` does."""
    return seen_by(SavedReply, user)


def macros_for(user: User) -> list[Macro]:
    """Return the macros that a person sees, by name, as ``saved_views_for`` does."""
    return seen_by(Macro, user)


def get_macro(user: User, macro_id: int) -> Macro:
    """Return a macro that the person sees. Raises ``NotFound``."""
    for each in macros_for(user):
        if each.pk == macro_id:
            return each
    raise NotFound(_("There is no such macro, or it is not yours."))


def seen_by(model: type[S], user: User) -> list[S]:
    """Return what is saved in a table and a person sees, by name: their own, what is of their
    groups, and what is public.
    """
    seen = Q(owner=user) | Q(audience=Audience.PUBLIC)
    groups = Team.objects.filter(members=user).order_by().values("pk")
    seen |= Q(audience=Audience.GROUP, team__in=groups)
    found = model._default_manager.filter(seen).select_related("team", "owner")
    return list(found.order_by("name", "pk"))
