"""What lies in the cache can be read as JSON: a pickle would run code of who writes there."""

import json
from typing import Any

import pytest
from django.core.cache import cache

from escalation.queries import RULES_KEY, active_rules
from servicedesk.cache import JSONSerializer
from tests.support.house import House
from tests.support.rules import rule


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

    assert json.loads(cache.get(RULES_KEY))["customers"] == [[house.north.pk]]
    for active in (first[0], again[0]):
        assert active.rule == made
        assert active.customers == (house.north.pk,)
        for field in made._meta.concrete_fields:
            made.refresh_from_db()
            assert getattr(active.rule, field.attname) == getattr(made, field.attname)
