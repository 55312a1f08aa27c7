"""The tenant scope fails closed for every operation of a queryset."""

from collections.abc import Callable

import pytest
from django.db.models import Count, Exists, OuterRef

from foundation.accounts.models import Membership, Organization, User
from foundation.accounts.tenancy import (
    every_organization,
    organization_ids_of,
    organization_scope,
    scope_for,
    valid_memberships,
)
from foundation.activity.models import Record
from foundation.core.actor import Actor, system_actor
from foundation.core.bulk import update_rows
from foundation.core.classification import Channel
from foundation.core.tenancy import Scope, ScopeError, current_scope
from tests.support.house import MONDAY_9AM, House, make_ticket
from tickets.models import Ticket

WAYS: dict[str, Callable[[], object]] = {
    "all": lambda: list(Ticket.objects.all()),
    "count": lambda: Ticket.objects.count(),
    "exists": lambda: Ticket.objects.exists(),
    "filter": lambda: list(Ticket.objects.filter(pk=1)),
    "exclude with subquery": lambda: list(
        Ticket.objects.exclude(pk__in=Ticket.objects.values("pk"))
    ),
    "first": lambda: Ticket.objects.order_by("pk").first(),
    "aggregate": lambda: Ticket.objects.aggregate(n=Count("pk")),
    "values": lambda: list(Ticket.objects.values_list("pk")),
    "distinct": lambda: list(Ticket.objects.distinct()),
    "iterator": lambda: list(Ticket.objects.iterator()),
    "in_bulk": lambda: Ticket.objects.in_bulk(),
    "update": lambda: Ticket.objects.update(subject="x"),
    "delete": lambda: Ticket.objects.all().delete(),
    "create": lambda: Organization.objects.create(name="X", slug="x"),
    "bulk_create": lambda: Organization.objects.bulk_create([Organization(name="X", slug="x")]),
    "base manager": lambda: list(Ticket._base_manager.all()),
    "union": lambda: list(Ticket.objects.all().union(Ticket.objects.all())),
    "exists subquery": lambda: list(
        User.objects.filter(Exists(Membership.objects.filter(user=OuterRef("pk"))))
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_without_a_scope_every_way_raises(way: str) -> None:
    with pytest.raises(ScopeError):
        WAYS[way]()


def test_inside_a_scope_only_its_rows_exist(house: House) -> None:
    own = make_ticket(house)
    foreign = make_ticket(house, organization=house.south, requester=house.outsider)

    with organization_scope(house.north.pk):
        assert list(Ticket.objects.values_list("pk", flat=True)) == [own.pk]
        assert list(Organization.objects.values_list("slug", flat=True)) == ["north"]
        assert Ticket.objects.filter(pk=foreign.pk).update(subject="taken") == 0
        with pytest.raises(Ticket.DoesNotExist):
            Ticket.objects.get(pk=foreign.pk)


def test_many_rows_at_once_are_written_inside_the_scope_alone(house: House) -> None:
    own = make_ticket(house)
    foreign = make_ticket(house, organization=house.south, requester=house.outsider)

    with organization_scope(house.north.pk):
        update_rows(
            Ticket,
            ("subject",),
            [(own.pk, "mine"), (foreign.pk, "taken")],
            organization_id=house.north.pk,
        )
        with pytest.raises(ScopeError):
            update_rows(
                Ticket, ("subject",), [(foreign.pk, "taken")], organization_id=house.south.pk
            )

    assert Ticket.objects.get(pk=own.pk).subject == "mine"
    assert Ticket.objects.get(pk=foreign.pk).subject == "The invoice fails"


def test_a_forward_key_to_another_customers_row_does_not_open(house: House) -> None:
    foreign = make_ticket(house, organization=house.south, requester=house.outsider)
    stolen = Ticket(pk=foreign.pk, organization_id=house.south.pk)

    with organization_scope(house.north.pk), pytest.raises(Organization.DoesNotExist):
        _ = stolen.organization


def test_rows_of_another_customer_cannot_be_written(house: House) -> None:
    foreign = make_ticket(house, organization=house.south, requester=house.outsider)

    with organization_scope(house.north.pk):
        with pytest.raises(ScopeError):
            foreign.save()
        with pytest.raises(ScopeError):
            Membership.objects.bulk_create(
                [
                    Membership(
                        organization_id=house.south.pk, user=house.requester, roles=["requester"]
                    )
                ]
            )
    with pytest.raises(ScopeError):
        Ticket.objects.filter(pk=foreign.pk).update(organization_id=house.north.pk)


def test_scope_of_people(house: House) -> None:
    north = house.north.pk
    south = house.south.pk
    house.level_two.organizations.add(house.south)

    assert organization_ids_of(None) == set()
    assert organization_ids_of(house.requester) == {north}
    assert organization_ids_of(house.agent) == {north, south}
    # their group names its customers
    assert organization_ids_of(house.staff["consultant"]) == {south}
    Membership.objects.filter(user=house.requester).update(is_suspended=True)
    assert organization_ids_of(house.requester) == set()


def test_an_empty_scope_returns_no_rows_and_scopes_close(house: House) -> None:
    make_ticket(house)
    with scope_for(None):
        assert Ticket.objects.count() == 0
    with every_organization(reason="test") as scope:
        assert current_scope() is scope


def test_a_row_of_the_record_without_an_organization_is_written_in_any_scope(house: House) -> None:
    values = {"at": MONDAY_9AM, "verb": "x", "object_type": "x", "object_id": 1, "channel": "desk"}

    with organization_scope(house.north.pk):
        Record.objects.create(**values)
        Record.objects.bulk_create([Record(**values)])
        with pytest.raises(ScopeError):
            Record.objects.create(organization_id=house.south.pk, **values)
        with pytest.raises(ScopeError):
            Membership(user=house.agent).save()
        assert Record.objects.filter(verb="x").count() == 0

    assert Record.objects.filter(verb="x").count() == 2


def test_a_row_never_moves_to_another_organization(house: House) -> None:
    member = Membership.objects.get(user=house.requester)
    members = Membership.objects.filter(pk=member.pk)
    member.organization = house.south

    with pytest.raises(ScopeError, match="never moves"):
        member.save()
    for values in ({"organization": house.south}, {"organization_id": house.south.pk}):
        with pytest.raises(ScopeError, match="never moves"):
            members.update(**values)
    with pytest.raises(ScopeError, match="never moves"):
        Organization.objects.filter(pk=house.north.pk).update(id=0)

    assert members.get().organization == house.north


def test_a_scope_covers_its_organizations_and_one_of_the_system_every_one() -> None:
    own = Scope(frozenset({1, 2}))
    every = Scope(None, "a test")

    assert [own.covers(number) for number in (1, 2, 3, None)] == [True, True, False, False]
    assert [every.covers(number) for number in (1, None)] == [True, True]


def test_an_actor_is_a_person_or_a_part_of_the_system() -> None:
    with pytest.raises(ValueError, match="named part"):
        Actor()

    assert Actor(person_id=1).system == ""
    assert Actor(person_id=1, system="account").person_id == 1
    assert system_actor("beat") == Actor(system="beat", channel=Channel.SYSTEM)


def test_the_memberships_of_the_open_scope_are_read_once(house: House) -> None:
    other = house.people["approver"]

    with scope_for(house.requester) as scope:
        assert scope.organization_ids == {house.north.pk}
        (known,) = valid_memberships(house.requester.pk)
        assert known.user is house.requester
        assert valid_memberships(house.requester.pk)[0] is known
        assert [each.user_id for each in valid_memberships(other.pk)] == [other.pk]
    assert valid_memberships(house.requester.pk)[0] is not known
    house.requester.is_active = False
    with scope_for(house.requester) as scope:
        assert scope.organization_ids == frozenset()
    with scope_for(house.agent) as scope:
        assert scope.organization_ids == {house.north.pk, house.south.pk}
