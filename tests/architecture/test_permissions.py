"""Every URL and API route x every role: the expected access. A route missing from the table fails,
and so does a leak to another customer.
"""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from catalog.models import Contract
from foundation.accounts.models import Membership, User
from foundation.notifications.models import OutboxMessage
from tests.architecture.permissions import TABLE, expected
from tests.architecture.permissions.roles import ANONYMOUS, NOBODY, OUTSIDER
from tests.architecture.routes import all_routes
from tests.support.house import (
    CUSTOMER_ROLES,
    House,
)
from tests.support.world import CANARY, path_of, signed_in, world

__all__ = ["world"]
LOGINS = ("/accounts/login/", "/admin/login/")


def gets_in(client: Client, path: str) -> tuple[bool, str]:
    """Ask for the page (by POST where GET is not served, or by DELETE) and tell whether the role
    got in, with what came back.
    """
    response = client.get(path)
    if response.status_code == 405 or getattr(
        resolve(path.partition("?")[0]).func, "takes_posts_alone", False
    ):
        response = (
            client.post(path, {}, content_type="application/json")
            if path.startswith("/api/")
            else client.post(path, {})
        )
    if response.status_code == 405:
        response = client.delete(path)
    if path.startswith("/api/") or settings.SESSION_COOKIE_NAME in client.cookies:
        assert "no-store" in response.headers.get("Cache-Control", ""), path
    body = b"".join(response) if response.streaming else response.content
    target = response.headers.get("Location", "")
    turned_away = (
        response.status_code in {401, 403, 404}
        or target in {"/", "/admin/"}
        or target.startswith(LOGINS)
    )
    page_answers = (
        response.status_code == 403
        and b"ticket-head" in body
        or response.status_code == 403
        and b"split-main" in body
    )
    return (not turned_away or page_answers or path in {"/", "/language/"}), body.decode(
        errors="replace"
    )


@pytest.mark.long
@pytest.mark.once
@pytest.mark.parametrize("chunk", range(8))
def test_every_route_lets_in_exactly_the_roles_of_the_table(
    house: House, world: dict[str, str], chunk: int
) -> None:
    # what deletes a row comes after the pages of the row
    routes = sorted(all_routes()[chunk::8], key=lambda route: "/delete/" in route.pattern)
    people: dict[str, User | None] = {
        **house.staff,
        **house.people,
        OUTSIDER: house.outsider,
        ANONYMOUS: None,
    }
    sessions: dict[int, str] = {}
    wrong = []
    leaks = []
    for route in routes:
        path = path_of(route, world)
        for role, user in people.items():
            got_in, body = gets_in(signed_in(user, sessions), path)
            if route.name == "home" and role == ANONYMOUS:
                got_in = False
            is_account_page = route.pattern.startswith("accounts/")
            if is_account_page and role != ANONYMOUS and expected(route.name) != NOBODY:
                # The login's own pages show a person their own account, in whatever state it is.
                continue
            if got_in != (role in expected(route.name)):
                wrong.append(f"{path} {role}: {'got in' if got_in else 'was kept out'}")
            if (
                role in {OUTSIDER, ANONYMOUS}
                and CANARY in body
                and route.name != "portal:acknowledge"
            ):
                leaks.append(f"{path} {role}")
    assert not wrong, "\n".join(wrong)
    assert not leaks, "\n".join(leaks)


@pytest.mark.long
def test_every_route_lets_in_the_first_role_of_the_table(
    house: House, world: dict[str, str]
) -> None:
    """Unlike the test above it runs on PostgreSQL too, where it opens every page once."""
    people: dict[str, User] = {**house.staff, **house.people, OUTSIDER: house.outsider}
    sessions: dict[int, str] = {}
    kept_out = []
    for route in all_routes():
        role = next((each for each in people if each in expected(route.name)), None)
        if role is None or route.pattern.startswith("accounts/"):
            continue
        if not gets_in(signed_in(people[role], sessions), path_of(route, world))[0]:
            kept_out.append((route.name, role))
    assert kept_out == []


def test_every_route_has_a_line_in_the_table() -> None:
    for route in all_routes():
        expected(route.name)


def test_every_line_of_the_table_names_a_route() -> None:
    assert set(TABLE) - {route.name for route in all_routes()} == set()


def test_the_canary_would_be_seen_by_its_own_people(
    house: House, world: dict[str, str], sign_in: Callable[[User], Client]
) -> None:
    """The leak is possible: the same pages show the canary to the north."""
    client = sign_in(house.requester)

    assert CANARY in client.get("/tickets/").content.decode()
    assert CANARY in client.get(f"/api/v1/tickets/{world['number']}/").content.decode()
    assert Membership.objects.filter(organization=house.north).count() == len(CUSTOMER_ROLES)
    assert Contract.objects.filter(organization=house.north).exists()
    assert OutboxMessage.objects.exists()
