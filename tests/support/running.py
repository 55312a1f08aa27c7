"""Runs the product in real processes on loopback, with an SMTP server that stores every mail."""

import email
import email.policy
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

from deploy.services import make_database

ROOT = Path(__file__).resolve().parents[2]
REAL_SERVICES = {
    name: os.environ[f"MESA_TEST_{name}"]
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    if f"MESA_TEST_{name}" in os.environ
}

_SECRET = "c" * 32  # of the forms' CSRF token


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(done: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Call ``done`` every 0.15 s until it returns something true, and return that; raise
    ``AssertionError`` with ``what`` after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = done()
        if found:
            return found
        time.sleep(0.15)
    raise AssertionError(f"Waited {seconds:.0f} s in vain: {what}")


class Mailbox:
    """A real SMTP server that stores every mail. ``delay_seconds`` delays its answer, so that a
    test can kill a worker in mid-delivery.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.delay_seconds = 0.0
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: object, session: object, envelope: Any
    ) -> str:
        import asyncio

        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(message)
        await asyncio.sleep(self.delay_seconds)
        return "250 accepted"

    def to(self, address: str, *, about: str = "") -> list[EmailMessage]:
        return [
            mail
            for mail in self.mails
            if address in str(mail["To"]) and about in str(mail["Subject"])
        ]

    def stop(self) -> None:
        self.controller.stop()


class Mesa:
    """A running product: ``shape`` is ``sqlite`` (through ./mesa run) or ``postgres`` (the
    Procfile's commands).

    With ``demo`` it starts from a copy of the demonstration, which is loaded once per shape.
    """

    _demonstrations: ClassVar[dict[str, "Mesa"]] = {}
    _redis_numbers: ClassVar[Iterator[int]] = itertools.count(1)

    def __init__(self, shape: str, var: Path, mailbox: Mailbox, *, demo: bool) -> None:
        original = self._demonstration(shape, var, mailbox) if demo else None
        if original:
            shutil.copytree(original.var, var, dirs_exist_ok=True)
        self.shape = shape
        self.var: Path = var
        self.mailbox = mailbox
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MESA_", "DATABASE_", "REDIS_", "DJANGO_"))
        }
        self.environment = inherited | {
            "PORT": str(self.port),
            "MESA_VAR": str(var),
            "MESA_URL": self.url,
            "MESA_DEMO": "1" if demo else "0",
            "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
            # one person raises the tickets of many tests, and of the measurements
            "MESA_HOURLY_LIMITS": "tickets=1000000,replies=1000000,files=1000000",
            "MESA_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "MESA_UNDO_SECONDS": "0",  # a walk sees at once what it sent
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        if shape == "postgres":
            self.environment |= self._own_services(original)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.scripts: subprocess.Popen[str] | None = None
        # Pages that a walk has checked: who looked, at what kind of page.
        self.checked = set[tuple[str, str]]()
        self._sessions: dict[str, str] = {}

    @classmethod
    def _demonstration(cls, shape: str, var: Path, mailbox: Mailbox) -> "Mesa":
        """Return a stopped instance whose data has the demonstration loaded; create it on first
        use.
        """
        if shape not in cls._demonstrations:
            original = cls(shape, var.with_name(f"{shape}-original"), mailbox, demo=False)
            original.environment["MESA_DEMO"] = "1"
            # A fifth of what ./mesa run would load by itself.
            original.manage("prepare", "--tickets", "60")
            cls._demonstrations[shape] = original
        return cls._demonstrations[shape]

    @property
    def database(self) -> str:
        """The name of this run's database on PostgreSQL."""
        return f"mesa_{self.port}"

    def _own_services(self, original: "Mesa | None") -> dict[str, str]:
        """Create a database for this run, and return the addresses of the services with it and with
        a Redis number of its own.
        """
        name = self.database
        number = next(self._redis_numbers)
        port = urlsplit(REAL_SERVICES["DATABASE_URL"]).port or 5432
        make_database(port, name, template=original.database if original else "template1")
        mine = {
            key: value.removesuffix("/mesa") + f"/{name}"
            if key.endswith(("DATABASE_URL", "OWNER_URL"))
            else value
            for key, value in REAL_SERVICES.items()
        }
        return mine | {"REDIS_URL": REAL_SERVICES["REDIS_URL"].rpartition("/")[0] + f"/{number}"}

    def start(self) -> "Mesa":
        if self.shape == "sqlite":
            self._spawn("run", [sys.executable, str(ROOT / "mesa"), "run"])
        else:
            for name in ("web", "clocks", "mail", "reports", "beat"):
                self.spawn(name)
        wait_until(self.answers, "the web process answers", 150)
        return self

    def spawn(self, name: str) -> None:
        """Start one process of the Procfile, on this run's port and folder."""
        commands = dict(
            line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines()
        )
        command = (
            commands[name]
            .replace("python", sys.executable, 1)
            .replace("0.0.0.0:8000", f"127.0.0.1:{self.port}")
        )
        if "MESA_CLOCK_AHEAD" in self.environment:
            command = command.replace("-m celery", "-m tests.support.jumping celery", 1)
        self._spawn(name, command.replace("/tmp/mesa-beat", str(self.var / "beat")).split())

    def _spawn(self, name: str, command: list[str]) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        if name in self.processes:
            self.kill(name)  # left running by a failed test
        with (self.var / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def set_clock_ahead(self, seconds: int) -> None:
        """Shift the wall clock of worker and beat forward. Processes that were spawned with a
        shifted clock jump at once. See ``tests.support.jumping``.
        """
        clock = self.var / "clock-ahead"
        clock.write_text(str(seconds))
        self.environment["MESA_CLOCK_AHEAD"] = str(clock)

    def set_clock_right(self) -> None:
        self.environment.pop("MESA_CLOCK_AHEAD")

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process and its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()
        if self.scripts is not None:
            self.scripts.communicate()  # closing its stdin ends it

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def manage(self, *arguments: str) -> str:
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str) -> str:
        """Run a program on this run's data to its end; return what it prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment | {"DJANGO_SETTINGS_MODULE": "servicedesk.settings"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def script(self, name: str, *arguments: str) -> Any:
        """Run a function of ``tests.support.scripts`` on this run's data; return its answer. One
        process answers all calls, because each start of Django takes seconds.
        """
        if self.scripts is None:
            with (self.var / "scripts.log").open("ab") as log:
                self.scripts = subprocess.Popen(
                    [sys.executable, "-m", "tests.support.scripts"],
                    cwd=ROOT,
                    env=self.environment | {"DJANGO_SETTINGS_MODULE": "servicedesk.settings"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self.scripts.stdin is not None
        assert self.scripts.stdout is not None
        print(json.dumps([name, *arguments]), file=self.scripts.stdin, flush=True)
        line = self.scripts.stdout.readline()
        assert line, (self.var / "scripts.log").read_text()
        said = json.loads(line)
        assert "error" not in said, said["error"]
        return said["answer"]

    def session(self, email: str) -> str:
        """Return the key of a person's session, without the login form."""
        if not self._sessions:
            self._sessions = self.script("sessions")
        return self._sessions[email]

    def open_page(self, email: str, path: str) -> str:
        """Return a page as a signed-in person's browser gets it."""
        return self._ask(email, "GET", path)[1]

    def send_form(
        self, email: str, path: str, fields: Mapping[str, str | list[str]]
    ) -> tuple[int, str]:
        """Send a form as a signed-in person's browser does; return status and page, redirects not
        followed.
        """
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": _SECRET}, doseq=True)
        return self._ask(email, "POST", path, body)

    def send_at_once(
        self, email: str, path: str, forms: Sequence[Mapping[str, str | list[str]]]
    ) -> list[tuple[int, str]]:
        """Send forms from a thread each; return the status and the page of each answer."""
        self.session(email)
        wall = threading.Barrier(len(forms))
        answers: list[tuple[int, str]] = []

        def send(form: Mapping[str, str | list[str]]) -> None:
            wall.wait()
            answers.append(self.send_form(email, path, form))

        threads = [threading.Thread(target=send, args=(form,)) for form in forms]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _ask(self, email: str, method: str, path: str, body: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"sessionid={self.session(email)}; csrftoken={_SECRET}",
            "Origin": self.url,
        }
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def api(
        self, token: str, method: str, path: str, body: dict[str, Any] | None = None, **headers: str
    ) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            method=method,
            data=json.dumps(body).encode() if body else None,
        )
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())
