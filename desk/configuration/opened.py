"""What a configuration page was opened with, so that a save over somebody else's is shown first (as
tickets do, DECISIONS 14).
"""

from collections.abc import Sequence

from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization, User
from foundation.accounts.tenancy import every_organization
from foundation.activity.models import Record
from foundation.core.zones import instant_words, zone_words
from web.requests import is_id

_WHOSE = "facts about rows that customers share belong to no organization"
FIELD = "opened_with"  # of the form: the id of the newest fact about what the page shows


def newest_fact(model: type[Model], ids: Sequence[int]) -> int:
    """Return the id of the newest fact about these objects; 0 for none."""
    with every_organization(reason=_WHOSE):
        found = _facts(model, ids).aggregate(newest=Max("pk"))
    return int(found["newest"] or 0)


def newest_fact_of_any(*models: type[Model]) -> int:
    """Return the id of the newest fact about any object of these kinds; 0 for none."""
    with every_organization(reason=_WHOSE):
        kinds = [model._meta.label_lower for model in models]
        found = Record.objects.filter(object_type__in=kinds)
        return int(found.aggregate(newest=Max("pk"))["newest"] or 0)


def saved_since(model: type[Model], ids: Sequence[int], fact_id: int, time_zone: str) -> list[str]:
    """Return who saved these objects after a fact and when, oldest first, as text."""
    with every_organization(reason=_WHOSE):
        facts = list(_facts(model, ids).filter(pk__gt=fact_id).order_by("pk"))
    people = User.objects.in_bulk({each.person_id for each in facts if each.person_id})
    words = [
        f"{people.get(each.person_id) or _('Mesa, by itself')}, "
        f"{instant_words(each.at, time_zone)} ({zone_words(time_zone)})"
        for each in facts
    ]
    return list(dict.fromkeys(words))


def meanwhile_words(who: Sequence[str]) -> str:
    """Return the refusal of a form that was opened before these people saved."""
    return _(
        "Somebody saved this while you had it open (%(who)s). Nothing was saved: look at it in "
        "another tab, and save again to put your values in its place."
    ) % {"who": "; ".join(who)}


def posted_fact(request: HttpRequest) -> int | None:
    """Return the id that the form carries; None without a usable one."""
    digits = request.POST.get(FIELD, "")
    return int(digits) if is_id(digits) else None


def lock_first(obj: Model | None, organization_id: int | None) -> None:
    """Lock what a form is about to change until the commit: its organization, or the row itself
    when it belongs to none.
    """
    if organization_id is not None:
        if Organization.objects.filter(pk=organization_id).exists():
            lock_organization(organization_id)
    elif obj is not None:
        rows = type(obj)._default_manager.select_for_update(no_key=True)
        rows.filter(pk=obj.pk).order_by("pk").values_list("pk").first()


def _facts(model: type[Model], ids: Sequence[int]) -> QuerySet[Record]:
    return Record.objects.filter(object_type=model._meta.label_lower, object_id__in=ids)
