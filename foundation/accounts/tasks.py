from celery import shared_task
from django.utils import timezone

from foundation.accounts.limits import forget_counts
from foundation.accounts.sending import forget_sent_forms


@shared_task(queue="reports")
def forget_act_counts() -> int:
    """Delete the counts and the sent forms of past days; return how many."""
    now = timezone.now()
    return forget_counts(now) + forget_sent_forms(now)
