"""Sends hostile files to the public checker, twenty at once, and measures how long ``/healthz``
takes meanwhile. Loopback only; each shape for ``SECONDS``.
"""

import http.client
import os
import statistics
import tempfile
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from foundation.documents.isolated.seal import seal_of
from foundation.documents.isolated.signatures import MARK, MARK_END
from tests.support.running import Mailbox, Mesa

CLIENTS = 20
SECONDS = 20.0
MEGABYTE = 1024 * 1024


def form_tree() -> bytes:
    """1.6 kB: every field of the form names its child twice."""
    fields = "".join(
        f"{number} 0 obj<</T(a)/Kids[{number + 1} 0 R {number + 1} 0 R]>>endobj\n"
        for number in range(3, 33)
    )
    head = "%PDF-1.7\n1 0 obj<</Type/Catalog/AcroForm<</Fields[3 0 R]>>>>endobj\n"
    return f"{head}{fields}trailer<</Root 1 0 R>>\n".encode()


def hostile_files() -> list[bytes]:
    sealed = b"%PDF-1.7\n" + os.urandom(24 * MEGABYTE)
    return [
        form_tree(),
        b"%PDF-1.7\n/ByteRange [" + b"0 1 " * 16_000 + b"]",
        b"{" + b"\n" * (24 * MEGABYTE),
        # anybody can compute a seal: it costs the most to look at
        sealed + MARK + seal_of(sealed).as_text().encode() + MARK_END,
    ]


def send(port: int, content: bytes) -> int:
    """Send one file from an address of its own; return the status, 0 when the server closed the
    connection before it had the body.
    """
    boundary = uuid.uuid4().hex
    address = f"10.{os.urandom(1)[0]}.{os.urandom(1)[0]}.{os.urandom(1)[0]}"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode()
    body += content + f"\r\n--{boundary}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "X-Forwarded-For": address,
    }
    try:
        connection.request("POST", "/verify/", body, headers)
    except OSError:  # refused before the body was read
        return 0
    try:
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def health_ms(port: int, until: float) -> list[float]:
    """Ask every 50 ms on a new connection; return the milliseconds of each answer."""
    found = []
    while time.monotonic() < until:
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        connection.close()
        found.append((time.perf_counter() - started) * 1000)
        time.sleep(0.05)
    return found


def attack(port: int, until: float, statuses: Counter[int]) -> None:
    files = hostile_files()
    number = 0
    while time.monotonic() < until:
        statuses[send(port, files[number % len(files)])] += 1
        number += 1


def attack_at_once(port: int, until: float) -> Counter[int]:
    """Run the clients at the lowest priority, for they stand for other machines; return how many
    answers had which status.
    """
    os.nice(19)
    statuses: Counter[int] = Counter()
    threads = [
        threading.Thread(target=attack, args=(port, until, statuses)) for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def measure(shape: str, folder: Path) -> None:
    mailbox = Mailbox()
    mesa = Mesa(shape, folder, mailbox, demo=True)
    mesa.environment["MESA_PROXIES"] = "1"
    mesa.start()
    try:
        quiet = health_ms(mesa.port, time.monotonic() + 5)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            until = time.monotonic() + SECONDS
            attacked = pool.submit(attack_at_once, mesa.port, until)
            busy = health_ms(mesa.port, until)
            statuses = attacked.result()
    finally:
        mesa.stop()
        mailbox.stop()
    print(
        f"    {shape:<10}{statistics.median(quiet):>10.1f}{max(quiet):>10.1f}"
        f"{statistics.median(busy):>12.1f}{max(busy):>10.1f}   "
        + ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    )


def main() -> None:
    print("    /healthz, ms     median       max  attacked: med       max   answers of the checker")
    with tempfile.TemporaryDirectory() as folder:
        for shape in ("sqlite", "postgres"):
            measure(shape, Path(folder) / shape)


if __name__ == "__main__":
    main()
