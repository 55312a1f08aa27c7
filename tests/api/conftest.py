from collections.abc import Callable

import pytest

from foundation.accounts.models import User
from foundation.accounts.services import issue_user_token
from tests.support.api import Api
from tests.support.house import MONDAY_9AM, SETUP, House


@pytest.fixture
def api(house: House) -> Callable[[User], Api]:
    """Return what makes an API client for a person."""

    def make(user: User) -> Api:
        return Api(issue_user_token(user=user, by=SETUP, at=MONDAY_9AM))

    return make
