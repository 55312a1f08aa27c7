"""The production shape as its files describe it. Containers do not run here: the files are read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = (ROOT / "deploy/nginx.conf").read_text()


CAPABILITIES = {
    "nginx": {"NET_BIND_SERVICE", "SETUID", "SETGID", "CHOWN"},
    "postgres": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID"},
}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_writes_nothing_and_has_no_capability_to_spare(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", [])) == CAPABILITIES.get(name, set())


def test_database_and_broker_are_on_the_inner_network_alone() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]
    assert SERVICES["nginx"]["networks"] == ["outside"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]


def test_the_converter_has_neither_network_nor_data() -> None:
    converter = SERVICES["converter"]

    assert converter["network_mode"] == "none"
    assert "networks" not in converter
    assert converter["volumes"] == ["spool:/spool"]
    assert "environment" not in converter
    assert SERVICES["reports"]["environment"]["MESA_CONVERTER_SPOOL"] == "/spool"
    assert "spool:/spool" in SERVICES["reports"]["volumes"]


def test_the_files_that_the_converter_gets_are_those_it_imports() -> None:
    copied = re.findall(r"foundation/\S+\.py", (ROOT / "Dockerfile").read_text())
    code = "import sys, foundation.documents.converter; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()
    needed = {name.replace(".", "/") for name in loaded if name.startswith("foundation")}

    assert {path.removesuffix(".py").removesuffix("/__init__") for path in copied} == needed


def test_images_are_pinned_to_a_release_and_the_broker_asks_for_a_password() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    bases = re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.M)

    assert len(bases) == 1
    assert all(re.search(r":\d+\.\d+\b", image) for image in images), images
    assert re.search(r":\d+\.\d+\.\d+-", bases[0]), bases
    assert "--requirepass" in SERVICES["redis"]["command"]
    assert "redis://:${REDIS_PASSWORD" in SERVICES["web"]["environment"]["REDIS_URL"]
    assert "REDIS_PASSWORD=" in (ROOT / ".env.example").read_text()


def test_secrets_and_data_do_not_enter_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".env", ".git", "var", ".venv"} <= set(ignored)


def test_the_web_server_limits_requests_and_names_no_version() -> None:
    doors = re.search(r"location ~ \^/\(([^)]+)\) \{\s+limit_req zone=doors", NGINX)

    assert "server_tokens off;" in NGINX
    assert "limit_req zone=pages" in NGINX
    assert doors is not None
    wanted = {"accounts/", "admin/login/", "admin/password_change/", "verify/"}
    assert set(doors[1].split("|")) == wanted


def test_behind_https_plain_requests_are_redirected() -> None:
    """In a process of its own: the setting is read once, from ``MESA_URL``."""
    code = """
import json, django
django.setup()
from django.test import Client
client = Client(SERVER_NAME="mesa.norte.example")
told = {"HTTP_X_FORWARDED_PROTO": "https"}
api = "/api/v1/tickets/"
answers = [client.get(api), client.get(api, **told), client.get("/healthz")]
print(json.dumps([
    [answer.status_code, answer.get("Location", ""), "Strict-Transport-Security" in answer]
    for answer in answers
]))
"""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "servicedesk.settings",
        "MESA_URL": "https://mesa.norte.example",
        "MESA_ALLOWED_HOSTS": "mesa.norte.example",
    }

    printed = subprocess.check_output(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, text=True
    )

    assert json.loads(printed) == [
        [301, "https://mesa.norte.example/api/v1/tickets/", False],
        [401, "", True],
        [200, "", False],
    ]
