"""Looks up the addresses of servers of others, each in a thread of its own: a name server that does
not answer holds up nobody else, and no longer than the caller waits.
"""

import socket
import threading
from collections.abc import Callable


def look_up(host: str, port: int, done: Callable[[list[str]], None]) -> None:
    """Call ``done`` in another thread with the IP addresses of a host; with none when it has none
    or is not known.
    """

    def run() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        done(list(dict.fromkeys(str(place[0]) for *_rest, place in found)))

    threading.Thread(target=run, daemon=True).start()
