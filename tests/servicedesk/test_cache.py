"""What lies in the cache can be read as JSON: a pickle would run code of who writes there."""

import json
import time
from typing import Any

import pytest
from django.core.cache import cache

from escalation.queries import RULES_KEY, active_rules
from escalation.rules import Among
from foundation.core import waking
from servicedesk.cache import (
    ASKED_AGAIN_AFTER,
    LOGGED_AGAIN_AFTER,
    SLOW,
    GuardedRedisCache,
    JSONSerializer,
    Switch,
)
from tests.support.house import House
from tests.support.rules import rule
from tests.support.running import free_port


@pytest.mark.parametrize("value", ["y", "", None, True, 1.5, [1.5, 2], {"a": [None]}, "12"])
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    written = JSONSerializer().dumps(value)

    assert isinstance(written, bytes)
    assert JSONSerializer().loads(written) == value


def test_numbers_stay_plain_for_redis_to_count() -> None:
    assert JSONSerializer().dumps(12) == 12
    assert JSONSerializer().loads(b"13") == 13


def test_what_json_cannot_say_is_refused_and_not_pickled() -> None:
    with pytest.raises(TypeError):
        JSONSerializer().dumps(object())


def test_rules_are_cached_as_json_and_come_back_whole(house: House) -> None:
    made = rule(person=house.agent)
    made.organizations.add(house.north)
    cache.clear()

    first = active_rules()
    again = active_rules()

    assert json.loads(cache.get(RULES_KEY)[1])["customers"] == [[house.north.pk]]
    for active in (first[0], again[0]):
        assert active.rule == made
        assert active.among == Among((house.north.pk,))
        for field in made._meta.concrete_fields:
            made.refresh_from_db()
            assert getattr(active.rule, field.attname) == getattr(made, field.attname)


@pytest.fixture
def away() -> GuardedRedisCache:
    """A cache whose Redis does not exist."""
    location = f"redis://127.0.0.1:{free_port()}/0"
    options = {"serializer": "servicedesk.cache.JSONSerializer", "socket_connect_timeout": 0.3}
    return GuardedRedisCache(location, {"OPTIONS": options})


def test_a_cache_that_is_away_answers_as_one_of_this_process(
    away: GuardedRedisCache, caplog: pytest.LogCaptureFixture
) -> None:
    assert away.get("a", "nothing") == "nothing"
    assert away.is_away is True
    assert away.add("a", 1) is True
    assert away.add("a", 2) is False
    assert (away.incr("a"), away.get("a"), away.has_key("a")) == (2, 2, True)
    away.set_many({"b": [1], "c": None})
    assert away.get_many(["a", "b", "c", "d"]) == {"a": 2, "b": [1], "c": None}
    assert (away.touch("a"), away.delete("a"), away.delete("a")) == (True, True, False)
    away.delete_many(["b"])
    assert away.get("b") is None
    away.clear()
    assert away.get("c", "nothing") == "nothing"
    with pytest.raises(ValueError, match="missing"):
        away.incr("missing")
    assert away.can_be_written() is False
    assert len(caplog.messages) == 1


def test_two_slow_answers_in_a_row_are_a_failure_that_one_quick_answer_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    switch = Switch()

    for seconds in (SLOW + 0.01, SLOW, SLOW + 0.01):
        switch.succeed(seconds)
        assert switch.is_closed is False
    switch.succeed(SLOW + 0.01)
    assert (switch.is_closed, switch.lets_through()) == (True, False)
    now[0] += ASKED_AGAIN_AFTER
    assert switch.lets_through() is True
    switch.succeed(SLOW + 0.01)  # the one that tries it
    assert switch.lets_through() is False
    now[0] += ASKED_AGAIN_AFTER
    assert switch.lets_through() is True
    switch.succeed(0.01)
    assert (switch.is_closed, switch.lets_through()) == (False, True)


def test_a_cache_that_failed_is_asked_again_after_a_pause_by_one_caller(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    switch = Switch()
    assert switch.lets_through() is True

    switch.fail(OSError("refused"))
    assert (switch.is_closed, switch.lets_through()) == (True, False)
    now[0] += ASKED_AGAIN_AFTER
    assert (switch.lets_through(), switch.lets_through()) == (True, False)
    switch.fail(OSError("refused"))
    assert len(caplog.messages) == 1  # once a minute
    now[0] += ASKED_AGAIN_AFTER
    assert switch.lets_through() is True
    switch.succeed(0.01)
    assert (switch.is_closed, switch.lets_through()) == (False, True)
    switch.fail(OSError("a write is refused"))
    switch.succeed(0.01)  # a read
    assert [message for message in caplog.messages if "used again" in message] == [
        "The cache can be used again"
    ]
    now[0] += LOGGED_AGAIN_AFTER
    switch.fail(OSError("refused"))
    assert [message for message in caplog.messages if "refused" in message] == [
        "The cache cannot be used, each process goes on with its own: refused"
    ] * 2


def test_a_worker_is_not_woken_over_a_broker_that_is_away(
    away: GuardedRedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "cache", away)

    assert waking.Waking("some.task").is_needed() is False


def test_rules_are_read_from_the_database_while_the_cache_is_away(
    house: House, away: GuardedRedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rule(person=house.agent)
    monkeypatch.setattr("foundation.core.kept.cache", away)

    assert [active.rule for active in active_rules()] == [made]
