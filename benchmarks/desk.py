"""Measures the agent's desk on the real server: queue, ticket page, search, palette and API list.
Bounded in requests; loopback only.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.http import Client, p95, session_of, show, times
from tests.support.running import Mailbox, Mesa, wait_until

VIEWS = 60  # requests per page and run
TICKETS = 30  # different ticket pages
MESSAGES = 3  # of each ticket
PAGES = {  # p95 in ms that is asked at a million tickets
    "queue": ("/admin/queue/", 80),
    "search, in one of ten": ("/admin/queue/?view=any&q=printer", 150),
    "search, in one of a thousand": ("/admin/queue/?view=any&q=tunnel", 60),
    "palette, in one of a thousand": ("/admin/palette/?q=tunnel", 100),
    "palette, first letter": ("/admin/palette/?q=t", 100),
}
FEW = 5  # requests of a page that computes much
OF_SUPERVISORS = {
    "team load": "/admin/team/load/",
    "a month of assignment replayed": "/admin/team/assignment/?group=1&month={month}",
}


def measure(mesa: Mesa, runs: int, token: str) -> dict[str, float]:
    """Return the medians of the runs, in ms."""
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    agent = Client(mesa, {"Cookie": session_of(mesa, "agent@mesa.example")})
    supervisor = Client(mesa, {"Cookie": session_of(mesa, "supervisor@mesa.example")})
    api = Client(mesa, {"Authorization": f"Bearer {token}"})
    listed = json.loads(api.ask("GET", "/api/v1/tickets/?state=in_progress")[2])["results"]
    pages = [f"/admin/tickets/{each['number']}/" for each in listed[:TICKETS]]
    for _ in range(runs):
        note("calibration: healthz median", statistics.median(times(agent, "/healthz", VIEWS)))
        for name, (path, target) in PAGES.items():
            note(f"{name} p95 (<= {target})", p95(times(agent, path, VIEWS)))
        opened = [one for page in pages for one in times(agent, page, 2)]
        note("ticket page p95 (<= 60)", p95(opened))
        for name, path in OF_SUPERVISORS.items():
            page = path.format(month=f"{datetime.now(UTC):%Y-%m}")
            note(f"{name} median", statistics.median(times(supervisor, page, FEW)))
        after = [one for page in pages for one in times(agent, f"{page}panels/after_page/", 2)]
        note("what comes after the ticket p95", p95(after))
        note("API list median (<= 15)", statistics.median(times(api, "/api/v1/tickets/", VIEWS)))
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", default="postgres", choices=["postgres", "sqlite"])
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    table = dict[int, dict[str, float]]()
    for size in sizes:  # each in a database of its own: a loaded one starts empty
        mailbox = Mailbox()
        with tempfile.TemporaryDirectory(prefix="mesa-bench-") as folder:
            mesa = Mesa(options.shape, Path(folder), mailbox, demo=True)
            try:
                mesa.manage("prepare", "--tickets", "20")
                started = time.perf_counter()
                load = ["bench_load", str(size), "--open", str(size // 10)]
                said = mesa.manage(*load, "--messages", str(MESSAGES)).strip()
                print(f"{said}, in {time.perf_counter() - started:.0f} s", flush=True)
                mesa.spawn("web")
                wait_until(mesa.answers, "the server answers")
                token = mesa.manage("api_token", "agent@mesa.example")
                table[size] = measure(mesa, options.runs, token)
            finally:
                mesa.stop()
                mailbox.stop()
    show(table, sizes)


if __name__ == "__main__":
    main()
