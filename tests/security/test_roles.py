"""Nobody becomes BPO, or an administrator who could confirm BPO, by one person's will."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from foundation.accounts.granting import ask_for_role, decide_role, open_grants
from foundation.accounts.models import ApiToken, Membership, Organization, RoleGrant, User
from foundation.accounts.services import issue_user_token
from foundation.activity.models import Record
from foundation.core.errors import NotAllowed, NotFound
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.api import Api
from tests.support.audits import told
from tests.support.house import MONDAY_9AM, SETUP, House, by

ADD = "/admin/accounts/user/add/"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "email": "new@desk.example",
        "full_name": "New Person",
        "language": "",
        "is_active": "on",
        "staff_roles": ["agent", "bpo"],
        **changes,
    }


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    kept = {"email": user.email, "full_name": user.full_name, "staff_roles": user.staff_roles}
    return form(**kept | changes)


def path_of(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/change/"


@pytest.fixture
def second(house: House) -> User:
    """A second administrator."""
    return User.objects.create(
        email="second@desk.example", full_name="Second", staff_roles=["administrator"]
    )


@pytest.fixture
def administrator(house: House) -> Client:
    """A browser of the administrator, besides the one of ``sign_in``."""
    made = Client()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    made.force_login(house.staff["administrator"], backend=backend)
    return made


def test_an_administrator_alone_gives_no_role_of_bpo(house: House, administrator: Client) -> None:
    assert administrator.post(ADD, form()).status_code == 302
    person = User.objects.get(email="new@desk.example")
    assert person.staff_roles == ["agent"]
    grant = RoleGrant.objects.get()
    assert (grant.person, grant.role, grant.is_granted) == (person, "bpo", None)

    answer = administrator.post(f"/admin/roles/{grant.pk}/grant/", follow=True)
    assert "una segunda persona" in answer.content.decode()
    assert User.objects.get(pk=person.pk).staff_roles == ["agent"]
    administrator.post(path_of(house.agent), form_of(house.agent, staff_roles=["agent", "bpo"]))

    assert set(RoleGrant.objects.values_list("person", flat=True)) == {person.pk, house.agent.pk}
    assert User.objects.get(pk=house.agent.pk).staff_roles == ["agent"]


def test_a_member_of_bpo_confirms_and_bpo_and_coordinators_hear_of_it(
    house: House, administrator: Client, sign_in: Any
) -> None:
    coordinator = house.people["coordinator"]
    User.objects.filter(pk=coordinator.pk).update(language="es")
    Membership.objects.create(
        user=User.objects.create(email="away@south.example"),
        organization=house.south,
        roles=["coordinator"],
    )
    Organization.objects.filter(pk=house.south.pk).update(is_active=False)
    administrator.post(ADD, form())
    assert told("role_asked") == [house.staff["bpo"].email]
    grant = RoleGrant.objects.get()
    bpo = sign_in(house.staff["bpo"])
    assert "New Person · BPO" in bpo.get("/admin/").content.decode()
    done = bpo.post(f"/admin/roles/{grant.pk}/grant/")
    assert done.status_code == 302
    assert User.objects.get(email="new@desk.example").staff_roles == ["agent", "bpo"]
    assert told("role_granted") == sorted(
        [coordinator.email, house.staff["bpo"].email, "new@desk.example"]
    )
    letters = OutboxMessage.objects.filter(template="role_granted")
    assert [x.to_email for x in letters if x.context["is_own"]] == ["new@desk.example"]
    letter = OutboxMessage.objects.get(template="role_granted", to_email=coordinator.email)
    assert (letter.language, house.north.language, letter.context["is_bpo"]) == ("es", "en", True)
    assert "New Person · BPO" not in bpo.get("/admin/").content.decode()
    rows = Record.objects.filter(verb__startswith="role.").order_by("pk")
    assert [(row.verb, row.person_id) for row in rows] == [
        ("role.asked", house.staff["administrator"].pk),
        ("role.granted", house.staff["bpo"].pk),
    ]
    twice = bpo.post(f"/admin/roles/{grant.pk}/refuse/", follow=True)
    assert "ya se decidió" in twice.content.decode()
    assert User.objects.get(email="new@desk.example").staff_roles == ["agent", "bpo"]


def test_a_second_administrator_confirms_or_refuses(
    house: House, administrator: Client, sign_in: Any, second: User
) -> None:
    administrator.post(ADD, form(staff_roles=["administrator"]))
    person = User.objects.get(email="new@desk.example")
    assert person.staff_roles == []
    assert told("role_asked") == sorted([second.email, house.staff["bpo"].email])
    grant = RoleGrant.objects.get()

    refused = sign_in(second).post(f"/admin/roles/{grant.pk}/refuse/", follow=True)

    assert "New Person no recibe el rol" in refused.content.decode()
    assert Record.objects.filter(verb="role.refused", person_id=second.pk).count() == 1
    grant.refresh_from_db()
    assert (grant.is_granted, grant.decided_by) == (False, second)
    assert User.objects.get(pk=person.pk).staff_roles == []
    assert told("role_granted") == []
    administrator.post(path_of(person), form(staff_roles=["administrator"]))
    again = RoleGrant.objects.get(is_granted=None)
    granted = sign_in(second).post(f"/admin/roles/{again.pk}/grant/", follow=True)
    assert "New Person ya tiene el rol" in granted.content.decode()
    assert User.objects.get(pk=person.pk).staff_roles == ["administrator"]
    assert told("role_granted") == sorted([house.staff["bpo"].email, person.email])
    assert not OutboxMessage.objects.filter(template="role_granted", context__is_bpo=True).exists()


@pytest.mark.parametrize("role", ["agent", "desk_manager", "audit_area", "commercial"])
def test_no_other_role_confirms(house: House, sign_in: Any, role: str) -> None:
    administrator = by(house.staff["administrator"])
    grant = ask_for_role(person=house.agent, role="bpo", by=administrator, at=MONDAY_9AM)
    with pytest.raises(NotAllowed):
        decide_role(grant_id=grant.pk, grants=True, by=by(house.staff[role]), at=MONDAY_9AM)
    assert open_grants(house.staff[role]) == []
    assert sign_in(house.staff[role]).post(f"/admin/roles/{grant.pk}/grant/").status_code == 403


def test_neither_who_asked_nor_whom_it_is_for_confirms_not_even_in_the_database(
    house: House, second: User
) -> None:
    administrator = house.staff["administrator"]
    grant = ask_for_role(person=second, role="bpo", by=by(administrator), at=MONDAY_9AM)
    for user in (administrator, second):
        with pytest.raises(NotAllowed):
            decide_role(grant_id=grant.pk, grants=True, by=by(user), at=MONDAY_9AM)
        assert open_grants(user) == []
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.filter(pk=grant.pk).update(decided_by=user)
    assert open_grants(house.staff["bpo"]) == [grant]
    again = ask_for_role(person=second, role="bpo", by=by(house.staff["bpo"]), at=MONDAY_9AM)
    assert again == grant
    with pytest.raises(NotFound):
        decide_role(grant_id=9**9, grants=True, by=by(house.staff["bpo"]), at=MONDAY_9AM)


def test_a_deactivated_person_confirms_nothing(house: House, second: User) -> None:
    grant = ask_for_role(
        person=house.agent, role="bpo", by=by(house.staff["administrator"]), at=MONDAY_9AM
    )
    User.objects.filter(pk=second.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        decide_role(grant_id=grant.pk, grants=True, by=by(second), at=MONDAY_9AM)


def test_an_administrator_who_removed_all_others_makes_neither_bpo_nor_an_administrator(
    house: House, administrator: Client, second: User
) -> None:
    bpo = house.staff["bpo"]
    administrator.post(path_of(second), form_of(second, staff_roles=["agent"]))
    assert told("roles_taken") == sorted([second.email, bpo.email])
    gone = form_of(bpo, is_active="")
    administrator.post(path_of(bpo), gone)
    assert told("roles_taken") == sorted([second.email, bpo.email, bpo.email])
    assert User.objects.get(pk=bpo.pk).is_active is False

    answer = administrator.post(ADD, form(staff_roles=["administrator", "bpo"]), follow=True)

    person = User.objects.get(email="new@desk.example")
    assert person.staff_roles == []
    assert "confirm_role new@desk.example administrator" in answer.content.decode()
    page = administrator.get(path_of(person)).content.decode()
    asked_by = house.staff["administrator"]
    waiting = (f"{role}, solicitado por {asked_by}" for role in ("Administración", "BPO"))
    assert "; ".join(waiting) in page
    grants = RoleGrant.objects.order_by("role")
    assert [(grant.role, grant.is_granted) for grant in grants] == [
        ("administrator", None),
        ("bpo", None),
    ]
    rows = Record.objects.filter(verb="role.taken").order_by("pk")
    assert [(row.object_id, row.payload, row.person_id) for row in rows] == [
        (second.pk, {"role": "administrator"}, asked_by.pk),
        (bpo.pk, {"role": "bpo"}, asked_by.pk),
    ]


def test_who_operates_the_server_confirms_what_an_administrator_asked_for(
    house: House, administrator: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError):
        call_command("confirm_role", house.agent.email, "administrator")
    change = form_of(house.agent, staff_roles=["agent", "administrator"])
    administrator.post(path_of(house.agent), change)
    with pytest.raises(CommandError):
        call_command("confirm_role", house.agent.email, "bpo")

    call_command("confirm_role", house.agent.email.upper(), "administrator")

    assert "sets a new password" in capsys.readouterr().out
    granted = User.objects.get(pk=house.agent.pk)
    assert granted.staff_roles == ["agent", "administrator"]
    assert told("role_granted") == sorted([house.agent.email, house.staff["bpo"].email])
    letter = OutboxMessage.objects.filter(template="role_granted").order_by("pk").first()
    assert letter is not None
    assert "Lo confirmó quien opera el servidor." in render_message(letter).text
    with pytest.raises(CommandError):
        call_command("confirm_role", house.agent.email, "administrator")


def test_the_only_administrator_of_every_customer_is_not_restricted_by_a_group(
    house: House, administrator: Client, second: User
) -> None:
    """Nobody could open the shared configuration any more, also to undo it."""
    only = house.staff["administrator"]
    house.level_two.members.add(second)
    house.level_two.organizations.add(house.north)
    path = f"/admin/accounts/team/{house.level_two.pk}/change/"
    group = {"name": "Two", "level": "2", "organizations": [house.north.pk]}

    answer = administrator.post(path, {**group, "members": f"{only.email}\n{second.email}"})

    assert answer.status_code == 200
    assert "ningún administrador atendería a todos los clientes" in answer.content.decode()
    assert only not in house.level_two.members.all()
    gone = administrator.post(path_of(only), form_of(only, is_active=""))
    assert list(gone.context["adminform"].form.errors) == ["staff_roles"]
    assert User.objects.get(pk=only.pk).is_active is True
    fine = administrator.post(path, {**group, "organizations": [], "members": only.email})
    assert fine.status_code == 302
    User.objects.filter(pk=second.pk).update(is_active=False)
    # the group serves everybody now; customers would restrict the only administrator
    answer = administrator.post(path, {**group, "members": only.email})
    assert answer.status_code == 200
    User.objects.filter(pk=second.pk).update(is_active=True)
    made = administrator.post("/admin/accounts/team/add/", {**group, "name": "Three"})
    assert made.status_code == 302


def test_a_person_is_renamed_without_withdrawing_what_waits(
    house: House, administrator: Client, second: User, sign_in: Any
) -> None:
    administrator.post(path_of(second), form_of(second, staff_roles=["administrator", "bpo"]))
    page = administrator.get(path_of(second)).context["adminform"].form
    assert page["staff_roles"].value() == ["administrator", "bpo"]

    for client in (administrator, sign_in(second)):
        typed = form_of(second, staff_roles=page["staff_roles"].value(), full_name="Renamed")
        assert client.post(path_of(second), typed).status_code == 302

    assert User.objects.get(pk=second.pk).staff_roles == ["administrator"]
    assert RoleGrant.objects.get().is_granted is None
    own = sign_in(second).post(path_of(second), form_of(second, staff_roles=["agent", "bpo"]))
    assert list(own.context["adminform"].form.errors) == ["staff_roles"]


def test_a_request_that_is_unticked_leaves_a_record(house: House, administrator: Client) -> None:
    administrator.post(path_of(house.agent), form_of(house.agent, staff_roles=["agent", "bpo"]))
    administrator.post(path_of(house.agent), form_of(house.agent, staff_roles=["agent"]))

    rows = Record.objects.filter(verb__startswith="role.").order_by("pk")
    assert [row.verb for row in rows] == ["role.asked", "role.withdrawn"]
    assert told("roles_taken") == []


@pytest.mark.parametrize(
    "change", [{"email": "mine@desk.example"}, {"new_password": "horse-77x-yy"}]
)
def test_an_administrator_does_not_sign_in_as_bpo_or_as_another_administrator(
    house: House, administrator: Client, second: User, change: dict[str, str]
) -> None:
    for person in (house.staff["bpo"], second):
        answer = administrator.post(path_of(person), form_of(person, **change))
        errors = answer.context["adminform"].form.errors
        assert list(errors) == list(change)
        fresh = User.objects.get(pk=person.pk)
        assert (fresh.email, fresh.password) == (person.email, person.password)
    fine = administrator.post(path_of(house.agent), form_of(house.agent, **change))
    assert fine.status_code == 302


def test_taking_a_role_away_needs_one_person_and_giving_it_back_two(
    house: House, administrator: Client
) -> None:
    bpo = house.staff["bpo"]
    administrator.post(path_of(bpo), form_of(bpo, staff_roles=["agent"]))
    assert User.objects.get(pk=bpo.pk).staff_roles == ["agent"]
    administrator.post(path_of(bpo), form_of(bpo, staff_roles=["agent", "bpo"]))
    assert User.objects.get(pk=bpo.pk).staff_roles == ["agent"]
    assert RoleGrant.objects.filter(person=bpo, is_granted=None).count() == 1


def test_the_first_member_of_bpo_is_made_by_command(db: None) -> None:
    call_command("create_bpo", "b@desk.example", "Beto", password="other-horse-7")

    assert User.objects.get(email="b@desk.example").staff_roles == ["bpo"]


def test_who_made_the_account_does_not_know_how_to_sign_in_after_the_grant(
    house: House, administrator: Client, sign_in: Any
) -> None:
    administrator.post(ADD, form(new_password="other-horse-7"))
    person = User.objects.get(email="new@desk.example")
    kept = {"staff_roles": ["agent", "bpo"]}
    for change in ({"email": "mine@desk.example"}, {"new_password": "another-77x"}):
        answer = administrator.post(path_of(person), form(**kept | change))
        assert answer.status_code == 200
    grant = RoleGrant.objects.get()
    token = issue_user_token(user=person, by=SETUP, at=MONDAY_9AM)
    sign_in(house.staff["bpo"]).post(f"/admin/roles/{grant.pk}/grant/")

    granted = User.objects.get(pk=person.pk)
    assert granted.staff_roles == ["agent", "bpo"]
    assert not granted.has_usable_password()
    assert Api(token).get("tickets/").status_code == 401


def test_a_request_that_was_unticked_or_whose_person_left_is_not_granted(
    house: House, administrator: Client, sign_in: Any
) -> None:
    administrator.post(ADD, form())
    person = User.objects.get(email="new@desk.example")
    grant = RoleGrant.objects.get()
    User.objects.filter(pk=person.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        decide_role(grant_id=grant.pk, grants=True, by=by(house.staff["bpo"]), at=MONDAY_9AM)
    User.objects.filter(pk=person.pk).update(is_active=True)
    administrator.post(path_of(person), form(staff_roles=["agent"]))
    grant.refresh_from_db()
    assert grant.is_granted is False


def test_who_is_restricted_to_some_customers_confirms_nothing(
    house: House, administrator: Client, sign_in: Any, second: User
) -> None:
    house.level_two.members.add(second)
    house.level_two.organizations.add(house.north)
    administrator.post(ADD, form())
    grant = RoleGrant.objects.get()
    assert second.email not in told("role_asked")
    assert sign_in(second).post(f"/admin/roles/{grant.pk}/grant/").status_code == 403


def test_a_revoked_token_stays_revoked(house: House, administrator: Client) -> None:
    token = ApiToken.objects.create(
        digest="x",
        user=house.agent,
        created_at=MONDAY_9AM,
        expires_at=MONDAY_9AM,
        revoked_at=MONDAY_9AM,
    )
    administrator.post(
        f"/admin/accounts/apitoken/{token.pk}/change/",
        {"revoked_at_0": "", "revoked_at_1": "", "expires_at_0": "2099-01-01"},
    )
    token.refresh_from_db()
    assert (token.revoked_at, token.expires_at) == (MONDAY_9AM, MONDAY_9AM)


def test_a_deactivated_member_of_bpo_comes_back_without_the_role(
    house: House, administrator: Client
) -> None:
    bpo = house.staff["bpo"]
    User.objects.filter(pk=bpo.pk).update(is_active=False)
    administrator.post(path_of(bpo), form_of(bpo))

    back = User.objects.get(pk=bpo.pk)
    assert (back.is_active, back.staff_roles) == (True, [])
    assert RoleGrant.objects.get(is_granted=None).role == "bpo"


def test_the_only_member_of_bpo_does_not_become_administrator_by_one_person(
    house: House, administrator: Client
) -> None:
    bpo = house.staff["bpo"]
    administrator.post(path_of(bpo), form_of(bpo, staff_roles=["bpo", "administrator"]))

    assert User.objects.get(pk=bpo.pk).staff_roles == ["bpo"]
    assert RoleGrant.objects.get().role == "administrator"
