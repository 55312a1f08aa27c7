"""What a contract covers, as other apps ask."""

from catalog.models import Contract, ContractService
from catalog.queries import support_types_of
from foundation.core.classification import SupportType
from tests.support.house import House


def test_a_contract_has_the_support_types_of_its_services_and_no_contract_has_all(
    house: House,
) -> None:
    ContractService.objects.filter(contract=house.contract, service=house.services["erp"]).delete()
    house.north.refresh_from_db()
    foreign = Contract.objects.get(organization=house.south)

    assert support_types_of(house.north, house.contract.pk) == [SupportType.TECHNOLOGICAL]
    assert support_types_of(house.north, None) == list(SupportType)
    assert support_types_of(house.north, foreign.pk) == list(SupportType)
