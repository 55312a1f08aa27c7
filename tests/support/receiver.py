"""A server that receives webhooks, on loopback, and answers as a test tells it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answering = Callable[["Received"], int]


@dataclass
class Received:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """``answer`` gives the status of a request; ``headers`` go with every answer; ``text`` is its
    body. ``hangs`` is how many seconds go by before an answer.
    """

    url: str = ""
    received: list[Received] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answer: Answering = lambda _received: 204
    headers: dict[str, str] = field(default_factory=dict)
    text: bytes = b""
    hangs: float = 0.0

    @property
    def events(self) -> list[dict[str, Any]]:
        return [each.event for each in self.received]

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            came = Received(headers, self.rfile.read(length))
            receiver.received.append(came)
            receiver.paths.append(self.path)
            status = receiver.answer(came)
            if receiver.hangs:
                time.sleep(receiver.hangs)
            try:
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(receiver.text)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(receiver.text)
            except OSError:
                pass  # the client went away

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
