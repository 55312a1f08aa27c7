"""Every handler hears exactly the events that its parameter names."""

from importlib import import_module
from importlib.util import find_spec
from inspect import getmembers, isfunction
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest
from django.apps import apps

from foundation.core.events import subscriptions
from servicedesk.routers import Router


def named_events(handler: Any) -> set[type]:
    hint = get_type_hints(handler)["event"]
    return set(get_args(hint)) if isinstance(hint, UnionType) else {hint}


def handlers() -> set[Any]:
    """Return the functions ``on_<event>`` of every module ``receivers`` of ours."""
    modules = [
        import_module(f"{app.name}.receivers")
        for app in apps.get_app_configs()
        if not app.name.startswith(("django", "allauth"))
        and find_spec(f"{app.name}.receivers") is not None
    ]
    return {
        function
        for module in modules
        for name, function in getmembers(module, isfunction)
        if name.startswith("on_")
        and function.__module__ == module.__name__
        and "event" in function.__annotations__
    }


def test_a_handler_is_subscribed_to_the_events_that_it_names() -> None:
    heard = {
        (event, handler)
        for event, found in subscriptions().items()
        for handler in found
        if not event.__module__.startswith("tests.")
    }
    named = {(event, handler) for handler in handlers() for event in named_events(handler)}

    assert len(named) > 30  # noqa: PLR2004 - the handlers were found
    assert heard == named


@pytest.mark.parametrize(
    ("label", "database", "migrates"),
    [
        ("django_cache", "cache", (True, False)),
        ("tickets", None, (False, True)),
    ],
)
def test_the_cache_alone_has_a_database_of_its_own(
    label: str, database: str | None, migrates: tuple[bool, bool]
) -> None:
    class _Model:
        class _meta:  # noqa: N801 - the name that Django reads
            app_label = label

    router: Any = Router()
    found = router.db_for_read(_Model), router.db_for_write(_Model)

    assert found == (database, database)
    assert (
        router.allow_migrate("cache", label),
        router.allow_migrate("default", label),
    ) == migrates
    assert router.allow_migrate("reader", label) is False
