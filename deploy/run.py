"""``./mesa run``: prepares the data, then runs web and worker under supervisord until SIGINT or
SIGTERM.
"""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import IO

from deploy.settings_environment import embedded

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
STOP_SECONDS = 25
_ROOM = 1_000_000  # bytes that the data folder must take at the start

_WEB = (
    "{python} -m gunicorn servicedesk.wsgi --bind 127.0.0.1:{port} --worker-class gthread "
    "--workers 1 --threads 8 --preload --no-control-socket --graceful-timeout 8 "
    "--log-level warning"
)
_WORKER = (
    "{python} -m celery -A servicedesk worker -l warning --without-gossip --without-mingle "
    "--without-heartbeat -P threads "
)
# A server of others that hangs, or a long report, stops no clock.
_CLOCKS = f"{_WORKER} -B -s {{var}}/beat -c 2 -Q clocks -n clocks"
_OTHERS = f"{_WORKER} -c 4 -Q mail,webhooks,reports -n others"
_CONF = f"""[supervisord]
nodaemon=true
logfile={{var}}/log/supervisord.log
pidfile={{var}}/supervisord.pid
childlogdir={{var}}/log
directory={{root}}
silent=true

[program:web]
command={_WEB}
{{common}}

[program:clocks]
command={_CLOCKS}
{{common}}

[program:others]
command={_OTHERS}
{{common}}
"""
_COMMON = """autorestart=true
startsecs=1
startretries=100
stopasgroup=true
killasgroup=true
stopwaitsecs=10
stdout_logfile={var}/log/%(program_name)s.log
redirect_stderr=true
stdout_logfile_maxbytes=10MB"""


def main() -> None:
    environment = embedded()
    var = Path(environment.get("MESA_VAR") or ROOT / "var").resolve()
    environment["MESA_VAR"] = os.environ["MESA_VAR"] = str(var)
    port = _port(environment.get("PORT", "8000"))
    os.umask(0o077)  # what the product writes, it alone reads
    _require_room(var)
    _refuse_second_run(var)
    _prepare(var, environment)
    conf = var / "supervisord.conf"
    common = _COMMON.format(var=var)
    conf.write_text(
        _CONF.format(var=var, root=ROOT, python=sys.executable, port=port, common=common)
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert supervisor.stderr is not None
    threading.Thread(target=_pass_on, args=[supervisor.stderr], daemon=True).start()
    stopping = _stop_signals()
    url = f"http://127.0.0.1:{port}"
    if not _answers(f"{url}/healthz", supervisor, stopping):
        _stop(supervisor)
        sys.exit(f"mesa: the web process does not answer; see {var}/log/web.log")
    print(f"ready: {environment.get('MESA_URL') or url}", flush=True)
    if environment.get("MESA_DEMO") == "1":
        print(
            "       demonstration logins, password mesa-demo: requester@norte.example (portal), "
            "agent@mesa.example (desk),",
            flush=True,
        )
        print(
            "       manager@mesa.example (reports), admin@mesa.example (configuration)", flush=True
        )
    while supervisor.poll() is None:
        if stopping.wait(0.2):
            _stop(supervisor)
            sys.exit(0)
    sys.exit(f"mesa: supervisord ended by itself; see {var}/log/supervisord.log")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65536:
        sys.exit(
            f"mesa: PORT={text!r} is not usable: write a number from 1 to 65535, such as PORT=8000."
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError:
            sys.exit(
                f"mesa: port {text} is taken by another program: choose another one, such as "
                f"PORT={int(text) % 65535 + 1} ./mesa run"
            )
    return int(text)


def _require_room(var: Path) -> None:
    """Exit unless the data folder exists or can be made, and takes new files."""
    probe = var / "log" / "probe"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(_ROOM))
        probe.unlink()
    except OSError as error:
        sys.exit(
            f"mesa: the data folder {var} cannot be written ({error.strerror}): make it writable, "
            "free space on its disk, or set MESA_VAR to another folder."
        )


def _refuse_second_run(var: Path) -> None:
    """Exit when another run uses the data folder: both would share the broker folder. Delete the
    stale pid file of a killed run.
    """
    path = var / "supervisord.pid"
    if not path.exists():
        return
    pid = path.read_text().strip()
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and str(var) in command.read_bytes().decode(errors="replace"):
        sys.exit(
            f"mesa: it is already running on {var} (process {pid}): stop that one first, or set "
            "MESA_VAR to another folder."
        )
    path.unlink()


def _prepare(var: Path, environment: dict[str, str]) -> None:
    """Migrate, collect static files and load the demonstration when anything they depend on has
    changed.
    """
    stamp = var / "prepared"
    digest = hashlib.sha256()
    for pattern in (
        "*/migrations/*.py",
        "foundation/*/migrations/*.py",
        "static/**/*",
        "requirements/base.txt",
    ):
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                status = path.stat()
                line = f"{path.relative_to(ROOT)} {status.st_size} {status.st_mtime_ns}\n"
                digest.update(line.encode())
    digest.update(
        environment.get("DATABASE_URL", "").encode() + environment.get("MESA_DEMO", "").encode()
    )
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    print(
        "mesa: preparing the data (the first time takes half a minute)", file=sys.stderr, flush=True
    )
    done = subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment)
    if done.returncode != 0:
        sys.exit("mesa: the data could not be prepared; the message above says why.")
    stamp.write_text(digest.hexdigest())


def _pass_on(lines: IO[str]) -> None:
    """Write what supervisord says to our own output. On a full disk it reports that it cannot write
    its log, and would end if that report could not be written either.
    """
    for line in lines:
        with suppress(OSError):
            print(line, end="", file=sys.stderr, flush=True)


def _answers(url: str, supervisor: subprocess.Popen[str], stopping: threading.Event) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and supervisor.poll() is None and not stopping.is_set():
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - loopback
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _stop(supervisor: subprocess.Popen[str]) -> None:
    if supervisor.poll() is None:
        supervisor.terminate()
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(supervisor.pid, signal.SIGKILL)
        supervisor.wait()


def _stop_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set: the handler does nothing else, the main loop
    stops the children.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping


if __name__ == "__main__":
    main()
