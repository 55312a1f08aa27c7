from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.running import REAL_SERVICES, Mailbox, Mesa

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=30_000)  # milliseconds: two products share two cores


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def language(mesa: Mesa) -> str:
    """Spanish on SQLite, English on PostgreSQL: no text depends on the database."""
    return "es" if mesa.shape == "sqlite" else "en"


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def mesa(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mesa]:
    """The product with its demonstration, once per shape."""
    if request.param == "postgres" and not REAL_SERVICES:
        pytest.skip("PostgreSQL and Redis are not running: ./mesa test starts them")
    mailbox = Mailbox()
    running = Mesa(request.param, Path(tmp_path_factory.mktemp(request.param)), mailbox, demo=True)
    try:
        yield running.start()
    finally:
        running.stop()
        mailbox.stop()
