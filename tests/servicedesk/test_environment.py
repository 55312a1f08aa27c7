"""An invalid environment variable stops the start, with an error that names the variable and the
fix.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from servicedesk.environment import EnvironmentVariables, mail_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("MESA_DEBUG", "maybe", "write 1 or 0"),
        ("PORT", "http", "from 1 to 65535"),
        ("DATABASE_URL", "mysql://x", "postgres://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("EMAIL_URL", "smtp://", "name the mail server"),
        ("MESA_SECRET_KEY", "short", "32 random characters"),
        ("MESA_TICKET_PREFIX", "T-1", "letters only"),
        ("MESA_EVIDENCE_RETENTION_DAYS", "-1", "from 1 to 36500"),
        ("MESA_LOG_LEVEL", "LOUD", "write one of DEBUG, INFO"),
    ],
)
def test_a_wrong_variable_is_named_with_its_cure(
    name: str, value: str, cure: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "MESA_VAR": str(tmp_path),
        name: value,
        "DJANGO_SETTINGS_MODULE": "servicedesk.settings",
    }

    done = subprocess.run(
        [sys.executable, "-c", "import servicedesk.settings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert name in done.stderr
    assert cure in done.stderr


def test_a_password_in_a_url_never_reaches_the_message() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        EnvironmentVariables({"DATABASE_URL": "mysql://user:hunter2@host/db"}).url(
            "DATABASE_URL", ("postgres",)
        )

    assert "hunter2" not in str(caught.value)


def test_mail_urls() -> None:
    starttls = mail_settings("smtp://user%40x:pa%2Fss@mail.example:587")

    assert (
        starttls["EMAIL_HOST_USER"],
        starttls["EMAIL_HOST_PASSWORD"],
        starttls["EMAIL_USE_TLS"],
        starttls["EMAIL_PORT"],
    ) == (
        "user@x",
        "pa/ss",
        True,
        587,
    )
    assert mail_settings("smtp+ssl://mail.example")["EMAIL_PORT"] == 465
    assert mail_settings("smtp://mail.example")["EMAIL_PORT"] == 25
    assert str(mail_settings("console://")["EMAIL_BACKEND"]).endswith("console.EmailBackend")


def test_a_number_is_taken_within_its_bounds() -> None:
    def number(value: str) -> int:
        return EnvironmentVariables({"SECONDS": value}).number("SECONDS", 10, low=0, high=60)

    assert [number(value) for value in ("", "0", "7", "60")] == [10, 0, 7, 60]
    for wrong in ("-1", "61", "1.5", "ten", "٣"):
        with pytest.raises(ImproperlyConfigured, match="a whole number from 0 to 60"):
            number(wrong)
