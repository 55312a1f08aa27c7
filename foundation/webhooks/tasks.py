"""Celery entry points of webhooks."""

import time

from celery import shared_task
from django.utils import timezone

from foundation.accounts.tenancy import every_organization
from foundation.core.waking import Waking
from foundation.webhooks import services

WAKING = Waking("webhooks.wake")
ROUNDS_SECONDS = 10  # then beat's next run continues
PAUSE_SECONDS = 0.2  # between two rounds: gathers a batch without a noticeable delay


@shared_task(queue="webhooks")
def deliver_due() -> int:
    """Send the events that are due and return how many were taken: new ones, those to be tried
    again, and those of dead workers. Repeats until nothing is due, or ``ROUNDS_SECONDS`` have
    passed.
    """
    ends = time.monotonic() + ROUNDS_SECONDS
    taken = 0
    while time.monotonic() < ends:
        WAKING.answer()
        made = services.deliver_round(at=timezone.now())
        if not made.tried:
            break
        taken += made.taken
        WAKING.promise_look()
        time.sleep(PAUSE_SECONDS)
    return taken


@shared_task(queue="webhooks")
def end_deliveries() -> int:
    """Give up what has waited too long, and forget what ended long ago."""
    with every_organization(reason="end the events of webhooks"):
        now = timezone.now()
        return services.expire_deliveries(at=now) + services.forget_deliveries(at=now)
