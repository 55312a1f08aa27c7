"""Beat on a full disk: it goes on from memory and writes again when it can."""

import errno
import pickle
from shelve import Shelf

import pytest

from servicedesk.beat import Scheduler
from servicedesk.celery import app


class _Disk(dict[bytes, bytes]):
    """The bytes of a shelf's file on a disk that can be full."""

    is_full = False

    def __setitem__(self, key: bytes, value: bytes) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().__setitem__(key, value)


def test_beat_goes_on_while_its_file_cannot_be_written_and_writes_it_after(
    caplog: pytest.LogCaptureFixture,
) -> None:
    disk = _Disk()
    scheduler = Scheduler(app=app, lazy=True)
    scheduler._store = Shelf(disk, writeback=True)
    scheduler._store["runs"] = ["first"]

    scheduler._store["runs"].append("second")
    disk.is_full = True
    scheduler.sync()
    assert "The times of the last runs cannot be written: [Errno 28]" in caplog.text
    disk.is_full = False
    scheduler.sync()

    assert pickle.loads(disk[b"runs"]) == ["first", "second"]


def test_every_beat_is_this_one() -> None:
    assert app.conf.beat_scheduler == "servicedesk.beat:Scheduler"
