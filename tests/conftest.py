import gc
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import connection
from django.test import Client
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from foundation.accounts.models import User
from foundation.accounts.tenancy import every_organization
from tests.support.house import MONDAY_9AM, House, build_house

# A busy machine makes an example slow, which says nothing about the code.
hypothesis_settings.register_profile("mesa", deadline=None)
hypothesis_settings.load_profile("mesa")

# Their pages read by the queries of the apps, whose own tests run on both databases; the long part
# opens every page on PostgreSQL too. What remains is the order and the statement count of lists.
PAGE_TESTS = {"desk", "portal", "web"}
LIST_TESTS = {"test_lists.py", "test_queue.py"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, deselect the tests that use no database, those of pages, and those marked
    ``once``.
    """
    if connection.vendor != "postgresql":
        return
    again = [item for item in items if _depends_on_the_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in again])
    items[:] = again


def _depends_on_the_database(item: pytest.Item) -> bool:
    uses = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    is_page = item.path.parent.name in PAGE_TESTS and item.path.name not in LIST_TESTS
    is_page = is_page and item.get_closest_marker("long") is None
    is_once = is_page or item.get_closest_marker("once") is not None
    return bool(uses or item.get_closest_marker("django_db")) and not is_once


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the garbage collector skip what the imports made, and run less often: a sixth faster."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture
def all_scope() -> Iterator[None]:
    """Open the scope of every organization for the test; the code under test opens its own."""
    with every_organization(reason="a test looks at everything"):
        yield


@pytest.fixture(scope="session")
def _standing_house(django_db_setup: None, django_db_blocker: Any) -> House:
    """Create the house once per process, outside the transaction of any test."""
    with django_db_blocker.unblock(), every_organization(reason="tests build their house"):
        return build_house()


@pytest.fixture
def rebuilt_house(_standing_house: House, django_db_blocker: Any) -> Iterator[None]:
    """Build the house again, with the ids that it had, after a test that commits, whose end
    empties the tables. It is the first fixture of such a test.
    """
    yield
    with django_db_blocker.unblock(), every_organization(reason="tests build their house"):
        _guard_the_record("raise_guards")
        _count_from_one()
        vars(_standing_house).update(vars(build_house()))


@pytest.fixture
def unguarded_record(transactional_db: None) -> Iterator[None]:
    """Let the end of a test that commits empty the record as well; ``rebuilt_house`` guards it
    again.
    """
    yield
    _guard_the_record("lower_guards")


def _guard_the_record(act: str) -> None:
    """Run a function of the migration that guards the record."""
    guards = import_module("foundation.activity.migrations.0002_guards")
    with connection.cursor() as cursor:
        editor = SimpleNamespace(
            connection=connection, execute=lambda sql, params=None: cursor.execute(sql)
        )
        getattr(guards, act)(None, editor)


def _our_tables() -> set[str]:
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if not model.__module__.startswith("django.")
    }


def _count_from_one() -> None:
    """Let the ids of our emptied tables begin again: texts in ``tests/written`` have ids."""
    sequences = [
        each for each in connection.introspection.sequence_list() if each["table"] in _our_tables()
    ]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_by_name_sql(no_style(), sequences):
            cursor.execute(sql)


@pytest.fixture
def house(db: None, all_scope: None, _standing_house: House) -> House:
    """Return this test's own copy of the rows; what it changes in the database is rolled back."""
    copy = deepcopy(_standing_house)
    for organization in (copy.north, copy.south):
        # Saving renews the stamp, the key of the process cache of contracts and policies: entries
        # that another test has cached are not found.
        organization.save()
    return copy


@pytest.fixture
def empty_tables(db: None) -> None:
    """Delete the rows of the house; the rollback at the end of the test restores them."""
    _guard_the_record("lower_guards")
    with connection.cursor() as cursor:
        for table in _our_tables():
            cursor.execute(f'DELETE FROM "{table}"')  # foreign keys are checked at the commit


@pytest.fixture
def monday() -> Iterator[None]:
    """Freeze the clock at Monday 09:00 in Mexico City, for views that read it."""
    with time_machine.travel(MONDAY_9AM, tick=False):
        yield


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    cache.clear()  # rate-limit counters of one test must not reach the next


@pytest.fixture(autouse=True)
def _default_language() -> None:
    """Activate the default language: a request leaves the reader's one active in the thread."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    """Sign a person in without the login form, whose rate limits stay on."""

    def _sign_in(user: User) -> Client:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return _sign_in
