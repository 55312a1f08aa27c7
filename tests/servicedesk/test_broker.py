"""The embedded broker: a message appears in its folder only when it is complete."""

import json
import threading
from pathlib import Path
from typing import Any

from kombu import Connection

from servicedesk.celery import app


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
