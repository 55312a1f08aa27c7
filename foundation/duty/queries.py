"""Queries for shifts and absences of staff."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet

from foundation.accounts.models import DESK_ZONE, User
from foundation.duty.models import Absence, Shift


def absence_of(user_id: int, at: datetime) -> Absence | None:
    """Return the person's absence at an instant, with its substitute loaded; None when there is
    none.
    """
    away = Absence.objects.filter(person_id=user_id, starts_at__lte=at, ends_at__gt=at)
    return away.select_related("substitute").order_by("pk").first()


def substitute_at(absence: Absence, at: datetime) -> User | None:
    """Return who answers for the absent person: the first substitute who is not away at ``at``, of
    the substitutes of substitutes; None without one.
    """
    seen = {absence.person_id}
    person = absence.substitute
    while person is not None and person.pk not in seen:
        seen.add(person.pk)
        own = absence_of(person.pk, at)
        if own is None:
            return person
        person = own.substitute
    return None


def absences_to_hand_over(at: datetime) -> list[int]:
    """Return the ids of the present absences whose people do not keep their tickets, the earliest
    first.
    """
    begun = Absence.objects.filter(starts_at__lte=at, ends_at__gt=at)
    waiting = begun.filter(keeps_tickets=False).order_by("starts_at", "pk")
    return list(waiting.values_list("pk", flat=True))


def zone_of_person(person_id: int) -> str:
    """Return the time zone of the person's oldest active shift, otherwise ``DESK_ZONE``."""
    return first_shifts(person_id).values_list("time_zone", flat=True).first() or DESK_ZONE


def first_shifts(person_id: int | OuterRef) -> QuerySet[Shift]:
    """Return the active shifts of a person, the oldest first."""
    return Shift.objects.filter(people=person_id, is_active=True).order_by("pk")
