"""nginx itself with ``deploy/nginx.conf``, before a server that answers with what it was told."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "127.0.0.1"
PROXY = "127.0.0.2"  # in front of nginx
FIRST_PROXY = "127.0.0.3"  # in front of that one: it ends TLS
MAIN = """
daemon off;
pid nginx.pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fast;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include {configuration};
}}
"""

pytestmark = pytest.mark.processes


class _Told(BaseHTTPRequestHandler):
    """Answers with the headers that say who asks and how."""

    def do_GET(self) -> None:
        told = [self.headers.get("X-Forwarded-For"), self.headers.get("X-Forwarded-Proto")]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A running nginx, whose proxy in front is ``PROXY``."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program, "nginx is missing: apt-get install nginx-light"
    folder = tmp_path_factory.mktemp("nginx")
    upstream = ThreadingHTTPServer((CLIENT, 0), _Told)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind((CLIENT, 0))
        number = free.getsockname()[1]
    (folder / "proxies.conf").write_text(
        f"set_real_ip_from {PROXY}; set_real_ip_from {FIRST_PROXY};"
    )
    configuration = (ROOT / "deploy/nginx.conf").read_text()
    for old, new in (
        ("listen 80;", f"listen {CLIENT}:{number};"),
        ("server web:8000;", f"server {CLIENT}:{upstream.server_port};"),
        ("/etc/nginx/mesa-proxies.conf", str(folder / "proxies.conf")),
    ):
        assert old in configuration
        configuration = configuration.replace(old, new)
    (folder / "mesa.conf").write_text(configuration)
    (folder / "nginx.conf").write_text(MAIN.format(configuration=folder / "mesa.conf"))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    nginx = subprocess.Popen(command)
    try:
        _wait_for(number, nginx)
        yield number
    finally:
        nginx.terminate()
        nginx.wait()
        upstream.shutdown()
        upstream.server_close()


def _wait_for(number: int, nginx: subprocess.Popen[bytes]) -> None:
    for _attempt in range(100):
        assert nginx.poll() is None, "nginx refused its configuration"
        try:
            socket.create_connection((CLIENT, number)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nginx does not answer")


def _ask(
    port: int, path: str = "/", *, of: str = CLIENT, **said: str
) -> tuple[int, list[str] | None]:
    """Ask from the address ``of``; return the status and what the product was told."""
    connection = HTTPConnection(CLIENT, port, source_address=(of, 0))
    headers = {"X-" + name.replace("_", "-"): value for name, value in said.items()}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if answer.status == 200 else None


def test_a_client_does_not_choose_its_address_or_scheme(port: int) -> None:
    said = {"Forwarded_For": "203.0.113.7", "Forwarded_Proto": "https"}

    assert _ask(port) == (200, [CLIENT, "http"])
    assert _ask(port, **said) == (200, [CLIENT, "http"])


def test_a_proxy_in_front_names_the_client_and_the_scheme(port: int) -> None:
    said = {"Forwarded_For": "198.51.100.1, 203.0.113.7", "Forwarded_Proto": "https"}

    # what the client said of itself stands before what the proxy says of the client
    assert _ask(port, of=PROXY, **said) == (200, ["203.0.113.7", "https"])
    said["Forwarded_For"] = f"198.51.100.1, 203.0.113.7, {FIRST_PROXY}"
    assert _ask(port, of=PROXY, **said) == (200, ["203.0.113.7", "https"])
    said = {"Forwarded_For": "203.0.113.7", "Forwarded_Proto": "http"}
    assert _ask(port, of=PROXY, **said) == (200, ["203.0.113.7", "http"])


def test_one_client_behind_the_proxy_does_not_close_a_door_for_the_others(port: int) -> None:
    loud = [_ask(port, "/verify/", of=PROXY, Forwarded_For="203.0.113.8") for _ in range(40)]

    assert loud[0][0] == 200
    assert loud[-1][0] == 429
    assert _ask(port, "/verify/", of=PROXY, Forwarded_For="203.0.113.9")[0] == 200
    assert _ask(port, "/", of=PROXY, Forwarded_For="203.0.113.8")[0] == 200
