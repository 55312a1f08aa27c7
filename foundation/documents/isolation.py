"""Runs what reads files from outside in child processes with limits of CPU, memory and time,
without network, settings or database (DECISIONS 27).

Each process keeps its idle children for the next tasks; one that exceeds a limit is killed, and
each is replaced after ``TASKS_A_CHILD`` tasks.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from foundation.documents.isolated.frames import read_frame, write_frame
from foundation.documents.isolated.refusals import Refused

logger = logging.getLogger(__name__)

TASKS_A_CHILD = 100
MEGABYTE = 1024 * 1024
_IDLE = 2  # children kept between tasks
_NICENESS = 5  # pages are answered before files are read
_PATIENCE = 4  # seconds of time for each second of CPU: on a busy machine a child waits, too
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """Of one task. Its time is ``_PATIENCE`` times its CPU."""

    cpu_seconds: int
    memory_bytes: int = 1536 * MEGABYTE


USUAL = Limits(cpu_seconds=30)


@dataclass(frozen=True)
class Answer:
    result: Any
    parts: list[bytes]


class LimitExceeded(Refused):
    """The task took more than its limits; ``reason`` is ``limits``."""

    def __init__(self) -> None:
        super().__init__("limits")


@cache
def _warn_of_network(reason: str) -> None:
    """Log once why children keep the network, where they do."""
    if reason:
        logger.warning("Files from outside are read with the network in reach: %s", reason)


class _Child:
    """A child process, which runs one task at a time."""

    def __init__(self) -> None:
        self.tasks = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "foundation.documents.isolated"],
            cwd="/",
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": "C.UTF-8",
                "PYTHONPATH": str(_ROOT),
                "HOME": "/nonexistent",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.setpriority(os.PRIO_PROCESS, self.process.pid, _NICENESS)

    def run(self, values: dict[str, Any], parts: list[bytes], seconds: float) -> Answer:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.tasks += 1
        timer = threading.Timer(seconds, self.kill)
        timer.start()
        try:
            write_frame(self.process.stdin, values, parts)
            said, made = read_frame(self.process.stdout)
        except (EOFError, OSError) as error:  # killed by a limit, its own or ours
            self.kill()
            raise LimitExceeded from error
        finally:
            timer.cancel()
        _warn_of_network(said["network"])
        if said.get("refused") == "limits":
            raise LimitExceeded
        if "refused" in said:
            raise Refused(said["refused"], **said["details"])
        return Answer(said["result"], made)

    def kill(self) -> None:
        """Kill the child with all processes that it started."""
        with contextlib.suppress(ProcessLookupError):
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Let the child end: its input ends."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # half a frame is left, and nobody reads it
                    stream.close()
        self.process.wait()

    @property
    def is_usable(self) -> bool:
        return self.process.poll() is None and self.tasks < TASKS_A_CHILD


class _Pool:
    """The idle children of this process. A process that was forked starts with none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.idle: list[_Child] = []
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self.lock = threading.Lock()
        self.idle = []

    def take(self) -> _Child:
        with self.lock:
            while self.idle:
                child = self.idle.pop()
                if child.is_usable:
                    return child
                child.close()
        return _Child()

    def give_back(self, child: _Child) -> None:
        if child.is_usable:
            with self.lock:
                if len(self.idle) < _IDLE:
                    self.idle.append(child)
                    return
        child.close()


_pool = _Pool()


def run(task: str, *parts: bytes, limits: Limits = USUAL, **arguments: Any) -> Answer:
    """Run a task of ``foundation.documents.isolated`` on these files.

    Raises ``Refused`` with the task's own reason, and ``LimitExceeded`` when it took too long or
    too much memory.
    """
    values = {
        "task": task,
        "arguments": arguments,
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
    }
    child = _pool.take()
    try:
        return child.run(values, list(parts), limits.cpu_seconds * _PATIENCE)
    finally:
        _pool.give_back(child)
