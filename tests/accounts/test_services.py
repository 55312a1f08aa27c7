"""Organizations, tokens and staff accounts: the rows written, and the commands that make them."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from foundation.accounts import verbs
from foundation.accounts.models import ApiToken, Membership, ServiceAccount, User
from foundation.accounts.services import (
    create_staff,
    issue_service_account_token,
    issue_user_token,
    set_language,
    token_digest,
)
from foundation.activity.models import Record
from foundation.core.errors import Invalid
from tests.support.house import MONDAY_9AM, PASSWORD, SETUP, House


def facts(verb: str) -> list[tuple[int | None, str, int, dict[str, Any]]]:
    rows = Record.objects.filter(verb=verb).order_by("pk")
    return [(row.organization_id, row.object_type, row.object_id, row.payload) for row in rows]


def say(command: str, *args: str, **options: Any) -> str:
    written = StringIO()
    call_command(command, *args, stdout=written, **options)
    return written.getvalue().strip()


def test_a_token_is_stored_as_a_digest_and_recorded(house: House) -> None:
    secret = issue_user_token(user=house.agent, by=SETUP, at=MONDAY_9AM)

    token = ApiToken.objects.get(user=house.agent)
    assert (secret[:5], len(secret)) == ("mesa_", 48)
    assert (token.digest, token.created_at) == (token_digest(secret), MONDAY_9AM)
    assert facts(verbs.TOKEN_ISSUED) == [(None, "token", token.pk, {"user": house.agent.pk})]


def test_a_service_account_is_made_once_for_a_coordinator_of_its_organization(
    house: House,
) -> None:
    coordinator = house.people["coordinator"]
    elsewhere = Membership.objects.get(organization=house.south, roles=["coordinator"]).user
    common: dict[str, Any] = {"name": "Watcher", "by": SETUP, "at": MONDAY_9AM}

    secrets = [
        issue_service_account_token(organization=house.north, contact=coordinator, **common)
        for _ in range(2)
    ]
    for contact in (house.requester, elsewhere):
        with pytest.raises(Invalid) as refused:
            issue_service_account_token(organization=house.north, contact=contact, **common)
        assert list(refused.value.fields) == ["contact"]

    account = ServiceAccount.objects.get()
    tokens = list(ApiToken.objects.order_by("pk"))
    assert (account.contact, account.organization) == (coordinator, house.north)
    assert [token.digest for token in tokens] == [token_digest(secret) for secret in secrets]
    assert len(secrets[0]) == 48
    assert facts(verbs.TOKEN_ISSUED) == [
        (house.north.pk, "token", token.pk, {"service_account": account.pk}) for token in tokens
    ]


def test_a_person_of_two_organizations_is_a_coordinator_where_the_role_is(house: House) -> None:
    coordinator = house.people["coordinator"]
    Membership.objects.create(organization=house.south, user=coordinator, roles=["requester"])

    with pytest.raises(Invalid):
        issue_service_account_token(
            name="Watcher",
            organization=house.south,
            contact=coordinator,
            by=SETUP,
            at=MONDAY_9AM,
        )


def test_a_language_is_stored_for_one_person(house: House) -> None:
    set_language(user=house.requester, language="es")

    languages = User.objects.filter(email__endswith="@north.example").values_list(
        "email", "language"
    )
    assert {language for email, language in languages if email != house.requester.email} == {"en"}
    assert dict(languages)[house.requester.email] == "es"


def test_an_account_of_the_staff_is_made_once_per_address(house: House) -> None:
    common: dict[str, Any] = {
        "full_name": "Eva Luna",
        "roles": ["agent"],
        "password": PASSWORD,
        "by": SETUP,
        "at": MONDAY_9AM,
    }

    person = create_staff(email="Eva@Desk.example", **common)
    with pytest.raises(Invalid) as refused:
        create_staff(email="EVA@desk.example", **common)

    stored = User.objects.get(email="eva@desk.example")
    assert stored == person
    assert stored.check_password(PASSWORD) is True
    assert (stored.full_name, stored.staff_roles) == ("Eva Luna", ["agent"])
    assert list(refused.value.fields) == ["email"]
    assert facts(verbs.PERSON_CREATED) == [(None, "user", stored.pk, {"roles": ["agent"]})]


def test_the_token_command_prints_the_secret_of_a_person_or_a_service_account(
    house: House,
) -> None:
    coordinator = house.people["coordinator"]

    own = say("api_token", "AGENT2@desk.example")
    account = say(
        "api_token",
        service_account="Watcher",
        organization="north",
        contact=coordinator.email,
    )

    assert ApiToken.objects.get(user=house.staff["agent2"]).digest == token_digest(own)
    token = ApiToken.objects.get(organization_id=house.north.pk)
    assert token.digest == token_digest(account)
    assert ServiceAccount.objects.get(pk=token.service_account_id).contact == coordinator


def test_the_token_command_says_what_is_missing(house: House) -> None:
    User.objects.filter(pk=house.agent.pk).update(is_active=False)

    for options, words in (
        ({"organization": "north"}, "--organization SLUG and --contact EMAIL"),
        ({"contact": "a@b.example"}, "--organization SLUG and --contact EMAIL"),
        (
            {"organization": "nowhere", "contact": house.requester.email},
            "no organization “nowhere”",
        ),
        ({"organization": "north", "contact": house.requester.email}, "not a coordinator"),
    ):
        with translation.override("en"), pytest.raises(CommandError, match=words):
            call_command("api_token", service_account="Watcher", **options)
    for email in (house.agent.email, "absent@desk.example"):
        with pytest.raises(CommandError, match=email):
            call_command("api_token", email)
    with pytest.raises(CommandError, match=r"\(none given\)"):
        call_command("api_token")
    assert ApiToken.objects.count() == 0


def test_the_first_administrator_is_created_by_command(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "foundation.accounts.management.commands.create_administrator"
    monkeypatch.setattr(f"{module}.getpass", lambda _prompt: PASSWORD)

    given = say("create_administrator", "a@desk.example", "Ana Ruiz", password="other-horse-7")
    asked = say("create_administrator", "b@desk.example", "Beto Ruiz")
    for email, password in (("c@desk.example", "123"), ("a@desk.example", PASSWORD)):
        with pytest.raises(CommandError):
            call_command("create_administrator", email, "Ceci", password=password)

    people = User.objects.filter(full_name__endswith="Ruiz").order_by("email")
    assert [person.staff_roles for person in people] == [["administrator"]] * 2
    assert people[0].check_password("other-horse-7") is True
    assert people[1].check_password(PASSWORD) is True
    assert given == "a@desk.example may now sign in."
    assert asked == "b@desk.example may now sign in."
    assert User.objects.filter(full_name="Ceci").exists() is False
