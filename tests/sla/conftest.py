from datetime import date, timedelta

import pytest

from catalog.models import Contract, ContractService
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.house import (
    MONDAY_9AM,
    House,
)


@pytest.fixture
def gold(house: House) -> Contract:
    """A stronger contract: reaction in 30 minutes, attention in 5 hours for high priority."""
    contract = Contract.objects.create(
        organization=house.north, reference="GOLD", starts_on=date(2024, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=contract, service=service)
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=contract,
        number=1,
        effective_from=MONDAY_9AM - timedelta(days=90),
    )
    PolicyTarget.objects.create(policy=policy, metric="reaction", priority=2, minutes=30)
    PolicyTarget.objects.create(policy=policy, metric="attention", priority=2, minutes=300)
    return contract
