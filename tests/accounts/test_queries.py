"""People, memberships and support groups, as other apps ask for them."""

import pytest

from foundation.accounts.models import Membership, Organization, ServiceAccount, Team, User
from foundation.accounts.queries import (
    acting_person,
    assignable_staff,
    get_organization,
    get_organization_by_slug,
    members_with_role,
    membership_by_email,
    membership_of,
    memberships_of,
    organizations,
    serves,
    service_account_by_id,
    staff,
    staff_with_role,
    supervisors_of,
    team_serves,
)
from foundation.accounts.roles import CustomerRole, StaffRole
from foundation.accounts.services import issue_service_account_token
from foundation.accounts.tenancy import is_restricted, organization_ids_of, organization_scope
from foundation.core.actor import system_actor
from foundation.core.errors import NotAllowed, NotFound
from tests.support.house import MONDAY_9AM, SETUP, House, by


def suspend(user: User) -> None:
    Membership.objects.filter(user=user).update(is_suspended=True)


def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def group(name: str, *members: User, organizations: tuple[Organization, ...] = ()) -> Team:
    team = Team.objects.create(name=name)
    team.members.set(members)
    team.organizations.set(organizations)
    return team


def test_a_membership_is_of_one_person_in_one_organization_until_suspended(house: House) -> None:
    approver = house.people["approver"]

    found = membership_of(approver.pk, house.north.pk)

    assert found is not None
    assert (found.user_id, found.organization_id) == (approver.pk, house.north.pk)
    assert membership_of(approver.pk, house.south.pk) is None
    suspend(approver)
    assert membership_of(approver.pk, house.north.pk) is None


def test_a_persons_memberships_are_valid_active_and_inside_the_scope(house: House) -> None:
    person = house.people["approver"]
    Membership.objects.create(organization=house.south, user=person, roles=["requester"])

    def names() -> list[str]:
        return [membership.organization.slug for membership in memberships_of(person.pk)]

    assert names() == ["north", "south"]
    with organization_scope(house.south.pk):
        assert names() == ["south"]
    Membership.objects.filter(user=person, organization=house.south).update(is_suspended=True)
    assert names() == ["north"]
    Organization.objects.filter(pk=house.north.pk).update(is_active=False)
    assert names() == []


def test_the_members_with_a_role_are_active_valid_and_of_the_organization(house: House) -> None:
    roles = (CustomerRole.REQUESTER, CustomerRole.APPROVER)

    def emails() -> list[str]:
        return [user.email for user in members_with_role(house.north.pk, *roles)]

    assert emails() == ["approver@north.example", "requester@north.example"]
    suspend(house.people["approver"])
    assert emails() == ["requester@north.example"]
    deactivate(house.requester)
    assert emails() == []


def test_only_a_person_with_an_active_account_acts(house: House) -> None:
    assert acting_person(by(house.agent)) == house.agent
    with pytest.raises(NotAllowed):
        acting_person(system_actor("a test"))
    deactivate(house.agent)
    with pytest.raises(NotAllowed):
        acting_person(by(house.agent))


def test_an_organization_is_found_by_name_and_id_inside_the_scope(house: House) -> None:
    assert organizations() == [house.north, house.south]
    assert get_organization_by_slug("south") == house.south
    assert get_organization(house.south.pk) == house.south
    with organization_scope(house.north.pk):
        with pytest.raises(NotFound):
            get_organization_by_slug("south")
        with pytest.raises(NotFound):
            get_organization(house.south.pk)


def test_the_staff_are_the_active_people_with_a_role_by_name(house: House) -> None:
    deactivate(house.staff["agent2"])

    names = [user.full_name for user in staff()]
    holders = [user.email.partition("@")[0] for user in assignable_staff()]

    assert names == sorted(user.full_name for name, user in house.staff.items() if name != "agent2")
    assert holders == ["agent", "consultant", "desk_manager", "desk_supervisor"]
    assert staff_with_role(StaffRole.BPO, StaffRole.CONSULTANT) == [
        house.staff["bpo"],
        house.staff["consultant"],
    ]


def test_a_group_with_customers_restricts_its_members_to_them(house: House) -> None:
    supervisor = house.staff["desk_supervisor"]
    both = {house.north.pk, house.south.pk}
    assert (organization_ids_of(supervisor), is_restricted(supervisor)) == (both, False)

    team = group("South", supervisor, organizations=(house.south,))

    assert (organization_ids_of(supervisor), is_restricted(supervisor)) == ({house.south.pk}, True)
    assert supervisors_of(house.south.pk) == [supervisor]
    assert supervisors_of(house.north.pk) == []
    assert serves(house.agent, house.north.pk) is True
    assert serves(house.requester, house.north.pk) is False
    assert team_serves(team, house.south.pk) is True
    assert team_serves(team, house.north.pk) is False
    assert team_serves(house.level_two, house.north.pk) is True

    group("All", supervisor)

    assert (organization_ids_of(supervisor), is_restricted(supervisor)) == (both, False)


def test_a_person_without_an_active_account_sees_no_organization(house: House) -> None:
    assert organization_ids_of(house.requester) == {house.north.pk}
    assert is_restricted("nobody") is True
    house.agent.is_active = False
    house.requester.is_active = False

    assert organization_ids_of(house.agent) == set()
    assert organization_ids_of(house.requester) == set()
    assert organization_ids_of(None) == set()


def test_a_service_account_is_found_by_its_id(house: House) -> None:
    for name in ("Watcher", "Reader"):
        issue_service_account_token(
            name=name,
            organization=house.north,
            contact=house.people["coordinator"],
            by=SETUP,
            at=MONDAY_9AM,
        )
    watcher, reader = ServiceAccount.objects.order_by("pk")

    assert service_account_by_id(reader.pk) == reader
    assert service_account_by_id(watcher.pk) == watcher
    assert service_account_by_id(0) is None


def test_a_valid_user_is_found_by_an_address_in_any_case(house: House) -> None:
    approver = house.people["approver"]

    found = membership_by_email(house.north.pk, "Approver@North.example")

    assert found is not None
    assert found.user == approver
    assert membership_by_email(house.south.pk, "approver@north.example") is None
    suspend(approver)
    assert membership_by_email(house.north.pk, "approver@north.example") is None
