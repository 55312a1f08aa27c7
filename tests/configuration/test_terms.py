"""The process cache of a customer's terms: every write to the terms renews the stamp that is its
key.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from catalog.models import Contract, ContractService, ContractVersion, MatrixVersion, matrix_cells
from catalog.queries import contract_on
from foundation.accounts.models import Organization
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.configuration.models import TermsRow
from foundation.core.classification import (
    DEFAULT_MATRIX,
    Impact,
    Priority,
    Urgency,
)
from sla.clocks.models import Clock
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.house import (
    MONDAY_9AM,
    House,
    make_ticket,
)

CELLS = matrix_cells({**DEFAULT_MATRIX, (Urgency.LOW, Impact.MINOR): Priority.CRITICAL})


def _matrix(house: House) -> MatrixVersion:
    return MatrixVersion(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM,
        published_at=MONDAY_9AM,
        cells=CELLS,
    )


WRITES: dict[str, Callable[[House], object]] = {
    "save": lambda house: _matrix(house).save(),
    "create": lambda house: PolicyVersion.objects.create(
        organization=house.north, contract=house.contract, number=1, effective_from=MONDAY_9AM
    ),
    "bulk_create": lambda house: MatrixVersion.objects.bulk_create([_matrix(house)]),
    "update": lambda house: CalendarVersion.objects.filter(organization=house.north).update(
        holidays={}
    ),
    "queryset delete": lambda house: ContractService.objects.filter(
        contract=house.contract
    ).delete(),
    "row delete": lambda house: (
        ContractService.objects.filter(contract=house.contract).earliest("pk").delete()
    ),
    "cascade": lambda house: Contract.objects.get(pk=house.contract.pk).delete(),
}


def test_rows_that_are_made_in_bulk_are_returned(house: House) -> None:
    row = _matrix(house)

    assert MatrixVersion.objects.bulk_create([row]) == [row]


def test_every_row_of_the_terms_is_one_that_renews_the_stamp() -> None:
    assert {model for model in TermsRow.__subclasses__() if not model._meta.abstract} | {
        MatrixVersion,
        ContractService,
        ContractVersion,
    } == {
        Contract,
        ContractService,
        MatrixVersion,
        ContractVersion,
        Calendar,
        CalendarVersion,
        PolicyVersion,
        PolicyTarget,
    }


@pytest.mark.parametrize("way", WRITES)
def test_a_write_to_the_terms_renews_the_stamp_of_its_organization_alone(
    house: House, way: str
) -> None:
    before = dict(Organization.objects.values_list("slug", "terms_stamp"))

    WRITES[way](house)

    after = dict(Organization.objects.values_list("slug", "terms_stamp"))
    assert after["north"] != before["north"]
    assert after["south"] == before["south"]


def test_a_ticket_meets_the_terms_of_the_moment_it_arrives(house: House) -> None:
    first = make_ticket(house, urgency=Urgency.LOW)
    _matrix(house).save()
    second = make_ticket(house, urgency=Urgency.LOW)
    policy = PolicyVersion.objects.create(
        organization=house.north, contract=house.contract, number=1, effective_from=MONDAY_9AM
    )
    PolicyTarget.objects.create(
        policy=policy, metric="reaction", priority=Priority.CRITICAL, minutes=7
    )
    third = make_ticket(house, urgency=Urgency.LOW)
    Contract.objects.filter(pk=house.contract.pk).update(ends_on=date(2026, 3, 1))
    fourth = make_ticket(house, urgency=Urgency.LOW)

    assert [ticket.priority for ticket in (first, second, third, fourth)] == [4, 1, 1, 4]
    assert Clock.objects.get(ticket=third, metric="reaction").target == timedelta(minutes=7)
    assert [ticket.is_out_of_contract for ticket in (third, fourth)] == [False, True]


def test_saving_an_organization_never_brings_an_old_stamp_back(house: House) -> None:
    stale = Organization.objects.get(pk=house.north.pk)
    assert contract_on(stale, date(2026, 3, 2)) is not None
    Contract.objects.filter(organization=house.north).update(ends_on=date(2025, 12, 31))

    stale.name = "New name"
    stale.save()

    assert contract_on(Organization.objects.get(pk=house.north.pk), date(2026, 3, 2)) is None
