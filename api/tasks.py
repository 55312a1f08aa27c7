from celery import shared_task
from django.utils import timezone

from api.idempotency import forget_before


@shared_task(queue="reports")
def forget_idempotency_keys() -> int:
    """Delete the responses stored for more than 24 hours; return how many."""
    return forget_before(timezone.now())
