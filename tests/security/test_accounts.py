"""Attacks on accounts: look-ups, old addresses, roles, closed organizations, the second factor."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.apps import apps
from django.contrib import admin
from django.core import mail
from django.core.cache import cache
from django.forms import model_to_dict
from django.test import Client
from django.utils import timezone

from desk.configuration.base import GuardedList
from foundation.accounts.models import ApiToken, Membership, Organization, Team, User
from foundation.accounts.services import (
    issue_service_account_token,
    issue_user_token,
)
from foundation.notifications.models import OutboxMessage
from tests.support.api import Api
from tests.support.house import PASSWORD, SETUP, House, fresh, make_ticket

# Every look-up that an address of a list accepts; a new filter gets a line here.
LOOKUPS = {
    "accounts.membership": {"is_suspended"},
    "accounts.user": {"is_active"},
    "calendars.calendar": {"role"},
    "catalog.requesttemplate": {"is_active", "kind"},
    "catalog.service": {"is_active", "support_type"},
    "escalation.escalationmatrix": {"kind"},
    "escalation.escalationrule": {"is_active", "trigger"},
    "notifications.outboxmessage": {"status", "template"},
    "webhooks.endpoint": {"is_active"},
}


def by_form(email: str) -> Client:
    """Sign in with the login form."""
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_lists_accept_the_lookups_of_their_filters_alone() -> None:
    accepted = {}
    for model, screen in admin.site._registry.items():
        assert isinstance(screen, GuardedList), model
        lookups = screen.accepted_lookups()
        if lookups:
            accepted[model._meta.label_lower] = {name.partition("__")[0] for name in lookups}
        assert all(re.fullmatch(r"[a-z_]+?(__exact|__isnull)?", name) for name in lookups), model
    assert accepted == LOOKUPS


@pytest.mark.parametrize(
    "address",
    [
        "/admin/accounts/user/?password__gte=p",
        "/admin/accounts/user/?password__startswith=pbkdf2",
        "/admin/accounts/user/?email__gte=a",
        "/admin/accounts/apitoken/?digest__gte=0",
        "/admin/accounts/apitoken/?user__password__gte=p",
        "/admin/accounts/membership/?user__password__gte=p",
        "/admin/accounts/serviceaccount/?contact__password__gte=p",
        "/admin/notifications/outboxmessage/?context__url__contains=a",
    ],
)
def test_no_list_compares_a_secret(house: House, sign_in: Any, address: str) -> None:
    client = sign_in(house.staff["administrator"])

    assert client.get(address).status_code == 400
    assert client.get(address.partition("?")[0]).status_code == 200


def test_the_filters_of_a_list_still_work(house: House, sign_in: Any) -> None:
    house.staff["agent2"].is_active = False
    house.staff["agent2"].save()
    client = sign_in(house.staff["administrator"])

    page = client.get("/admin/accounts/user/?is_active__exact=0")

    assert [user.pk for user in page.context["cl"].result_list] == [house.staff["agent2"].pk]


def test_sign_in_by_e_mail_and_password_and_wrong_ones_are_limited(
    house: House, client: Any
) -> None:
    """Five of one account in five minutes, and ten of one address in a minute."""

    def tried(person: User, password: str) -> str:
        answer = client.post("/accounts/login/", {"login": person.email, "password": password})
        if answer.status_code == 302:
            client.post("/accounts/logout/")
            return "in"
        return "locked" if "Demasiados intentos fallidos" in answer.content.decode() else "wrong"

    assert tried(house.requester, PASSWORD) == "in"
    assert [tried(house.requester, "no") for _ in range(6)] == ["wrong"] * 5 + ["locked"]
    assert tried(house.requester, PASSWORD) == "locked"
    assert tried(house.agent, PASSWORD) == "in"
    assert [tried(house.agent, "no") for _ in range(6)][-1] == "locked"
    assert tried(house.outsider, PASSWORD) == "locked"
    cache.clear()
    assert tried(house.requester, PASSWORD) == "in"


def test_nobody_signs_up(house: House, client: Any) -> None:
    page = client.get("/accounts/signup/")

    assert 'name="email"' not in page.content.decode()
    client.post("/accounts/signup/", {"email": "new@stranger.example", "password1": PASSWORD})
    assert User.objects.filter(email="new@stranger.example").exists() is False


def change_person(client: Client, user: User, **changes: Any) -> Any:
    fields = {
        "email": user.email,
        "full_name": user.full_name,
        "language": user.language,
        "is_active": "on",
        "staff_roles": user.staff_roles,
        "new_password": "",
        **changes,
    }
    return client.post(
        f"/admin/accounts/user/{user.pk}/change/",
        {name: value for name, value in fields.items() if value is not None},
    )


def test_the_address_of_a_person_who_is_saved_stays_confirmed(house: House) -> None:
    EmailAddress.objects.create(user=house.requester, email=house.requester.email)
    EmailAddress.objects.create(user=house.requester, email="old@norte.example")

    house.requester.full_name = "R. Two"
    house.requester.save()

    kept = EmailAddress.objects.filter(user=house.requester).values_list("email", "verified")
    assert list(kept) == [(house.requester.email, True)]


def test_a_changed_address_ends_sessions_tokens_and_the_old_address(
    house: House, sign_in: Any
) -> None:
    requester = house.requester
    old = requester.email
    session = by_form(old)
    secret = issue_user_token(user=requester, by=SETUP, at=timezone.now())
    Client().post("/accounts/password/reset/", {"email": old})
    (key_letter,) = OutboxMessage.objects.filter(template="password_reset")
    assert is_signed_in(session)
    assert Api(secret).get("tickets/").status_code == 200
    assert EmailAddress.objects.filter(user=requester, email=old).exists()

    changed = change_person(
        sign_in(house.staff["administrator"]), requester, email="new@norte.example"
    )

    assert changed.status_code == 302
    assert session.get("/home/").status_code == 302
    assert Api(secret).get("tickets/").status_code == 401
    assert not is_signed_in(by_form(old))
    assert is_signed_in(by_form("new@norte.example"))
    assert not EmailAddress.objects.filter(email=old).exists()
    page = Client().get(key_letter.context["url"], follow=True)
    assert page.context["token_fail"] is True
    Client().post("/accounts/password/reset/", {"email": old})
    assert OutboxMessage.objects.filter(template="password_reset").count() == 1


def test_a_new_password_ends_sessions_and_tokens(house: House, sign_in: Any) -> None:
    requester = house.requester
    session = by_form(requester.email)
    secret = issue_user_token(user=requester, by=SETUP, at=timezone.now())
    other = issue_user_token(user=house.agent, by=SETUP, at=timezone.now())

    change_person(
        sign_in(house.staff["administrator"]), requester, new_password="a Long-enough one 4711"
    )

    assert session.get("/home/").status_code == 302
    assert Api(secret).get("tickets/").status_code == 401
    assert Api(other).get("tickets/").status_code == 200
    assert ApiToken.objects.get(user=requester).revoked_at is not None


def test_a_changed_name_ends_nothing(house: House, sign_in: Any) -> None:
    session = by_form(house.requester.email)
    secret = issue_user_token(user=house.requester, by=SETUP, at=timezone.now())

    change_person(sign_in(house.staff["administrator"]), house.requester, full_name="Another")

    assert session.get("/home/").status_code == 200
    assert Api(secret).get("tickets/").status_code == 200


def test_nobody_changes_their_own_roles(house: House, sign_in: Any) -> None:
    administrator = house.staff["administrator"]
    client = sign_in(administrator)

    refused = change_person(client, administrator, staff_roles=["administrator", "bpo"])
    renamed = change_person(client, administrator, full_name="Another name")

    assert refused.status_code == 200
    assert "staff_roles" in refused.context["adminform"].form.errors
    assert renamed.status_code == 302
    assert fresh_user(administrator).staff_roles == ["administrator"]


def fresh_user(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_the_only_administrator_stays_one(house: House, sign_in: Any) -> None:
    first = house.staff["administrator"]
    second = User.objects.create(
        email="second@desk.example", full_name="Second", staff_roles=["administrator"]
    )
    client = sign_in(second)
    assert change_person(client, first, staff_roles=["agent"]).status_code == 302

    # The second one is the only administrator now.
    inactive = change_person(client, second, is_active=None)

    assert inactive.status_code == 200
    assert list(inactive.context["adminform"].form.errors) == ["staff_roles"]
    assert fresh_user(second).is_active
    assert fresh_user(first).staff_roles == ["agent"]


@pytest.fixture
def restricted(house: House) -> User:
    """An administrator whose group names one customer."""
    team = Team.objects.create(name="North alone", level=1)
    team.members.add(house.staff["administrator"])
    team.organizations.add(house.north)
    return house.staff["administrator"]


@pytest.mark.parametrize(
    "model", ["catalog/category", "catalog/service", "catalog/requesttemplate"]
)
def test_a_restricted_administrator_changes_nothing_that_all_customers_share(
    house: House, restricted: User, sign_in: Any, model: str
) -> None:
    client = sign_in(restricted)

    assert client.get(f"/admin/{model}/").status_code == 200
    assert client.get(f"/admin/{model}/add/").status_code == 403
    row = apps.get_model(model.replace("/", ".")).objects.order_by("pk").first()
    assert row is not None
    before = model_to_dict(row)
    changed = {**{key: value for key, value in before.items() if value}, "name_es": "x"}
    assert client.post(f"/admin/{model}/{row.pk}/change/", changed).status_code == 403
    row.refresh_from_db()
    assert model_to_dict(row) == before


def test_a_restricted_administrator_neither_adds_nor_opens_other_organizations(
    house: House, restricted: User, sign_in: Any
) -> None:
    client = sign_in(restricted)
    south = f"/admin/accounts/organization/{house.south.pk}/change/"

    assert client.get("/admin/accounts/organization/add/").status_code == 403
    # as for a row that does not exist
    assert (
        client.get(south).status_code
        == client.get(south.replace(str(house.south.pk), "99999")).status_code
        == 302
    )
    assert client.post(south, {"name": "Mine"}).status_code == 302
    assert Organization.objects.filter(name="Mine").exists() is False


def test_people_and_accounts_of_a_closed_organization_reach_nothing(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    token = issue_service_account_token(
        name="Watcher",
        organization=house.north,
        contact=house.people["coordinator"],
        by=SETUP,
        at=timezone.now(),
    )
    requester = sign_in(house.requester)
    assert requester.get(f"/tickets/{ticket.number}/").status_code == 200
    assert Api(token).get(f"tickets/{ticket.number}/").status_code == 200
    Organization.objects.filter(pk=house.north.pk).update(is_active=False)

    answers = [
        requester.get(f"/tickets/{ticket.number}/"),
        requester.post(f"/tickets/{ticket.number}/reply/", {"body": "Hola"}),
        requester.post(f"/tickets/{ticket.number}/escalate/", {"reason": "Urge"}),
        requester.get(f"/attachments/{1}/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert Api(token).get(f"tickets/{ticket.number}/").status_code == 401
    assert fresh(ticket).version == ticket.version
    assert house.agent.is_staff
    assert sign_in(house.agent).get(f"/admin/tickets/{ticket.number}/").status_code == 200


def test_links_of_letters_come_from_the_configured_address(house: House, settings: Any) -> None:
    settings.MESA_URL = "https://mesa.norte.example"
    settings.ALLOWED_HOSTS = ["*"]

    Client().post(
        "/accounts/password/reset/",
        {"email": house.requester.email},
        headers={"Host": "evil.example:8080", "X-Forwarded-Host": "evil.example"},
    )

    (letter,) = OutboxMessage.objects.filter(template="password_reset")
    assert letter.context["url"].startswith("https://mesa.norte.example/accounts/password/reset/")
    assert mail.outbox == []


def test_a_reset_that_a_stranger_asked_for_does_not_keep_from_a_second_factor(
    house: House,
) -> None:
    Client().post("/accounts/password/reset/", {"email": house.requester.email})
    client = by_form(house.requester.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    page = client.get("/accounts/2fa/totp/activate/")

    assert page.status_code == 200
    assert "form" in page.context


def test_the_code_that_switched_the_second_factor_on_signs_nobody_in(house: House) -> None:
    client = by_form(house.requester.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session[auth.SECRET_SESSION_KEY]
    code = auth.format_hotp_value(
        auth.hotp_value(secret, list(auth.yield_hotp_counters_from_time())[-1])
    )

    switched_on = client.post("/accounts/2fa/totp/activate/", {"code": code})

    assert switched_on.status_code == 302
    totp = Authenticator.objects.get(user=house.requester, type="totp")
    assert mfa_adapter().is_mfa_enabled(house.requester)
    assert auth.TOTP(totp).validate_code(code) is False


def test_a_suspended_membership_is_no_way_around(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    assert sign_in(house.requester).get(f"/tickets/{ticket.number}/").status_code == 404
