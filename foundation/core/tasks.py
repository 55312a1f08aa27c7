"""Celery entry points of the upkeep of the database."""

from celery import shared_task

from foundation.core import planner


@shared_task(queue="reports")
def renew_statistics() -> None:
    planner.renew_statistics()
