"""Limits of what one customer may do in an hour, on all doors together: a program that runs wild,
or a stolen password, fills neither the queue nor the mailboxes of others.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from foundation.accounts.models import ActCount
from foundation.core.actor import Actor
from foundation.core.errors import DomainError

HOUR = timedelta(hours=1)
KEPT = timedelta(days=2)
SERVICE_ACCOUNT_FACTOR = 10  # programs that raise tickets, such as a monitoring system


class Limited(StrEnum):
    """What is limited; the names are those of ``MESA_HOURLY_LIMITS``."""

    TICKETS = "tickets"
    REPLIES = "replies"
    FILES = "files"
    ESCALATIONS = "escalations"
    AUDITS = "audits"
    VISITS = "visits"
    GUESTS = "guests"  # addresses outside of the product that get an invitation


class TooMany(DomainError):
    """The hour's limit is reached; ``retry_after`` is the number of seconds to its end."""

    code = "too_many"

    def __init__(self, act: Limited, limit: int, retry_after: int) -> None:
        super().__init__(
            _(
                "That was the limit for one hour (%(limit)d). What you wrote was not sent: send it "
                "again in %(minutes)d min, or call us if it cannot wait."
            )
            % {"limit": limit, "minutes": -(-retry_after // 60)}
        )
        self.act = act
        self.retry_after = retry_after


def count_act(act: Limited, *, by: Actor, at: datetime, amount: int = 1) -> None:
    """Count an act against the limit of its hour. Raises ``TooMany`` above it, and counts nothing
    then. Acts of the system are not limited.

    The caller decides whose acts are limited: those of customers, not those of the staff.
    """
    if by.person_id is None or amount == 0:
        return
    is_program = bool(by.system)
    limit = settings.MESA_HOURLY_LIMITS[act] * (SERVICE_ACCOUNT_FACTOR if is_program else 1)
    hour = at.replace(minute=0, second=0, microsecond=0)
    key = {"actor": by.system or f"person {by.person_id}", "act": act, "hour": hour}
    rows = ActCount.objects.filter(**key)
    fits = rows.filter(count__lte=limit - amount)
    if fits.update(count=F("count") + amount):
        return
    ActCount.objects.bulk_create([ActCount(**key, count=0)], ignore_conflicts=True)
    if not fits.update(count=F("count") + amount):
        raise TooMany(act, limit, int((hour + HOUR - at).total_seconds()) + 1)


def forget_counts(at: datetime) -> int:
    """Delete the counts of past days; return how many."""
    return ActCount.objects.filter(hour__lt=at - KEPT).delete()[0]
