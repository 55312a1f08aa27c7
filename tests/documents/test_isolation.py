"""Child processes that read files from outside: their limits, and what they know."""

import ctypes
import errno
import os
import signal
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from foundation.documents import isolation
from foundation.documents.isolated.__main__ import leave_the_network
from foundation.documents.isolated.refusals import Refused
from foundation.documents.isolation import MEGABYTE, LimitExceeded, Limits, run

TEXT = b"a line\n"


@pytest.fixture(autouse=True)
def new_children() -> None:
    """A child ends after so many tasks: none of this file begins with a child near its end."""
    while isolation._pool.idle:
        isolation._pool.idle.pop().close()


def child() -> int:
    """Return the process id of the child that runs the next task."""
    run("text", TEXT, title="x")
    return isolation._pool.idle[-1].process.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_runs_one_task_after_the_other() -> None:
    first = child()

    assert child() == first
    assert run("text", TEXT, title="x").parts[0].startswith(b"%PDF-")


def test_a_task_beyond_its_cpu_is_killed_and_the_next_has_another_child() -> None:
    first = child()

    with pytest.raises(LimitExceeded):
        run("text", TEXT * 10_000, title="x", limits=Limits(cpu_seconds=0))

    assert not is_running(first)
    assert child() != first


def test_a_task_beyond_its_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_PATIENCE", 0.01)

    with pytest.raises(LimitExceeded):
        run("text", TEXT * 10_000, title="x", limits=Limits(cpu_seconds=60))


def test_a_task_beyond_its_memory_is_refused_and_its_child_goes_on() -> None:
    first = child()
    picture = BytesIO()
    Image.new("RGB", (6000, 6000)).save(picture, "PNG")

    with pytest.raises(LimitExceeded):
        run("picture", picture.getvalue(), limits=Limits(10, memory_bytes=400 * MEGABYTE))

    assert child() == first
    assert run("picture", picture.getvalue()).parts[0].startswith(b"%PDF-")


def test_a_child_that_died_while_idle_is_replaced() -> None:
    first = child()
    os.kill(first, signal.SIGKILL)
    isolation._pool.idle[-1].process.wait()

    assert child() != first


def test_a_child_is_replaced_after_its_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    first = child()
    monkeypatch.setattr(isolation, "TASKS_A_CHILD", isolation._pool.idle[-1].tasks + 1)

    run("text", TEXT, title="x")

    assert not is_running(first)


def test_a_child_knows_no_settings_and_has_no_network() -> None:
    pid = child()
    environment = Path(f"/proc/{pid}/environ").read_bytes()

    assert b"DJANGO" not in environment
    assert b"MESA" not in environment
    assert b"DATABASE" not in environment
    interfaces = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_the_process_that_was_forked_starts_without_children() -> None:
    child()
    pid = os.fork()
    if pid == 0:
        os._exit(len(isolation._pool.idle))

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_refusal_comes_with_its_details() -> None:
    with pytest.raises(Refused) as refused:
        run("text", b"x" * 300_001, title="x")

    assert (refused.value.reason, refused.value.details) == (
        "long",
        {"kilobytes": 300, "lines": 10_000},
    )


def test_a_system_that_closes_namespaces_is_named_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def closed(_flags: int) -> int:
        ctypes.set_errno(errno.EPERM)
        return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_named: SimpleNamespace(unshare=closed))
    reason = leave_the_network()
    isolation._warn_of_network.cache_clear()

    for _answer in range(2):
        isolation._warn_of_network(reason)
        isolation._warn_of_network("")

    assert caplog.messages == [
        "Files from outside are read with the network in reach: Operation not permitted"
    ]
