"""From when on a version is in force, between its neighbours."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from foundation.core.errors import Invalid


def check_effective(
    *,
    effective_from: datetime,
    last: datetime | None,
    at: datetime,
    following: datetime | None = None,
) -> None:
    """Refuse with ``Invalid`` a version that would change the past, or not begin between its
    neighbours.

    ``last`` is when the version before it takes effect, ``following`` when the one after it does;
    None where there is none. Each version holds until the next one begins, so that two never hold
    at once.
    """
    words = ""
    if effective_from < at:
        words = _("A new version takes effect now or later: the past stays as it was.")
    elif last is not None and effective_from <= last:
        words = _(
            "The version before this one takes effect later. Choose an instant after it: each "
            "version holds until the next begins."
        )
    elif following is not None and effective_from >= following:
        words = _(
            "The version after this one takes effect earlier. Choose an instant before it: each "
            "version holds until the next begins."
        )
    if words:
        raise Invalid(words, fields={"effective_from": words})


def check_place(version: Any, others: models.QuerySet[Any], *, at: datetime) -> None:
    """Refuse with ``Invalid`` a version whose ``effective_from`` does not lie between those of its
    neighbours among ``others``.

    A version without a number is a new one, after all the others.
    """
    before = others.filter(number__lt=version.number) if version.number else others
    after = (
        others.filter(number__gt=version.number).order_by("number").first()
        if version.number
        else None
    )
    last = before.order_by("-number").first()
    check_effective(
        effective_from=version.effective_from,
        last=last.effective_from if last else None,
        following=after.effective_from if after else None,
        at=at,
    )
