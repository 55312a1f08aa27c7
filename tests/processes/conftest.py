"""The shapes of the product whose processes are killed, and the mailbox of each."""

from collections.abc import Iterator

import pytest

from tests.support.running import REAL_SERVICES, Mailbox


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shape(request: pytest.FixtureRequest) -> str:
    if request.param == "postgres" and not REAL_SERVICES:
        pytest.skip("PostgreSQL and Redis are not running: ./mesa test starts them")
    return str(request.param)


@pytest.fixture(scope="module")
def mailbox(shape: str) -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.stop()
