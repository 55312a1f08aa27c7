"""An API client for tests: bearer token, JSON, headers by name."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client


class Api:
    def __init__(self, secret: str) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self._send(self.client.post, path, body, headers)

    def patch(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self._send(self.client.patch, path, body, headers)

    def put(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self._send(self.client.put, path, body, headers)

    def _send(
        self, send: Callable[..., Any], path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers={**self.headers, **named},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={**self.headers, **headers})

    def delete(self, path: str, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.delete(f"/api/v1/{path}", headers={**self.headers, **named})
