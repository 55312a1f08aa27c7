from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.accounts.tenancy import every_organization
from foundation.notifications.models import MessageStatus, OutboxMessage


def oldest_waiting(at: datetime) -> timedelta:
    """Return how long the oldest message that is due has waited; zero when none is."""
    with every_organization(reason="tell the monitoring how late the outbox is"):
        oldest = (
            OutboxMessage.objects.filter(
                status__in=(MessageStatus.QUEUED, MessageStatus.SENDING), run_after__lte=at
            )
            .order_by("run_after", "pk")
            .values_list("run_after", flat=True)
            .first()
        )
    return at - oldest if oldest is not None else timedelta()


KEPT = timedelta(days=30)  # how long a letter is listed in the desk
MOST_LISTED = 30
MOST_COUNTED = 9  # more are not counted


def letters_to(reader: User, at: datetime) -> list[OutboxMessage]:
    """Return the newest letters of the scope to a person, at most ``MOST_LISTED``."""
    return list(_letters_to(reader, at)[:MOST_LISTED])


def unseen_letters(reader: User, at: datetime) -> int:
    """Return how many letters of the scope the person has not seen, at most one more than
    ``MOST_COUNTED``.
    """
    unseen = _letters_to(reader, at).filter(pk__gt=reader.letters_seen_up_to)
    return unseen[: MOST_COUNTED + 1].count()


def _letters_to(reader: User, at: datetime) -> QuerySet[OutboxMessage]:
    """Return the letters about organizations, without those that wait for a later instant and
    those that the person may not read any more.
    """
    is_written = Q(run_after__lte=at) | Q(attempts__gt=0) | Q(status=MessageStatus.SENT)
    letters = OutboxMessage.objects.filter(
        is_written, recipient=reader, organization__isnull=False, created_at__gt=at - KEPT
    )
    if not reader.can(Capability.SEE_TICKETS):
        letters = letters.exclude(links__url__0__in=("ticket", "audit"))
    return letters.exclude(status=MessageStatus.WITHHELD).order_by("-pk")
