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
)
from foundation.core.bulk import update_rows
from foundation.core.tenancy import ScopeError, current_scope
from tests.support.house import House, make_ticket
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
