"""The embedded broker: a message appears in its folder only when it is complete."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from kombu import Connection

from servicedesk.celery import app
from tests.support.running import ROOT
from web.health import broker_is_reachable


def test_a_file_in_the_place_of_the_folder_stops_no_page_and_is_told(
    tmp_path: Path, settings: Any
) -> None:
    (tmp_path / "broker").write_text("x")
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "broker")}
    program = "import servicedesk.settings"
    environment = os.environ | {"MESA_VAR": str(tmp_path)}
    environment.pop("REDIS_URL", None)

    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False)

    assert loaded.returncode == 0
    assert broker_is_reachable() is False


def test_a_message_that_is_being_put_is_not_read_before_it_is_whole(tmp_path: Path) -> None:
    options = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path / "control"),
    }
    assert app is not None  # its module names the transport
    count = 300
    broken: list[Any] = []
    read: list[Any] = []

    def put() -> None:
        with Connection("filesystem://", transport_options=options) as connection:
            channel = connection.default_channel
            for number in range(count):
                message = {"number": number, "text": "x" * 200_000}
                channel._put("clocks", message)  # type: ignore[attr-defined]

    def get() -> None:
        from queue import Empty

        with Connection("filesystem://", transport_options=options) as connection:
            channel = connection.default_channel
            while len(read) + len(broken) < count:
                try:
                    found: dict[str, Any] = channel._get("clocks")  # type: ignore[attr-defined]
                    read.append(found["number"])
                except Empty:
                    continue
                except json.JSONDecodeError as error:
                    broken.append(error)

    threads = [threading.Thread(target=work) for work in (put, get)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert (broken, sorted(read)) == ([], list(range(count)))
