from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from foundation.accounts.models import User
from foundation.accounts.tenancy import every_organization
from tests.support.house import MONDAY_9AM, House, build_house


@pytest.fixture
def all_scope() -> Iterator[None]:
    """Let the test look at every organization's rows; what is under test opens its own scope."""
    with every_organization(reason="a test looks at everything"):
        yield


@pytest.fixture
def house(db: None, all_scope: None) -> House:
    return build_house()


@pytest.fixture
def monday() -> Iterator[None]:
    """Let it be Monday 09:00 in Mexico City: for views, which read the clock."""
    with time_machine.travel(MONDAY_9AM, tick=False):
        yield


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    cache.clear()  # rate limits of one test are not those of the next


@pytest.fixture
def sign_in(client):
    """Sign a person in without the login form, whose rate limits stay on."""

    def _sign_in(user: User):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return _sign_in
