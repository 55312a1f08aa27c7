"""A full disk under the running embedded product: nothing is lost and nothing is done twice."""

import json
import os
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.documents.libreoffice import can_enclose
from tests.support.running import ROOT, Mailbox, Mesa, free_port, wait_until

pytestmark = pytest.mark.processes

NEW = {
    "description": "x",
    "kind": "incident",
    "service": "accesos",
    "impact": "minor",
    "urgency": "low",
}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.stop()


@pytest.fixture
def mesa(mailbox: Mailbox, tmp_path: Path) -> Iterator[Mesa]:
    running = Mesa("sqlite", tmp_path / "full", mailbox, demo=True)
    running.start()
    try:
        yield running
    finally:
        fill(running, is_full=False)
        running.stop()


def fill(mesa: Mesa, *, is_full: bool) -> None:
    """Let no file of the running processes grow, or all of them: a disk of their own needs rights
    that a test does not have.
    """
    for pid in family(mesa.processes["run"].pid):
        _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if is_full else hard, hard))


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children = [
        int(each)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for each in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in children for each in family(child))]


def ready(mesa: Mesa) -> str:
    """Return what ``/readyz`` says; not every page of the database can be read without writing."""
    try:
        with urllib.request.urlopen(f"{mesa.url}/readyz", timeout=20) as response:
            answer = response.read()
    except urllib.error.HTTPError as error:
        answer = error.read()
    return str(json.loads(answer)["status"])


def letters_about(mailbox: Mailbox, number: str) -> int:
    mails = mailbox.to("requester@norte.example")
    return sum(number in str(mail["Subject"]) for mail in mails)


def test_a_full_disk_refuses_what_it_cannot_keep_and_everything_goes_on_after(
    mesa: Mesa, mailbox: Mailbox
) -> None:
    token = mesa.manage("api_token", "requester@norte.example")
    before = mesa.api(token, "POST", "tickets/", {**NEW, "subject": "Before"})
    wait_until(lambda: letters_about(mailbox, before["number"]) == 1, "it is acknowledged", 60)

    processes = family(mesa.processes["run"].pid)
    fill(mesa, is_full=True)
    during = {**NEW, "subject": "During"}
    for _attempt in range(3):
        with pytest.raises(urllib.error.HTTPError) as refused:
            mesa.api(token, "POST", "tickets/", during, Idempotency_Key="once")
        assert refused.value.code == 503
        assert json.loads(refused.value.read())["code"] == "storage_unavailable"
    assert mesa.api(token, "GET", f"tickets/{before['number']}/")["subject"] == "Before"
    assert ready(mesa) != "ok"
    time.sleep(5)  # the sweeps go on trying
    assert family(mesa.processes["run"].pid) == processes
    fill(mesa, is_full=False)

    made = [
        mesa.api(token, "POST", "tickets/", during, Idempotency_Key="once")["number"]
        for _attempt in range(3)
    ]
    assert len(set(made)) == 1
    found = mesa.api(token, "GET", "tickets/?q=During")["results"]
    assert [each["number"] for each in found] == made[:1]
    wait_until(lambda: letters_about(mailbox, made[0]) > 0, "it is acknowledged", 120)
    assert letters_about(mailbox, made[0]) == letters_about(mailbox, before["number"]) == 1
    wait_until(lambda: ready(mesa) == "ok", "nothing is late any more", 90)


def start_on(folder: Path, *enclosure: str) -> str:
    """Start the product on a data folder; return why it does not start."""
    done = subprocess.run(
        [*enclosure, sys.executable, "-m", "deploy.run"],
        cwd=ROOT,
        env=os.environ | {"MESA_VAR": str(folder), "MESA_DEMO": "0", "PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    return done.stderr.strip()


@pytest.mark.skipif(not can_enclose(), reason="bubblewrap may not mount a folder here")
@pytest.mark.parametrize("kind", ["read-only", "full"])
def test_the_product_says_at_once_that_it_cannot_write_its_folder(
    tmp_path: Path, kind: str
) -> None:
    mount = {
        "read-only": ("--ro-bind", str(tmp_path)),
        "full": ("--size", "65536", "--tmpfs"),
    }[kind]

    said = start_on(tmp_path, "bwrap", "--dev-bind", "/", "/", *mount, str(tmp_path))

    why = {"read-only": "Read-only file system", "full": "No space left on device"}[kind]
    assert said == (
        f"mesa: the data folder {tmp_path} cannot be written ({why}): make it writable, "
        "free space on its disk, or set MESA_VAR to another folder."
    )
