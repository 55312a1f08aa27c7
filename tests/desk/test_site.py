"""The configuration site: whose tables are registered, whose pages are kept, who gets in."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.test import RequestFactory

from catalog.models import MatrixVersion
from desk.configuration.contracts import MatrixVersionInline
from desk.navigation import navigation_for
from desk.site import MesaAdminSite
from foundation.accounts.models import Department, Site, User
from tests.support.house import House


def test_the_tables_of_the_login_library_are_not_registered() -> None:
    site = MesaAdminSite(name="other")

    site.register([EmailAddress, Site, Group])
    site.register(Department)
    site.register(EmailAddress)

    assert set(site._registry) == {Site, Department}


def test_the_desk_has_its_own_first_page_and_keeps_the_other_pages_of_django() -> None:
    names = [getattr(each, "name", None) for each in admin.site.get_urls()]

    assert names.count("config") == 1
    assert names.count("index") == 1
    assert {"login", "logout", "jsi18n"} <= set(names)


def test_only_active_staff_have_the_site(house: House) -> None:
    request: Any = RequestFactory().get("/admin/")
    gone = User(email="gone@desk.example", staff_roles=["agent"], is_active=False)
    people = [house.agent, house.requester, gone, AnonymousUser()]
    found = []
    for user in people:
        request.user = user
        found.append(admin.site.has_permission(request))

    assert found == [True, False, False, False]


def test_published_versions_are_neither_added_nor_changed_in_their_contract() -> None:
    request: Any = RequestFactory().get("/admin/")
    rows = MatrixVersionInline(MatrixVersion, admin.site)

    assert rows.has_add_permission(request) is False
    assert rows.has_change_permission(request) is False


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("agent", ["index", "queue", "audits", "recurrences"]),
        ("consultant", ["index", "queue", "audits"]),
        ("bpo", ["index", "queue", "audits"]),
        (
            "desk_manager",
            [
                *("index", "queue", "team_load", "audits", "recurrences", "reports"),
                *("simulations", "coverage"),
                *("notifications_outboxmessage_changelist", "config"),
            ],
        ),
        ("commercial", ["index", "config"]),
        (
            "administrator",
            [
                *("index", "queue", "audits", "reports", "simulations", "coverage"),
                *("notifications_outboxmessage_changelist", "config"),
            ],
        ),
    ],
)
def test_the_navigation_leads_where_the_role_may_go(
    house: House, role: str, names: list[str]
) -> None:
    items = navigation_for(house.staff[role])

    assert [item.name.removeprefix("admin:") for item in items] == names
