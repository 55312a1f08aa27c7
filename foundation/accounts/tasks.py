from celery import shared_task
from django.utils import timezone

from foundation.accounts.limits import forget_counts


@shared_task(queue="reports")
def forget_act_counts() -> int:
    """Delete the counts of past days; return how many."""
    return forget_counts(timezone.now())
