"""What waited too long is given up, what ended long ago is forgotten."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from foundation.webhooks import notices
from foundation.webhooks.models import OPEN, Delivery, DeliveryStatus, Endpoint

WAITS = timedelta(days=3)  # since it was queued: for a server that is down or was switched off
_PER_STATEMENT = 1000


def expire_deliveries(*, at: datetime) -> int:
    """Mark as not delivered what has waited for ``WAITS``, tell the administrators, and return how
    many. Needs a scope over every customer.
    """
    old = Delivery.objects.filter(queued_at__lte=at - WAITS)
    # one that is being sent now ends by itself
    late = old.filter(Q(status=DeliveryStatus.QUEUED) | Q(status__in=OPEN, run_after__lte=at))
    endpoint_ids = list(late.order_by().values_list("endpoint_id", flat=True).distinct())
    count = late.update(status=DeliveryStatus.DEAD, ended_at=at)
    for endpoint in Endpoint.objects.filter(pk__in=endpoint_ids).order_by("pk"):
        notices.tell_of_lost(endpoint, at=at)
    return count


def forget_deliveries(*, at: datetime) -> int:
    """Delete what ended more than MESA_WEBHOOK_DAYS ago, with its attempts, and return how many
    rows. What was sent holds names and texts.
    """
    before = at - timedelta(days=settings.MESA_WEBHOOK_DAYS)
    old = Delivery.objects.filter(ended_at__lt=before).exclude(status__in=OPEN)
    deleted = 0
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:_PER_STATEMENT]):
        deleted += Delivery.objects.filter(pk__in=ids).delete()[0]
    return deleted
