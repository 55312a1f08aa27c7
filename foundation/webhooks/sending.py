"""Requests to the servers of others, by libcurl: many at the same time, each cut off after
``TIMEOUT``, to addresses that ``addresses.may_call`` allows, never redirected, never through a
proxy.
"""

import logging
import socket
import time
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import certifi
import pycurl
from django.conf import settings

from foundation.webhooks.addresses import is_address, may_call, to_ascii
from foundation.webhooks.models import ANSWER_KEPT, Failure
from foundation.webhooks.names import look_up

logger = logging.getLogger(__name__)

TIMEOUT = 10.0  # seconds of a whole request, from the look-up of the name to the end of the answer
_LONGEST_ANSWER = 64 * 1024  # bytes; the status has come before
_MOST_SECONDS = 3600  # a longer Retry-After is cut
_MOST_HEADERS = 100
_WAIT = 0.05  # seconds between two looks while names are looked up
_REDIRECTS = range(300, 400)
_GOOD = range(200, 300)
_GONE = 410
_BUSY = {408, 425, 429}

_FAILURES = {
    pycurl.E_COULDNT_RESOLVE_HOST: Failure.UNKNOWN_HOST,
    pycurl.E_OPERATION_TIMEDOUT: Failure.TIMEOUT,
    pycurl.E_SSL_CONNECT_ERROR: Failure.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: Failure.TLS,
    pycurl.E_SSL_CERTPROBLEM: Failure.TLS,
    pycurl.E_SSL_CIPHER: Failure.TLS,
}


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A request to be made: a POST of JSON."""

    url: str
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a request. ``failure`` is empty when it was taken; ``status_code`` is None when
    no answer came.
    """

    status_code: int | None = None
    failure: str = ""
    detail: str = ""
    text: str = ""
    took_ms: int = 0
    retry_after: int | None = None  # seconds, as the server asks

    @property
    def is_server_down(self) -> bool:
        """Whether it says that the server is away, rather than that it refuses this one event."""
        if not self.failure or self.failure in {Failure.BODY, Failure.GONE}:
            return False
        if self.failure != Failure.STATUS:
            return True
        return self.status_code is None or self.status_code >= 500 or self.status_code in _BUSY


@dataclass
class _Exchange:
    """One request on its way."""

    key: Hashable
    request: Outgoing
    started_at: float
    handle: Any = None  # once the name was looked up
    received: bytearray = field(default_factory=bytearray)
    length: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    is_refused: bool = False
    # libcurl works with a copy of the descriptor
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def ends_in(self) -> float:
        return self.started_at + TIMEOUT - time.monotonic()


class Line:
    """Requests that are on their way, each under a key. Used by one thread."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._under_way: dict[Hashable, _Exchange] = {}
        self._looked_up: SimpleQueue[tuple[Hashable, list[str]]] = SimpleQueue()
        self._ended: list[tuple[Hashable, Answer]] = []

    def start(self, key: Hashable, request: Outgoing) -> None:
        """Begin a request. Whatever is wrong with it is its answer."""
        exchange = _Exchange(key, request, time.monotonic())
        self._under_way[key] = exchange
        try:
            parts = urlsplit(to_ascii(request.url))
            host = parts.hostname or ""
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            self._end(exchange, Answer(failure=Failure.UNKNOWN_HOST, detail=str(error)[:200]))
            return
        if is_address(host):
            self._looked_up.put((key, [host]))
        else:
            look_up(host, port, lambda found: self._looked_up.put((key, found)))

    def finished(self) -> list[tuple[Hashable, Answer]]:
        """Return the answers that came since, after at most a second; at once without a request on
        its way. Each request is answered within ``TIMEOUT``.
        """
        if self._under_way and not self._ended:
            self._step()
        ended = self._ended
        self._ended = []
        return ended

    def close(self) -> None:
        """Give up what is under way."""
        for exchange in list(self._under_way.values()):
            self._release(exchange)
        self._multi.close()

    def _step(self) -> None:
        self._connect_looked_up()
        for exchange in list(self._under_way.values()):
            if exchange.handle is None and exchange.ends_in <= 0:
                self._end(exchange, Answer(failure=Failure.TIMEOUT, took_ms=int(TIMEOUT * 1000)))
        is_looking_up = any(each.handle is None for each in self._under_way.values())
        self._multi.perform()
        self._collect()
        if self._ended or not self._under_way:
            return
        if is_looking_up or self._multi.select(1.0) < 0:
            time.sleep(_WAIT)

    def _connect_looked_up(self) -> None:
        while True:
            try:
                key, found = self._looked_up.get_nowait()
            except Empty:
                return
            exchange = self._under_way.get(key)
            if exchange is None or exchange.handle is not None:
                continue  # it was given up
            allowed = [address for address in found if may_call(address)]
            if not allowed:
                why = Failure.REFUSED_ADDRESS if found else Failure.UNKNOWN_HOST
                self._end(exchange, Answer(failure=why))
                continue
            self._connect(exchange, allowed)

    def _connect(self, exchange: _Exchange, addresses: list[str]) -> None:
        try:
            exchange.handle = _handle(exchange, addresses)
            self._multi.add_handle(exchange.handle)
        except Exception as error:
            # of one request, whatever its address or headers have in them
            logger.exception("A request to a webhook could not be made")
            self._end(exchange, Answer(failure=Failure.NO_CONNECTION, detail=str(error)[:200]))

    def _collect(self) -> None:
        by_handle = {each.handle: each for each in self._under_way.values() if each.handle}
        remaining = 1
        while remaining:
            remaining, good, bad = self._multi.info_read()
            for handle in good:
                self._end(by_handle[handle], _answer(by_handle[handle], 0, ""))
            for handle, code, words in bad:
                self._end(by_handle[handle], _answer(by_handle[handle], code, words))

    def _end(self, exchange: _Exchange, answer: Answer) -> None:
        self._release(exchange)
        self._ended.append((exchange.key, answer))

    def _release(self, exchange: _Exchange) -> None:
        self._under_way.pop(exchange.key, None)
        if exchange.handle is not None:
            with suppress(pycurl.error):  # it may not have been added
                self._multi.remove_handle(exchange.handle)
            exchange.handle.close()
        for opened in exchange.sockets:
            opened.close()


def _handle(exchange: _Exchange, addresses: list[str]) -> Any:
    """Return the request for libcurl, which connects to one of these addresses."""
    request = exchange.request
    url = to_ascii(request.url)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    places = ",".join(f"[{each}]" if ":" in each else each for each in addresses)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    options = {
        pycurl.URL: url,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.RESOLVE: [f"{parts.hostname}:{port}:{places}"],
        pycurl.POSTFIELDS: request.body.encode(),
        pycurl.HTTPHEADER: [
            *lines,
            "Content-Type: application/json; charset=utf-8",
            "Expect:",  # no answer is waited for before the body is sent
        ],
        pycurl.USERAGENT: "Mesa-Webhooks/1",
        pycurl.TIMEOUT_MS: max(1, int(exchange.ends_in * 1000)),
        pycurl.NOSIGNAL: True,  # threads
        pycurl.FOLLOWLOCATION: False,
        pycurl.PROXY: "",  # the environment's proxy would be connected to instead
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.CAINFO: settings.MESA_WEBHOOK_CA_FILE or certifi.where(),
        pycurl.OPENSOCKETFUNCTION: lambda _purpose, address: _open(exchange, address),
        pycurl.HEADERFUNCTION: lambda line: _take_header(exchange, line),
        pycurl.WRITEFUNCTION: lambda data: _take(exchange, data),
    }
    handle = pycurl.Curl()
    for option, value in options.items():
        handle.setopt(option, value)
    return handle


def _open(exchange: _Exchange, address: Any) -> Any:
    """Return a socket for an address, unless nothing may be sent there."""
    family, kind, protocol, place = address
    if family not in {socket.AF_INET, socket.AF_INET6} or not may_call(_host(place)):
        exchange.is_refused = True
        return pycurl.SOCKET_BAD
    opened = socket.socket(family, kind, protocol)
    exchange.sockets.append(opened)
    return opened


def _host(place: Any) -> str:
    host = place[0]
    return host.decode() if isinstance(host, bytes) else str(host)


def _take_header(exchange: _Exchange, line: bytes) -> None:
    name, _colon, value = line.decode("latin-1").partition(":")
    if len(exchange.headers) < _MOST_HEADERS:
        exchange.headers[name.strip().lower()] = value.strip()


def _take(exchange: _Exchange, data: bytes) -> int:
    """Keep the first bytes of the answer; end an answer that goes on and on."""
    exchange.length += len(data)
    exchange.received += data[: max(0, 4 * ANSWER_KEPT - len(exchange.received))]
    return len(data) if exchange.length <= _LONGEST_ANSWER else 0


def _answer(exchange: _Exchange, code: int, words: str) -> Answer:
    status = exchange.handle.getinfo(pycurl.RESPONSE_CODE) or None
    is_cut = code == pycurl.E_WRITE_ERROR and exchange.length > _LONGEST_ANSWER
    failure = _of_status(status) if code == 0 or is_cut else _of_error(exchange, code)
    return Answer(
        status_code=status,
        failure=failure,
        detail=_printable(words)[:200] if failure and code else "",
        text=_printable(exchange.received.decode(errors="replace"))[:ANSWER_KEPT],
        took_ms=int((time.monotonic() - exchange.started_at) * 1000),
        retry_after=_retry_after(exchange.headers),
    )


def _of_error(exchange: _Exchange, code: int) -> str:
    if exchange.is_refused:
        return Failure.REFUSED_ADDRESS
    return _FAILURES.get(code, Failure.NO_CONNECTION)


def _of_status(status: int | None) -> str:
    if status is None or status == _GONE:
        return Failure.GONE if status else Failure.NO_CONNECTION
    if status in _GOOD:
        return ""
    return Failure.REDIRECT if status in _REDIRECTS else Failure.STATUS


def _retry_after(headers: Mapping[str, str]) -> int | None:
    digits = headers.get("retry-after", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        return None
    return min(int(digits), _MOST_SECONDS)


def _printable(text: str) -> str:
    shown = (letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)
    return "".join(shown)
