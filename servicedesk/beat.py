"""Celery's beat on a disk that can be full."""

import dbm
import logging
from shelve import Shelf
from typing import Any

from celery.beat import PersistentScheduler

logger = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):
    """Keeps the times of the last runs in a file, as Celery's own scheduler does, and goes on from
    memory while that file cannot be written: Celery's ends, and inside a worker nothing starts it
    again.
    """

    _store: Shelf[Any]

    def sync(self) -> None:
        try:
            super().sync()
        except (OSError, *dbm.error) as error:
            # ``Shelf.sync`` leaves it switched off when it fails
            self._store.writeback = True  # type: ignore[attr-defined]
            logger.warning("The times of the last runs cannot be written: %s", error)
