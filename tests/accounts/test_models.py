"""Rules of people, memberships and service accounts that a form checks before it saves."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from foundation.accounts.models import (
    ApiToken,
    Department,
    Membership,
    Organization,
    ServiceAccount,
    Site,
    User,
    validate_customer_roles,
    validate_staff_roles,
)
from tests.support.house import HOUR, MONDAY_9AM, SECOND, House


def test_a_person_is_named_by_the_full_name_or_else_the_address() -> None:
    named = User(email="Ana.Ruiz@North.example", full_name="Ana Ruiz Soto")
    nameless = User(email="b@north.example")

    named.clean()

    assert named.email == "ana.ruiz@north.example"
    assert (str(named), named.get_full_name()) == ("Ana Ruiz Soto", "Ana Ruiz Soto")
    assert named.get_short_name() == "Ana"
    assert str(nameless) == "b@north.example"


def test_a_person_is_found_by_an_address_in_any_case(house: House) -> None:
    assert User.objects.get_by_natural_key("AGENT2@desk.example") == house.staff["agent2"]


def test_only_an_active_person_has_the_permissions_of_their_roles(house: House) -> None:
    supervisor = house.staff["desk_supervisor"]
    sees = "catalog.view_contract"
    changes = "catalog.change_contract"

    assert supervisor.has_perm(sees) is True
    assert supervisor.has_perm(changes) is False
    assert supervisor.has_perms([sees]) is True
    assert supervisor.has_perms([sees, changes]) is False
    assert supervisor.has_module_perms("catalog") is True
    assert supervisor.has_module_perms("tickets") is False
    supervisor.is_active = False
    assert supervisor.has_perm(sees) is False
    assert supervisor.has_module_perms("catalog") is False
    assert supervisor.capabilities == frozenset()


@pytest.mark.parametrize(
    ("check", "role"), [(validate_staff_roles, "agent"), (validate_customer_roles, "requester")]
)
@pytest.mark.parametrize("wrong", [["king"], "agent", None, {"agent": True}, ["agent", "king"]])
def test_only_known_roles_in_a_list_are_accepted(check: Any, role: str, wrong: Any) -> None:
    check([])
    check([role])

    with pytest.raises(ValidationError):
        check(wrong)


def test_a_person_takes_staff_roles() -> None:
    person = User(email="a@desk.example", full_name="A", staff_roles=["agent"])
    person.clean_fields(exclude=["password"])
    person.staff_roles = ["requester"]

    with pytest.raises(ValidationError) as refused:
        person.clean_fields(exclude=["password"])

    assert list(refused.value.message_dict) == ["staff_roles"]


def test_a_membership_takes_customer_roles_and_a_place_of_its_own_organization(
    house: House,
) -> None:
    member = Membership.objects.get(user=house.requester)
    own = {
        "site": Site.objects.get(organization=house.north),
        "department": Department.objects.create(organization=house.north, name="Sales"),
    }
    foreign = {
        "site": Site.objects.get(organization=house.south),
        "department": Department.objects.create(organization=house.south, name="Sales"),
    }

    for name, place in own.items():
        setattr(member, name, place)
        member.clean()
        setattr(member, name, foreign[name])
        with pytest.raises(ValidationError) as refused:
            member.clean()
        assert list(refused.value.message_dict) == [name]
        setattr(member, name, None)
    member.roles = ["agent"]
    with pytest.raises(ValidationError) as refused:
        member.full_clean()
    assert list(refused.value.message_dict) == ["roles"]
    assert str(member) == "Requester North"
    assert str(own["department"]) == "Sales"


def test_a_suspended_member_has_no_role(house: House) -> None:
    member = Membership.objects.get(user=house.requester)

    assert member.has_role("approver", "requester") is True
    assert member.has_role("approver") is False
    member.is_suspended = True
    assert member.has_role("requester") is False


def test_the_contact_of_a_service_account_is_a_coordinator_of_the_customer(house: House) -> None:
    coordinator = house.people["coordinator"]
    elsewhere = Membership.objects.get(organization=house.south, roles=["coordinator"]).user

    def problems(contact: User | None) -> list[str]:
        account = ServiceAccount(organization=house.north, name="Watcher", contact=contact)
        try:
            account.clean()
        except ValidationError as error:
            return list(error.message_dict)
        return []

    assert problems(coordinator) == []
    assert problems(None) == []
    assert problems(house.requester) == ["contact"]
    assert problems(elsewhere) == ["contact"]
    ServiceAccount(name="Watcher", contact=house.requester).clean()  # no organization yet
    coordinator.staff_roles = ["agent"]
    assert problems(coordinator) == ["contact"]
    Membership.objects.filter(user=elsewhere).update(is_suspended=True)
    account = ServiceAccount(organization=house.south, name="Watcher", contact=elsewhere)
    assert account.has_valid_contact() is False
    assert str(account) == "Watcher"


def test_a_token_is_valid_until_the_instant_of_its_end_or_revocation() -> None:
    token = ApiToken(pk=7, expires_at=MONDAY_9AM + HOUR)
    assert token.is_valid_at(MONDAY_9AM) is True
    assert token.is_valid_at(MONDAY_9AM + HOUR) is False

    token.revoked_at = MONDAY_9AM

    assert token.is_valid_at(MONDAY_9AM - SECOND) is True
    assert token.is_valid_at(MONDAY_9AM) is False
    assert str(token) == "token 7"


def test_an_update_renews_the_stamp_of_an_organization(house: House) -> None:
    before = house.south.terms_stamp

    house.south.save()

    assert house.south.terms_stamp != before
    assert Organization.objects.get(slug="south").terms_stamp == house.south.terms_stamp
    assert 0 <= house.south.terms_stamp < 2**62
