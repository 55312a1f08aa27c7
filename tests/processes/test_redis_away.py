"""Redis stopped, frozen and full under the running product: no write or read fails, nothing is
lost and nothing is sent twice.
"""

import asyncio
import json
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Producer, Queue
from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from servicedesk.broker import RedisTransport
from tests.support.running import REAL_SERVICES, Mailbox, Mesa, free_port, wait_until

pytestmark = pytest.mark.processes

NEW = {
    "description": "x",
    "kind": "incident",
    "service": "accesos",
    "impact": "minor",
    "urgency": "low",
}
AT_ONCE = 4


class RedisServer:
    """A Redis of its own, which a test stops, freezes and fills."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()
        self.line = Line(self.port)

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing"
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, "Redis answers", 20)

    def _answers(self) -> bool:
        try:
            return bool(Redis(port=self.port).ping())
        except (OSError, RedisError):
            return False

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def fill(self) -> None:
        """Take no more, for long enough that every worker has met it."""
        self.limit(1)
        time.sleep(12)

    def limit(self, size: int) -> None:
        Redis(port=self.port).config_set("maxmemory", size)

    def empty(self) -> None:
        self.limit(0)

    def slow_down(self) -> None:
        self.line.delay = 0.25

    def hurry(self) -> None:
        self.line.delay = 0.0


class Line(threading.Thread):
    """The line to a Redis: it passes every answer on after ``delay`` seconds."""

    def __init__(self, to: int) -> None:
        super().__init__(daemon=True)
        self.to = to
        self.port = free_port()
        self.delay = 0.0
        self.start()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        async with server:
            await server.serve_forever()

    async def _pass_on(self, asking: asyncio.StreamReader, answered: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            answers, asked = await asyncio.open_connection("127.0.0.1", self.to)
            await asyncio.gather(
                self._copy(asking, asked, is_answer=False),
                self._copy(answers, answered, is_answer=True),
            )
        answered.close()

    async def _copy(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                if is_answer and self.delay:
                    await asyncio.sleep(self.delay)
                target.write(data)
                await target.drain()
        target.close()


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.thaw()
    server.stop()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def mesa(
    redis: RedisServer, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mesa]:
    if not REAL_SERVICES:
        pytest.skip("PostgreSQL and Redis are not running: ./mesa test starts them")
    running = Mesa("postgres", Path(tmp_path_factory.mktemp("redis")), mailbox, demo=True)
    running.environment["REDIS_URL"] = f"redis://127.0.0.1:{redis.line.port}/0"
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def token(mesa: Mesa) -> str:
    return mesa.manage("api_token", "requester@norte.example")


def ready(mesa: Mesa) -> dict[str, Any]:
    with urllib.request.urlopen(f"{mesa.url}/readyz", timeout=20) as response:
        found: dict[str, Any] = json.loads(response.read())
    return found


def raise_at_once(mesa: Mesa, token: str, words: str) -> list[str]:
    """Raise tickets from several threads, read one of them, and return their numbers."""
    numbers: list[str] = []

    def work(thread: int) -> None:
        for number in range(3):
            subject = f"{words} {thread} {number}"
            made = mesa.api(token, "POST", "tickets/", {**NEW, "subject": subject})
            numbers.append(made["number"])
            mesa.api(token, "POST", f"tickets/{made['number']}/replies/", {"body": "And again."})

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 3 * AT_ONCE
    assert mesa.api(token, "GET", f"tickets/{numbers[0]}/")["subject"].startswith(words)
    return numbers


BREAKS: dict[str, tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]]] = {
    "stopped": (RedisServer.stop, RedisServer.start),
    "frozen": (RedisServer.freeze, RedisServer.thaw),
    "full": (RedisServer.fill, RedisServer.empty),
    "slow": (RedisServer.slow_down, RedisServer.hurry),
}


@pytest.mark.parametrize("way", list(BREAKS))
def test_postgres_goes_on_without_redis(
    mesa: Mesa, mailbox: Mailbox, redis: RedisServer, token: str, way: str
) -> None:
    breaks, mends = BREAKS[way]
    wait_until(lambda: ready(mesa)["status"] == "ok", "the product is whole")
    breaks(redis)
    try:
        numbers = raise_at_once(mesa, token, f"Redis {way}")
        told = ready(mesa)
    finally:
        mends(redis)

    assert (told["status"], told["database"], told["cache"]) == ("degraded", "ok", "away")
    assert told["broker"] == ("ok" if way == "slow" else "away")
    assert [name for name, process in mesa.processes.items() if process.poll() is not None] == []
    wait_until(lambda: ready(mesa)["status"] == "ok", "the cache is used again")

    def letters() -> Counter[str]:
        subjects = [str(mail["Subject"]) for mail in mailbox.to("requester@norte.example")]
        return Counter(n for n in numbers for subject in subjects if n in subject)

    wait_until(lambda: len(letters()) == len(numbers), "every ticket is acknowledged", 120)
    assert set(letters().values()) == {1}


def test_a_message_that_cannot_be_acknowledged_leaves_room_for_the_next(
    redis: RedisServer,
) -> None:
    url = f"redis://127.0.0.1:{redis.port}/1"
    with Connection(url, transport=RedisTransport) as connection:
        channel: Any = connection.channel()
        channel.basic_qos(0, 1, False)  # as a worker of one task at a time
        queue = Queue("probe", routing_key="probe").bind(channel)
        queue.declare()
        Producer(channel).publish("x", routing_key="probe")
        message = queue.get()
        assert not channel.qos.can_consume()
        redis.limit(1)
        try:
            with pytest.raises(OutOfMemoryError):
                message.ack()
        finally:
            redis.limit(0)

        assert channel.qos.can_consume()
