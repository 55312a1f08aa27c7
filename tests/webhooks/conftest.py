from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import translation

from tests.support.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A real server on loopback, to which webhooks may be sent."""
    settings.MESA_WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as found:
        yield found


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield
