"""``./mesa services``: PostgreSQL and Redis of Debian on loopback, for tests and for trying the
production shape.

./mesa services start    print the variables that use them      ./mesa services stop
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.packages import install

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"postgresql": "postgresql", "redis-server": "redis-server"}


@dataclass(frozen=True)
class Services:
    """The folder and the ports of the services; one set per folder."""

    folder: Path
    postgres_port: int
    redis_port: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the product: rows through the app's role, migrations through the
        owner's.
        """
        host = f"127.0.0.1:{self.postgres_port}/mesa"
        return {
            "DATABASE_URL": f"postgres://mesa_app:mesa@{host}",
            "DATABASE_OWNER_URL": f"postgres://mesa_owner:mesa@{host}",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
        }


def find_postgres() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parent.parent.name),
    )
    return found[-1].parent if found else None


def install_missing() -> list[str]:
    """Install what is missing where that is possible; return what is still missing."""
    wanted = {
        "postgresql": find_postgres() is None,
        "redis-server": shutil.which("redis-server") is None,
    }
    missing = [name for name, absent in wanted.items() if absent]
    if missing:
        install(*missing)
    return [
        name
        for name in missing
        if (find_postgres() is None if name == "postgresql" else shutil.which(name) is None)
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_postgres(*command: str) -> list[str]:
    """Return the command run as the postgres user when we are root: PostgreSQL refuses to run as
    root.
    """
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


def start(folder: Path, *, fsync: bool = False) -> Services:
    """Start PostgreSQL and Redis and return their ports. ``folder`` keeps ports and tables between
    starts.

    Raises ``RuntimeError`` with the packages to install, or with the output of a failed command.
    ``fsync`` makes PostgreSQL as durable as in production: for measurements.
    """
    missing = install_missing()
    if missing:
        raise RuntimeError(
            f"Install {' and '.join(missing)} (Debian: apt-get install {' '.join(missing)})."
        )
    binaries = find_postgres()
    assert binaries is not None
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    if os.geteuid() == 0:
        # the data folder is closed to others: the postgres user may pass through it, not list it
        folder.parent.chmod(folder.parent.stat().st_mode | 0o011)
    services = _ports(folder)
    if not _listens(services.postgres_port):
        _start_postgres(binaries, folder / "postgres", services.postgres_port, fsync=fsync)
    _make_roles(binaries, services)
    if not _listens(services.redis_port):
        _start_redis(folder, services.redis_port)
    return services


def _start_postgres(binaries: Path, data: Path, port: int, *, fsync: bool) -> None:
    if not data.exists():
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, "postgres", "postgres")
        initdb = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"]
        _run(_as_postgres(*initdb, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"))
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
        f"-c fsync={'on' if fsync else 'off'} -c shared_buffers=256MB -c max_connections=60"
    )
    # The log goes to the data folder, which the server's user can write.
    log = str(data / "server.log")
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", log, "-o", options]
    _run(_as_postgres(*control, "start"))


def _start_redis(folder: Path, port: int) -> None:
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no", "--daemonize", "yes"]
    command += ["--pidfile", str(folder / "redis.pid"), "--logfile", str(folder / "redis.log")]
    _run(command)
    for _ in range(50):
        if _listens(port):
            return
        time.sleep(0.1)


def stop(folder: Path) -> None:
    binaries = find_postgres()
    if binaries is not None and (folder / "postgres" / "postmaster.pid").exists():
        subprocess.run(
            _as_postgres(
                str(binaries / "pg_ctl"), "-D", str(folder / "postgres"), "-m", "fast", "stop"
            ),
            stdout=subprocess.DEVNULL,
        )
    pid = folder / "redis.pid"
    if pid.exists():
        try:
            os.kill(int(pid.read_text()), 15)
        except ProcessLookupError:
            pid.unlink(missing_ok=True)


def _ports(folder: Path) -> Services:
    path = folder / "ports"
    if not path.exists():
        path.write_text(f"{free_port()} {free_port()}")
    postgres, redis = path.read_text().split()
    return Services(folder, int(postgres), int(redis))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _make_roles(binaries: Path, services: Services) -> None:
    """Create the two roles (DECISIONS 2) and the database ``mesa``, unless they exist: the owner
    creates tables, the app reads and writes rows.
    """
    psql = _psql(binaries, services.postgres_port)
    if subprocess.run(
        [*psql, "postgres", "-c", "SELECT 1 FROM pg_roles WHERE rolname='mesa_app'"],
        capture_output=True,
        text=True,
    ).stdout.strip():
        return
    roles = (
        "CREATE ROLE mesa_owner LOGIN CREATEDB PASSWORD 'mesa'; CREATE ROLE mesa_app LOGIN "
        "PASSWORD 'mesa';"
    )
    _run([*psql, "postgres", "-c", roles])
    make_database(services.postgres_port, "mesa")


def make_database(port: int, name: str, *, template: str = "template1") -> None:
    """Create a database owned by ``mesa_owner``, in which the app may read and write the owner's
    tables. It is a copy of ``template``, which must have no connections.
    """
    binaries = find_postgres()
    assert binaries is not None
    psql = _psql(binaries, port)
    _run([*psql, "postgres", "-c", f"CREATE DATABASE {name} OWNER mesa_owner TEMPLATE {template}"])
    _run([*psql, name, "-c", (ROOT / "deploy" / "postgres-roles.sql").read_text()])


def _psql(binaries: Path, port: int) -> list[str]:
    return [
        str(binaries / "psql"),
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-U",
        "postgres",
        "-qtAX",
        "-d",
    ]


def _run(command: list[str]) -> None:
    # Write the output to a file: a daemon that inherits a pipe keeps it open, and its reader
    # blocks.
    path = Path("/tmp") / f"mesa-services-{os.getpid()}.log"  # noqa: S108 - our own process id
    with path.open("w+") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd="/")
        log.seek(0)
        text = log.read()
    Path(log.name).unlink(missing_ok=True)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {text[-500:]}")


def main() -> None:
    folder = Path(os.environ.get("MESA_VAR") or ROOT / "var").resolve() / "services"
    action = sys.argv[1] if len(sys.argv) > 1 else ""
    if action == "start":
        try:
            services = start(folder)
        except RuntimeError as error:
            sys.exit(f"mesa: {error}")
        for name, value in services.environment.items():
            print(f"export {name}={value}")
    elif action == "stop":
        stop(folder)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
