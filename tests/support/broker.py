"""A broker that cannot be reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from foundation.core import enqueuing
from servicedesk.celery import app
from tests.support.running import free_port

KINDS = ["Redis stopped", "folder gone"]


@contextmanager
def broker_away(
    kind: str, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Iterator[enqueuing._Broker]:
    """Send the tasks to a Redis that does not run, or into a folder that does not exist."""
    broker = enqueuing._Broker()
    options: dict[str, Any] = {}
    url = f"redis://127.0.0.1:{free_port()}/0"
    if kind == "folder gone":
        url = "filesystem://"
        file = folder / "a file"
        file.write_text("x")  # nothing can be made below it, by root neither
        options = {
            "data_folder_in": str(file / "in"),
            "data_folder_out": str(file / "in"),
            "control_folder": str(folder / "control"),
        }
    names = ("broker_write_url", "broker_transport_options")
    before = {name: app.conf[name] for name in names}
    with monkeypatch.context() as patch:
        patch.setattr(enqueuing, "_broker", broker)
        patch.setattr(app.amqp, "_producer_pool", None)
        app.conf.update(zip(names, (url, options), strict=True))
        try:
            yield broker
        finally:
            app.conf.update(before)
