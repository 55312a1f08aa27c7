"""Tasks enqueued after a commit, over a broker that cannot be reached."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from foundation.core import enqueuing
from foundation.core.enqueuing import (
    LOGGED_AGAIN_AFTER,
    TRIED_AGAIN_AFTER,
    enqueue,
    enqueue_after_commit,
)
from foundation.notifications.tasks import deliver_due
from servicedesk.cache import GuardedRedisCache
from tests.support.broker import KINDS, broker_away
from tests.support.running import free_port


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == enqueuing.__name__]


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_is_away_fails_nothing_and_is_not_asked_each_time(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with broker_away(kind, monkeypatch, tmp_path) as broker:
        assert broker.is_away is False
        enqueue(deliver_due)
        assert broker.is_away is True
        now[0] += TRIED_AGAIN_AFTER
        assert broker.is_away is False
        enqueue(deliver_due)
        assert len(told(caplog)) == 1
        now[0] += LOGGED_AGAIN_AFTER
        enqueue(deliver_due)

    assert told(caplog) == ["The broker cannot be used, the sweeps do the work"] * 2


def test_a_broker_is_not_waited_for_while_the_cache_on_the_same_server_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cache waits 0.3 s for a frozen Redis, a connection of the broker for seconds."""
    address = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(enqueuing, "cache", GuardedRedisCache(address, {}))

    assert enqueuing._Broker().is_away is True


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_the_same_commit_is_done_without_the_broker(
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    db: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    done: list[Any] = []
    with (
        broker_away(kind, monkeypatch, tmp_path),
        django_capture_on_commit_callbacks(execute=True),
    ):
        enqueue_after_commit(deliver_due)
        transaction.on_commit(lambda: done.append("the next"), robust=True)

    assert done == ["the next"]
