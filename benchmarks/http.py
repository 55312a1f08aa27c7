"""Drives the real server over HTTP and prints a table. Bounded in requests and time;
loopback only.
"""

import argparse
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.running import Mailbox, Mesa, wait_until

VIEWS = 60  # requests per page and run
CREATIONS = 400  # per run, over four clients
CLIENTS = 4
NEW = {
    "description": "x" * 200,
    "kind": "incident",
    "service": "erp",
    "impact": "minor",
    "urgency": "low",
}


class Client:
    """One kept connection; ``ask`` returns (status, seconds, body)."""

    def __init__(self, mesa: Mesa, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", mesa.port, timeout=60)
        self.headers = headers

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, float, bytes]:
        started = time.perf_counter()
        self.connection.request(method, path, body=body, headers=self.headers | headers)
        response = self.connection.getresponse()
        content = response.read()
        return response.status, time.perf_counter() - started, content


def session_of(mesa: Mesa, email: str) -> str:
    """Return the cookie of a signed-in agent."""
    return f"sessionid={mesa.session(email)}"


def times(client: Client, path: str, count: int) -> list[float]:
    client.connection.close()  # the server drops a connection that was idle for two seconds
    for _ in range(3):
        assert client.ask("GET", path)[0] == 200, path
    return [client.ask("GET", path)[1] * 1000 for _ in range(count)]


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def creation_rate(mesa: Mesa, token: str, run: int) -> float:
    """Return tickets a second over four clients, each with its own Idempotency-Key."""
    wrong: list[int] = []

    def work(number: int) -> None:
        client = Client(
            mesa, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )
        for index in range(CREATIONS // CLIENTS):
            body = json.dumps({**NEW, "subject": f"Created {run} {number} {index}"}).encode()
            status = client.ask(
                "POST",
                "/api/v1/tickets/",
                body,
                **{"Idempotency-Key": f"{run}-{number}-{index}-{time.time_ns()}"},
            )[0]
            if status != 201:
                wrong.append(status)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    return CREATIONS / (time.perf_counter() - started)


def pss_megabytes(mesa: Mesa) -> float:
    """Return the proportional set size of gunicorn's workers (not its master) together."""
    master = mesa.processes["web"].pid
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == master:
                    total += sum(
                        int(line.split()[1])
                        for line in (entry / "smaps_rollup").read_text().splitlines()
                        if line.startswith("Pss:")
                    )
            except (OSError, IndexError, ValueError):
                continue
    return total / 1024


def measure(mesa: Mesa, runs: int, tokens: dict[str, str]) -> dict[str, float]:
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    agent = Client(mesa, {"Cookie": session_of(mesa, "agent@mesa.example")})
    api = Client(mesa, {"Authorization": f"Bearer {tokens['agent']}"})
    first = json.loads(api.ask("GET", "/api/v1/tickets/")[2])["results"][25]["number"]
    for run in range(runs):
        note("calibration: healthz median ms", statistics.median(times(agent, "/healthz", VIEWS)))
        note("queue page p95 ms", p95(times(agent, "/admin/queue/", VIEWS)))
        note("ticket page p95 ms", p95(times(agent, f"/admin/tickets/{first}/", VIEWS)))
        note("API list median ms", statistics.median(times(api, "/api/v1/tickets/", VIEWS)))
        note("creation/s, worker stands", creation_rate(mesa, tokens["customer"], run))
        mesa.spawn("worker")
        mesa.spawn("beat")
        note("creation/s, worker delivers", creation_rate(mesa, tokens["customer"], run + 100))
        ended = time.perf_counter()
        wait_until(lambda: mesa.script("waiting") == 0, "the last message is out", 300)
        note("last message out after s", time.perf_counter() - ended)
        mesa.kill("worker")
        mesa.kill("beat")
    note("two workers PSS MB", pss_megabytes(mesa))
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    mailbox = Mailbox()
    table = dict[int, dict[str, float]]()
    loaded = 0
    with tempfile.TemporaryDirectory(prefix="mesa-bench-") as folder:
        mesa = Mesa("postgres", Path(folder), mailbox, demo=True)
        try:
            mesa.manage("prepare", "--tickets", "20")
            people = {"agent": "agent@mesa.example", "customer": "requester@norte.example"}
            for size in sizes:
                print(
                    mesa.manage(
                        "bench_load", str(size - loaded), "--open", str((size - loaded) // 10)
                    ),
                    flush=True,
                )
                loaded = size
                mesa.spawn("web")
                wait_until(mesa.answers, "the server answers")
                tokens = {name: mesa.manage("api_token", email) for name, email in people.items()}
                table[size] = measure(mesa, options.runs, tokens)
                mesa.kill("web")
        finally:
            mesa.stop()
            mailbox.stop()
    show(table, sizes)


def show(
    table: dict[int, dict[str, float]], sizes: list[int], out: Callable[[str], None] = print
) -> None:
    out(
        f"{'':34}"
        + "".join(f"{size:>12,}" for size in sizes)
        + (f"{'ratio':>9}" if len(sizes) > 1 else "")
    )
    out("Loopback; open tickets are a tenth; PostgreSQL runs with fsync on.")
    for name in table[sizes[0]]:
        row = [table[size][name] for size in sizes]
        ratio = f"{row[-1] / row[0]:>9.2f}" if len(row) > 1 and row[0] else ""
        out(f"{name:34}" + "".join(f"{value:>12.1f}" for value in row) + ratio)


if __name__ == "__main__":
    main()
