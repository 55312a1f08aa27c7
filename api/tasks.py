from celery import shared_task
from django.utils import timezone

from api.idempotency import forget_before


@shared_task(queue="reports")
def forget_idempotency_keys() -> int:
    """Drop the answers kept for more than a day."""
    return forget_before(timezone.now())
