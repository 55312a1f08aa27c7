"""Reads settings from environment variables. A wrong value raises ``ImproperlyConfigured`` with the
name and the correct form.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


class EnvironmentVariables:
    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = os.environ if variables is None else variables

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise wrong(name, value, "write 1 or 0")

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdecimal()) or not low <= int(value) <= high:
            raise wrong(name, value, f"write a whole number from {low} to {high}")
        return int(value)

    def amounts(self, name: str, defaults: Mapping[str, int]) -> dict[str, int]:
        """Return the defaults, changed by pairs such as ``replies=60,files=20``."""
        amounts = dict(defaults)
        for pair in self.words(name):
            key, _, value = pair.partition("=")
            if key not in defaults or not value.isdecimal() or not value.isascii():
                cure = f"write pairs such as {next(iter(defaults))}=20, of {', '.join(defaults)}"
                raise wrong(name, pair, cure)
            amounts[key] = int(value)
        return amounts

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """Return networks of IP addresses such as ``10.1.0.0/16, fd00::/8``."""
        found = []
        for word in self.words(name):
            try:
                found.append(ip_network(word))
            except ValueError as error:
                raise wrong(name, word, "write networks such as 10.1.0.0/16") from error
        return found

    def url(self, name: str, schemes: tuple[str, ...], default: str = "") -> str:
        value = self.text(name, default)
        if value and urlsplit(value).scheme not in schemes:
            shown = f"{urlsplit(value).scheme}://…" if "://" in value else value
            raise wrong(
                name,
                shown,
                f"write a URL that starts with {' or '.join(f'{s}://' for s in schemes)}",
            )
        return value


def wrong(name: str, value: str, cure: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}={value!r} is not usable: {cure}. See .env.example.")


def mail_settings(url: str) -> dict[str, object]:
    """Return Django's e-mail settings from ``EMAIL_URL``.

    ``console://``, ``file:///folder``, ``smtp://user:password@host:587`` (STARTTLS when a user is
    given), ``smtp+ssl://…``.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": parts.path,
        }
    if not parts.hostname:
        raise wrong(
            "EMAIL_URL", url, "name the mail server, such as smtp://user:password@mail.example:587"
        )
    secure = parts.scheme == "smtp+ssl"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": bool(parts.username) and not secure,
        "EMAIL_TIMEOUT": 30,
    }


def broker_folder(folder: Path) -> dict[str, Any]:
    """Make the folder of the embedded broker; return the options of its transport. Where the folder
    cannot be made, ``/readyz`` says so, and the pages go on.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.2,
    }
