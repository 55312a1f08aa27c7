"""Checks of a version's ``effective_from`` against the versions before and after it."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from foundation.core.bounds import last_day
from foundation.core.errors import Invalid


def check_effective(
    *,
    effective_from: datetime,
    last: datetime | None,
    at: datetime,
    following: datetime | None = None,
) -> None:
    """Raise ``Invalid`` when ``effective_from`` is before ``at``, more than 20 years ahead, or not
    strictly between ``last`` and ``following``.

    ``last`` and ``following`` are the ``effective_from`` of the versions before and after; None
    where there is none. Each version is in force until the next begins, so two never overlap.
    """
    words = ""
    if effective_from.date() > last_day(at.date()):
        words = _("A new version takes effect at most 20 years ahead.")
    elif effective_from < at:
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
    """Raise ``Invalid`` when ``effective_from`` does not lie between those of the previous and next
    number among ``others``, or is before ``at``.

    A version without a number is new and comes after all the others.
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
