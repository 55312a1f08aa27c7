"""Celery entry points of webhooks."""

from celery import shared_task
from django.utils import timezone

from foundation.accounts.tenancy import every_organization
from foundation.core.waking import Waking
from foundation.webhooks import services

WAKING = Waking("webhooks.wake")
SECONDS = 10  # then beat's next run continues


@shared_task(queue="webhooks")
def deliver_due() -> int:
    """Send the events that are due and return how many were taken: new ones, those to be tried
    again, and those of dead workers.
    """
    return services.deliver_events(seconds=SECONDS, waking=WAKING).taken


@shared_task(queue="webhooks")
def end_deliveries() -> int:
    """Give up what has waited too long, and forget what ended long ago."""
    with every_organization(reason="end the events of webhooks"):
        now = timezone.now()
        return services.expire_deliveries(at=now) + services.forget_deliveries(at=now)
