"""Versions of contracts and matrices: numbered per contract, recorded, written on a change only."""

from typing import Any

import pytest

from catalog import verbs
from catalog.models import Contract, ContractService, ContractVersion, MatrixVersion
from catalog.services import publish_contract, publish_matrix
from foundation.activity.models import Record
from foundation.core.errors import Invalid
from tests.support.house import DAY, MONDAY_9AM, SECOND, SETUP, House


def publish(contract: Contract, reason: str = "") -> ContractVersion | None:
    return publish_contract(contract=contract, reason=reason, by=SETUP, at=MONDAY_9AM)


def recorded(verb: str) -> list[tuple[int | None, int, dict[str, Any]]]:
    rows = Record.objects.filter(verb=verb).order_by("pk")
    return [(row.organization_id, row.object_id, row.payload) for row in rows]


def test_a_contract_gets_a_version_only_when_its_terms_have_changed(house: House) -> None:
    foreign = Contract.objects.get(organization=house.south)
    people = [house.people["company_manager"], house.people["requester"]]
    first = publish(house.contract, " Signed. ")
    assert publish(foreign) is not None
    foreign.validation_days = 7
    foreign.save()
    assert publish(foreign) is not None
    assert publish(house.contract) is None

    house.contract.validation_days = 5
    house.contract.save()
    house.contract.report_recipients.set(people)
    second = publish(house.contract)

    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)
    assert first.reason == "Signed."
    assert (first.terms["validation_days"], second.terms["validation_days"]) == (3, 5)
    assert (first.terms["starts_on"], first.terms["ends_on"]) == ("2025-01-01", None)
    assert first.terms["services"] == sorted(service.pk for service in house.services.values())
    assert second.terms["report_recipients"] == sorted(person.pk for person in people)
    assert ContractVersion.objects.filter(contract=house.contract).count() == 2
    assert recorded(verbs.CONTRACT_PUBLISHED)[::3] == [
        (house.north.pk, house.contract.pk, {"version": first.pk}),
        (house.north.pk, house.contract.pk, {"version": second.pk}),
    ]


def test_the_version_of_a_contract_lists_its_own_services(house: House) -> None:
    ContractService.objects.filter(
        contract=house.contract, service=house.services["network"]
    ).delete()

    version = publish(house.contract)

    assert version is not None
    assert version.terms["services"] == [house.services["erp"].pk]


def test_a_matrix_is_numbered_per_contract_and_comes_after_the_last(house: House) -> None:
    foreign = Contract.objects.get(organization=house.south)
    common: dict[str, Any] = {"cells": {}, "by": SETUP, "at": MONDAY_9AM}
    publish_matrix(contract=foreign, effective_from=MONDAY_9AM + DAY, **common)

    first = publish_matrix(contract=house.contract, effective_from=MONDAY_9AM, **common)
    with pytest.raises(Invalid):
        publish_matrix(contract=house.contract, effective_from=MONDAY_9AM, **common)
    second = publish_matrix(
        contract=house.contract, effective_from=MONDAY_9AM + SECOND, reason=" Agreed. ", **common
    )

    assert (first.number, second.number, second.reason) == (1, 2, "Agreed.")
    assert MatrixVersion.objects.filter(contract=house.contract).count() == 2
    assert recorded(verbs.MATRIX_PUBLISHED)[1:] == [
        (house.north.pk, house.contract.pk, {"version": first.pk}),
        (house.north.pk, house.contract.pk, {"version": second.pk}),
    ]
