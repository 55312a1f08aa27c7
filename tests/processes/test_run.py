"""``./mesa run``: its children, and what they leave behind."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.running import Mailbox, Mesa, wait_until

pytestmark = pytest.mark.processes


def test_mesa_run_restarts_a_killed_child_and_leaves_no_process_behind(tmp_path: Path) -> None:
    box = Mailbox()
    mesa = Mesa("sqlite", tmp_path, box, demo=False).start()
    box.stop()

    def children() -> dict[int, str]:
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes()
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                if f"MESA_VAR={tmp_path}".encode() in environment:
                    found[int(entry.name)] = command
        return found

    web = next(pid for pid, command in sorted(children().items()) if "gunicorn" in command)
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: web not in children() and mesa.answers(), "the killed web process is back")
    written = [path for path in tmp_path.rglob("*") if not path.is_symlink()]
    assert len(written) > 20
    assert [path for path in written if path.lstat().st_mode & 0o077] == []  # for others: nothing

    mesa.stop()

    wait_until(lambda: children() == {}, "no process is left", 20)
