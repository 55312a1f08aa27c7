"""Rules of people, memberships and service accounts, and what each role may do."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from foundation.accounts.models import (
    Department,
    Membership,
    ServiceAccount,
    Site,
    User,
    validate_customer_roles,
    validate_staff_roles,
)
from foundation.accounts.roles import (
    Capability,
    StaffRole,
    capabilities_of,
    has_permission,
)
from tests.support.house import House


@pytest.mark.parametrize(
    ("check", "role"), [(validate_staff_roles, "agent"), (validate_customer_roles, "requester")]
)
@pytest.mark.parametrize("wrong", [["king"], "agent", None, {"agent": True}, ["agent", "king"]])
def test_only_known_roles_in_a_list_are_accepted(check: Any, role: str, wrong: Any) -> None:
    check([])
    check([role])

    with pytest.raises(ValidationError):
        check(wrong)


def test_sites_and_departments_belong_to_the_organization_of_the_member(house: House) -> None:
    own = Site.objects.create(organization=house.north, name="Own")
    foreign = Site.objects.create(organization=house.south, name="Foreign")
    department = Department.objects.create(organization=house.south, name="Foreign")
    membership = Membership.objects.get(user=house.requester)

    membership.site = own
    membership.clean()

    for name, value in {"site": foreign, "department": department}.items():
        other = Membership.objects.get(user=house.requester)
        setattr(other, name, value)
        with pytest.raises(ValidationError) as refused:
            other.clean()
        assert set(refused.value.message_dict) == {name}


def test_a_suspended_member_has_no_role(house: House) -> None:
    membership = Membership.objects.get(user=house.requester)
    assert membership.has_role("requester")
    assert not membership.has_role("coordinator")
    assert membership.has_role("coordinator", "requester")

    membership.is_suspended = True

    assert not membership.has_role("requester")


def test_a_service_account_acts_as_a_coordinator_of_its_organization(house: House) -> None:
    def refused(contact: User, organization: Any = None) -> bool:
        account = ServiceAccount(
            name="Watcher", organization=organization or house.north, contact=contact
        )
        try:
            account.clean()
        except ValidationError as error:
            return set(error.message_dict) == {"contact"}
        return False

    coordinator = house.people["coordinator"]
    assert not refused(coordinator)
    assert refused(coordinator, house.south)
    assert refused(house.requester)
    Membership.objects.filter(user=coordinator).update(is_suspended=True)
    assert refused(coordinator)
    Membership.objects.filter(user=coordinator).update(is_suspended=False)
    coordinator.staff_roles = ["agent"]
    coordinator.save()
    assert refused(User.objects.get(pk=coordinator.pk))


def test_capabilities_are_the_union_of_the_roles_and_unknown_roles_add_none() -> None:
    assert capabilities_of([]) == frozenset()
    assert capabilities_of(["king"]) == frozenset()
    assert capabilities_of([StaffRole.COMMERCIAL, StaffRole.BPO]) == {
        Capability.SEE_CONFIGURATION,
        Capability.SEE_TICKETS,
    }


@pytest.mark.parametrize(
    ("capability", "allowed"),
    [
        (Capability.SEE_CONFIGURATION, {"sla.view_policyversion"}),
        (
            Capability.CONFIGURE,
            {
                "sla.add_policyversion",
                "sla.change_policyversion",
                "sla.delete_policyversion",
                "tickets.view_ticket",
                "activity.view_record",
            },
        ),
        (
            Capability.SEE_OUTBOX,
            {"notifications.view_outboxmessage", "notifications.change_outboxmessage"},
        ),
        (Capability.WORK_TICKETS, set()),
    ],
)
def test_django_permissions_follow_from_capabilities(
    capability: Capability, allowed: set[str]
) -> None:
    asked = {
        f"{app}.{action}_{model}"
        for app, model in {
            "sla": "policyversion",
            "tickets": "ticket",
            "activity": "record",
            "notifications": "outboxmessage",
            "sessions": "session",
        }.items()
        for action in ("view", "add", "change", "delete")
    }

    assert {each for each in asked if has_permission(frozenset({capability}), each)} == allowed


def test_an_inactive_person_has_no_permission(house: House) -> None:
    person = house.staff["administrator"]
    assert person.has_perms(["sla.change_policyversion", "sla.view_policyversion"])
    assert not person.has_perms(["sla.change_policyversion", "notifications.add_outboxmessage"])
    assert person.has_module_perms("sla")

    person.is_active = False

    assert not person.has_perm("sla.change_policyversion")
    assert not person.has_module_perms("sla")
