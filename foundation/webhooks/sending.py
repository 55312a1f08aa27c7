"""Requests to the servers of others, by libcurl: all at once, each cut off after ``TIMEOUT``, to
addresses that ``addresses.may_call`` allows, never redirected, never through a proxy.
"""

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import certifi
import pycurl
from django.conf import settings

from foundation.webhooks.addresses import may_call
from foundation.webhooks.models import ANSWER_KEPT, Failure

TIMEOUT = 10.0  # seconds of a whole request, from the look-up of the name to the end of the answer
_LONGEST_ANSWER = 64 * 1024  # bytes; the status has come before
_MOST_SECONDS = 3600  # a longer Retry-After is cut
_REDIRECTS = range(300, 400)
_GOOD = range(200, 300)
_GONE = 410

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


_BUSY = {408, 425, 429}


@dataclass
class _Exchange:
    """One request on its way."""

    handle: Any = field(default_factory=pycurl.Curl)
    received: bytearray = field(default_factory=bytearray)
    length: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    is_refused: bool = False
    # libcurl works with a copy of the descriptor
    sockets: list[socket.socket] = field(default_factory=list)


def send_all(requests: Sequence[Outgoing]) -> list[Answer]:
    """Make the requests at the same time and return their answers in order. Takes ``TIMEOUT`` at
    most, and never raises for what a server does.
    """
    exchanges = [_exchange(request) for request in requests]
    ended: dict[Any, tuple[int, str]] = {}
    multi = pycurl.CurlMulti()
    for exchange in exchanges:
        multi.add_handle(exchange.handle)
    try:
        active = len(exchanges)
        while active:
            _code, active = multi.perform()
            _collect(multi, ended)
            if active and multi.select(1.0) < 0:  # names are being looked up
                time.sleep(0.01)
        return [_answer(exchange, *ended[exchange.handle]) for exchange in exchanges]
    finally:
        for exchange in exchanges:
            multi.remove_handle(exchange.handle)
            exchange.handle.close()
            for opened in exchange.sockets:
                opened.close()
        multi.close()


def _collect(multi: Any, ended: dict[Any, tuple[int, str]]) -> None:
    remaining = 1
    while remaining:
        remaining, good, bad = multi.info_read()
        ended.update((handle, (0, "")) for handle in good)
        ended.update((handle, (code, words)) for handle, code, words in bad)


def _exchange(request: Outgoing) -> _Exchange:
    exchange = _Exchange()
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    options = {
        pycurl.URL: request.url,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.POSTFIELDS: request.body.encode(),
        pycurl.HTTPHEADER: [
            *lines,
            "Content-Type: application/json; charset=utf-8",
            "Expect:",  # no answer is waited for before the body is sent
        ],
        pycurl.USERAGENT: "Mesa-Webhooks/1",
        pycurl.TIMEOUT_MS: int(TIMEOUT * 1000),
        pycurl.NOSIGNAL: True,  # threads
        pycurl.FOLLOWLOCATION: False,
        pycurl.PROXY: "",  # the environment's proxy would be connected to instead
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.CAINFO: settings.MESA_WEBHOOK_CA_FILE or certifi.where(),
        pycurl.OPENSOCKETFUNCTION: lambda _purpose, address: _open(exchange, address),
        pycurl.HEADERFUNCTION: lambda line: _take_header(exchange, line),
        pycurl.WRITEFUNCTION: lambda data: _take(exchange, data),
    }
    for option, value in options.items():
        exchange.handle.setopt(option, value)
    return exchange


def _open(exchange: _Exchange, address: Any) -> Any:
    """Return a socket for the address that a name led to, unless nothing may be sent there."""
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
    if len(exchange.headers) < 100:
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
        took_ms=int(exchange.handle.getinfo(pycurl.TOTAL_TIME) * 1000),
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
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)
