"""The configuration, reports and simulations while the broker is away: what is stored is not
answered with an error.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from tests.support.broker import KINDS, broker_away
from tests.support.house import House
from tests.support.pages import pages
from tests.support.world import world

__all__ = ["world"]


@pytest.fixture
def administrator(world: dict[str, str], house: House, sign_in: Callable[..., Client]) -> Client:
    client = sign_in(house.staff["administrator"])
    client.raise_request_exception = False
    return client


@pytest.mark.once
@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_the_configuration_is_saved_without_the_broker(
    kind: str, administrator: Client, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    monkeypatch = request.getfixturevalue("monkeypatch")
    committing = request.getfixturevalue("django_capture_on_commit_callbacks")
    client = administrator
    answers = {}
    tried = 0
    for path, _model, sent in pages(client):
        with (
            broker_away(kind, monkeypatch, tmp_path) as broker,
            committing(execute=True),
        ):
            answers[path] = client.post(path, sent).status_code
        tried += broker.is_away

    assert tried >= 5
    refused = {path for path, status in answers.items() if status != 302}
    assert {answers[path] for path in refused} <= {403}  # what nobody may change
    assert len(answers) - len(refused) >= 15
