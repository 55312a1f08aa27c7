from datetime import datetime, timedelta

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
