"""The saved lists of the queue."""

from django.db.models import Q

from foundation.accounts.models import Team, User
from tickets.models import SavedView, SavedViewAudience


def saved_views_for(user: User) -> list[SavedView]:
    """Return the views that a person sees, by name: their own, those of their groups, and the
    public ones.
    """
    seen = Q(owner=user) | Q(audience=SavedViewAudience.PUBLIC)
    groups = Team.objects.filter(members=user).order_by().values("pk")
    seen |= Q(audience=SavedViewAudience.GROUP, team__in=groups)
    return list(SavedView.objects.filter(seen).select_related("team").order_by("name", "pk"))
