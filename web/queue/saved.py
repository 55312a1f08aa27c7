"""The saved views that a person sees."""

from django.http import QueryDict

from foundation.accounts.models import User
from foundation.accounts.queries import organizations
from tickets import queries
from tickets.models import SavedView


def saved_views(reader: User) -> list[SavedView]:
    """Return the views that the reader sees, by name, without those of customers whom they do not
    serve.
    """
    views = queries.saved_views_for(reader)
    slugs = {view.pk: QueryDict(view.query).get("organization") for view in views}
    if not any(slugs.values()):
        return views
    served = {organization.slug for organization in organizations()}
    return [view for view in views if not slugs[view.pk] or slugs[view.pk] in served]
