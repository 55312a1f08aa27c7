"""Celery entry points of delivery."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.tenancy import every_organization, organization_scope
from notifications import services

SWEEP_BATCH = 200  # about 2 s of SMTP dialogue on one worker, far below the lease


@shared_task(queue="mail")
def deliver(organization_id: int | None, message_id: int) -> None:
    """Deliver one message as soon as its cause is committed."""
    if organization_id is None:
        with every_organization(reason="deliver a message that belongs to no organization"):
            services.deliver_message(message_id=message_id, from_email=settings.DEFAULT_FROM_EMAIL, at=timezone.now())
        return
    with organization_scope(organization_id):
        services.deliver_message(message_id=message_id, from_email=settings.DEFAULT_FROM_EMAIL, at=timezone.now())


@shared_task(queue="mail")
def sweep_outbox() -> int:
    """Deliver what is overdue: retries, and whatever a lost broker message or a dead worker left behind."""
    with every_organization(reason="find overdue messages"):
        due = services.due_message_ids(at=timezone.now(), limit=SWEEP_BATCH)
    for organization_id, message_id in due:
        deliver(organization_id, message_id)
    return len(due)
