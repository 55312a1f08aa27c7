"""Celery entry points of the calendars."""

from celery import shared_task
from django.utils import timezone

from foundation.accounts.tenancy import every_organization
from foundation.calendars import services


@shared_task(queue="reports")
def renew_zones() -> int:
    """Republish calendars that have another tz database than the installed one; return how many."""
    with every_organization(reason="calendars of an older tz database"):
        return services.renew_zones(at=timezone.now())


@shared_task(queue="reports")
def extend_holidays() -> int:
    """Add coming public holidays to calendars whose list ends soon; return how many."""
    with every_organization(reason="calendars whose holidays run out"):
        return services.extend_holidays(at=timezone.now())
