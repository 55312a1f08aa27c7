"""What the monitoring asks: does the process run, and what can it reach."""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foundation.notifications.queries import oldest_waiting
from reports.queries import oldest_report
from sla.clocks.queries import oldest_due
from tickets.queries import oldest_held

OK = "ok"
AWAY = "away"
_BROKER_SECONDS = 0.5
_PROBE = "mesa.broker.probe"
# Seconds after which a lane of workers counts as standing still.
_LATE = {"clocks": 60, "mail": 300, "reports": 1800}
_ROOM = 25 * 1024 * 1024  # bytes: one upload


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200: the process runs."""
    return JsonResponse({"status": OK})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer what can be reached, and by how many seconds each lane of workers is late: 503 without
    the database; 200 and ``degraded`` without cache, broker or storage, or with a lane that stands
    still, for the desk goes on.
    """
    parts = {
        "database": OK,
        "cache": OK if cache_can_be_written() else AWAY,
        "broker": OK if broker_is_reachable() else AWAY,
        "storage": OK if files_can_be_stored() else AWAY,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        lanes = _lanes(timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "no database", **parts, "database": AWAY}, status=503)
    stands_still = any(late > _LATE[lane] for lane, late in lanes.items())
    status = OK if set(parts.values()) == {OK} and not stands_still else "degraded"
    return JsonResponse(
        {
            "status": status,
            **parts,
            "oldest_message_seconds": lanes["mail"],
            "late_seconds": lanes,
        }
    )


def _lanes(at: datetime) -> dict[str, int]:
    """Return by how many seconds each lane of workers is late: the age of its oldest work that is
    due.
    """
    clocks = max(oldest_due(at), oldest_held(at))
    late = {"clocks": clocks, "mail": oldest_waiting(at), "reports": oldest_report(at)}
    return {name: round(age.total_seconds()) for name, age in late.items()}


def files_can_be_stored() -> bool:
    """Tell whether the folders of this installation take more: its files, and SQLite's."""
    folders = {Path(settings.MEDIA_ROOT)}
    if connection.vendor == "sqlite":
        folders.add(Path(settings.DATABASES["default"]["NAME"]).parent)
    return all(
        os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM
        for folder in folders
        if folder.exists()
    )


def cache_can_be_written() -> bool:
    """Tell whether the cache that the processes share takes a value now."""
    probe = getattr(cache, "can_be_written", None)
    return probe is None or bool(probe())


def broker_is_reachable() -> bool:
    """Tell whether a task could be handed to a worker now."""
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    folder = options.get("data_folder_out")
    if folder is not None:
        is_open = Path(folder).is_dir() and os.access(folder, os.W_OK)
        return is_open and shutil.disk_usage(folder).free > 0
    short = {"socket_connect_timeout": _BROKER_SECONDS, "socket_timeout": _BROKER_SECONDS}
    with current_app.connection_for_write(
        connect_timeout=_BROKER_SECONDS, transport_options=short
    ) as broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            client = getattr(broker.default_channel, "client", None)
            if client is not None:  # of Redis, which may take nothing more
                client.set(_PROBE, 1, ex=60)
        except Exception:  # noqa: BLE001 - each transport has errors of its own
            return False
    return True
