"""No input is a server error: requests made from the API's schema, and hostile values in every form
and every address. Bounded and derandomized: the same requests on each run.
"""

import json
import random
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core import NOT_SET

from foundation.accounts.models import User
from foundation.accounts.services import issue_user_token
from tests.architecture.permissions import expected
from tests.architecture.routes import all_routes
from tests.support.house import SETUP, House
from tests.support.world import path_of, signed_in, world

__all__ = ["world"]
pytestmark = [pytest.mark.long, pytest.mark.once]

EXAMPLES = 30  # of each operation of the API, for each role
TRIES = 4  # of each form of a page
API_ROLES = ("requester", "agent", "desk_manager", "bpo")
HOSTILE = [
    "",
    " ",
    "\0",
    "²",
    "٣",
    "-1",
    "0",
    "1e999",
    "9" * 40,
    "NaN",
    "x" * 5000,
    "'; DROP TABLE x; --",
    "%s%n{{7*7}}{% x %}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31T23:59",
    "25:61",
    "\u202e\u200b🏳️‍🌈",
    "null",
    "[]",
    '{"a": [1]}',
    "on",
    "a@b",
    "http://[",
]


class Undo(Exception):
    """Rolls one request back."""


def status_of(ask: Callable[[], Any]) -> int:
    """Make a request, take back what it wrote, and return its status."""
    status = 0
    try:
        with transaction.atomic():
            response = ask()
            status = response.status_code
            if response.streaming:
                response.close()
            raise Undo
    except Undo:
        return status


# --- the API --------------------------------------------------------------------------------------


def send(client: Client, case: Any, path: str) -> int:
    headers = {
        name: value.encode("latin-1", "ignore").decode("latin-1")
        for name, value in (case.headers or {}).items()
    }
    query = urlencode(case.query or {}, doseq=True)
    body = None if case.body is NOT_SET else case.body
    if case.media_type == "multipart/form-data":
        data = _fields_of(body) if isinstance(body, dict) else {}
        return status_of(lambda: client.post(f"{path}?{query}", data, headers=headers))
    content = b"" if body is None else json.dumps(body).encode()
    return status_of(
        lambda: client.generic(
            case.method,
            f"{path}?{query}",
            content,
            content_type="application/json",
            headers=headers,
        )
    )


def _fields_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body as multipart fields; some of the texts become files."""
    fields: dict[str, Any] = {}
    for name, value in body.items():
        text = value if isinstance(value, str) else json.dumps(value)
        is_file = name in {"form", "file", "redacted", "files"} and len(text) % 2
        content = text.encode("utf-8", "replace")
        fields[name] = SimpleUploadedFile("a.xlsx", content) if is_file else text
    return fields


@pytest.mark.parametrize("role", API_ROLES)
def test_no_request_of_the_schema_is_a_server_error(
    house: House, world: dict[str, str], role: str
) -> None:
    user = {**house.staff, **house.people}[role]
    token = issue_user_token(user=user, by=SETUP, at=timezone.now())
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
    schema = client.get("/api/v1/schema/?format=json").json()
    failures: list[str] = []
    statuses: set[int] = set()
    for result in schemathesis.openapi.from_dict(schema).get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), is_real=st.booleans())
        def run(case: Any, is_real: bool) -> None:
            typed = {name: str(value) for name, value in (case.path_parameters or {}).items()}
            real = {name: world.get(name, value) for name, value in typed.items()}
            if "/audits/" in case.path and "number" in real:
                real["number"] = world["audit"]
            path = case.path.format(**(real if is_real else typed))
            status = send(client, case, path)
            statuses.add(status)
            if status >= 500:
                failures.append(f"{case.method} {path} {case.query} {case.body!r:.300}")

        run()
    assert failures == []
    assert {200, 400, 404} <= statuses


# --- pages ----------------------------------------------------------------------------------------


class Forms(HTMLParser):
    """The forms of a page that are sent by POST: address, names of the fields, and which are
    files; and the names of the parameters in the page's own links.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            if given.get("method", "").lower() == "post":
                self.forms.append((given.get("action", ""), self._fields))
        elif self._fields is not None and given.get("name"):
            is_file = given.get("type") == "file"
            self._fields[given["name"]] = "\0file" if is_file else given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


def hostile(chance: random.Random, fields: dict[str, str]) -> dict[str, Any]:
    """Return the fields with hostile values in about half of them; some are missing or doubled."""
    sent: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "csrfmiddlewaretoken" or chance.random() < 0.05:
            continue
        if value == "\0file":
            content = chance.choice([b"", b"%PDF-1.7\n%%EOF", b"PK\x03\x04", b"\xff\xfe\0a"])
            ending = chance.choice(["pdf", "xlsx", "docx", "png", "txt", "exe"])
            sent[name] = SimpleUploadedFile(f"{chance.choice(HOSTILE)[:60]}.{ending}", content)
        elif chance.random() < 0.5:
            sent[name] = chance.choice(HOSTILE)
        else:
            sent[name] = [value, chance.choice(HOSTILE)] if chance.random() < 0.1 else value
    return sent


PARAMETERS = (
    *("page", "q", "o", "p", "show", "view", "before", "open", "month", "organization", "customer"),
    *("state", "priority", "assignee", "e", "next", "service", "contract", "number", "format"),
)


@pytest.mark.parametrize("chunk", range(4))
def test_no_form_and_no_address_of_a_page_is_a_server_error(
    house: House, world: dict[str, str], chunk: int
) -> None:
    people: dict[str, User] = {**house.staff, **house.people}
    sessions: dict[int, str] = {}
    failures: list[str] = []
    sent = 0
    for route in all_routes()[chunk::4]:
        roles = [each for each in people if each in expected(route.name)]
        if not roles or route.pattern.startswith("api/"):
            continue
        chance = random.Random(route.name)
        client = signed_in(people[roles[0]], sessions)
        client.raise_request_exception = False
        path = path_of(route, world).partition("?")[0]

        def ask(method: str, address: str, data: Any, by: Client = client) -> int:
            nonlocal sent
            sent += 1
            call = by.get if method == "GET" else by.post
            status = status_of(lambda: call(address, data))
            if status >= 500:
                failures.append(f"{method} {address} {data!r:.300}: {status}")
            return status

        forms: list[tuple[str, dict[str, str]]] = [(path, {})]
        if ask("GET", path, {}) == 200 and "logout" not in path:
            page = client.get(path)
            text = b"" if page.streaming else page.content
            page.close()
            forms += Forms(text.decode(errors="replace")).forms
        for _ in range(TRIES):
            names = chance.sample(PARAMETERS, 4)
            ask("GET", path, {name: chance.choice(HOSTILE) for name in names})
        for action, fields in forms:
            address = action or path
            if address.startswith("/accounts/logout") or not address.startswith("/"):
                continue
            for _ in range(TRIES):
                ask("POST", address, hostile(chance, fields))
    assert failures == []
    assert sent > 200
