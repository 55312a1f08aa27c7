"""What the monitoring asks: does the process run, and what can it reach."""

import os
import shutil
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

OK = "ok"
AWAY = "away"
_BROKER_SECONDS = 0.5


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200: the process runs."""
    return JsonResponse({"status": OK})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer what can be reached, and the seconds that the oldest message has waited: 503 without
    the database; 200 and ``degraded`` without cache or broker, for the desk goes on.
    """
    parts = {
        "database": OK,
        "cache": OK if cache_can_be_written() else AWAY,
        "broker": OK if broker_is_reachable() else AWAY,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        waiting = oldest_waiting(timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "no database", **parts, "database": AWAY}, status=503)
    status = OK if set(parts.values()) == {OK} else "degraded"
    seconds = round(waiting.total_seconds())
    return JsonResponse({"status": status, **parts, "oldest_message_seconds": seconds})


def cache_can_be_written() -> bool:
    """Tell whether the cache that the processes share takes a value now."""
    probe = getattr(cache, "can_be_written", None)
    return probe is None or bool(probe())


def broker_is_reachable() -> bool:
    """Tell whether a task could be handed to a worker now."""
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    folder = options.get("data_folder_out")
    if folder is not None:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 0
    short = {"socket_connect_timeout": _BROKER_SECONDS, "socket_timeout": _BROKER_SECONDS}
    with current_app.connection_for_write(
        connect_timeout=_BROKER_SECONDS, transport_options=short
    ) as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=1)
        except Exception:  # noqa: BLE001 - each transport has errors of its own
            return False
    return True
