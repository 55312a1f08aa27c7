"""Contracts: the days on which they are in force, the services they cover, and their versions."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Contract, ContractService, ContractVersion, MatrixVersion, matrix_cells
from catalog.queries import (
    contract_as_known,
    contract_on,
    contracted_service_ids,
    contracts_in_force,
    covers,
    matrix_for,
    services_of,
    support_types_of,
)
from catalog.services import publish_contract, publish_matrix
from foundation.accounts.models import Organization
from foundation.activity.models import Record
from foundation.core.classification import (
    DEFAULT_MATRIX,
    Impact,
    Priority,
    SupportType,
    Urgency,
)
from foundation.core.errors import Invalid
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House

FIRST = date(2026, 3, 1)
LAST = date(2026, 3, 31)
ONE_DAY = timedelta(days=1)


def limited(house: House, *names: str) -> Contract:
    """Create a contract for March that covers the named services."""
    contract = Contract.objects.create(
        organization=house.north, reference="C-march", starts_on=FIRST, ends_on=LAST
    )
    for name in names:
        ContractService.objects.create(contract=contract, service=house.services[name])
    return contract


def reloaded(house: House) -> Organization:
    return Organization.objects.get(pk=house.north.pk)


def test_a_contract_is_in_force_on_its_first_and_its_last_day() -> None:
    contract = Contract(starts_on=FIRST, ends_on=LAST)

    days = (FIRST - ONE_DAY, FIRST, LAST, LAST + ONE_DAY)
    found = [contract.is_in_force_on(day) for day in days]

    assert found == [False, True, True, False]


def test_a_contract_without_end_is_in_force_from_its_first_day_on() -> None:
    contract = Contract(starts_on=FIRST)

    days = (FIRST - ONE_DAY, FIRST, date(2099, 1, 1))
    found = [contract.is_in_force_on(day) for day in days]

    assert found == [False, True, True]


def test_a_contract_may_end_on_the_day_it_starts_but_not_before(house: House) -> None:
    contract = Contract(
        organization=house.north, reference="C-2", starts_on=FIRST, ends_on=FIRST - ONE_DAY
    )

    with pytest.raises(ValidationError) as refused:
        contract.clean()

    assert list(refused.value.message_dict) == ["ends_on"]
    contract.ends_on = FIRST
    contract.clean()
    contract.ends_on = None
    contract.clean()


def test_a_contract_without_a_start_is_refused_for_its_start_alone(house: House) -> None:
    contract = Contract(organization=house.north, reference="C-2", ends_on=LAST)

    with pytest.raises(ValidationError) as refused:
        contract.full_clean()

    assert list(refused.value.message_dict) == ["starts_on"]


def test_the_contract_that_starts_last_is_the_one_of_the_day(house: House) -> None:
    march = limited(house, "erp")
    north = reloaded(house)

    assert contract_on(north, FIRST - ONE_DAY) == house.contract
    assert contract_on(north, FIRST) == march
    assert contract_on(north, LAST) == march
    assert contract_on(north, LAST + ONE_DAY) == house.contract
    assert contract_on(north, date(2024, 12, 31)) is None
    assert contracts_in_force(north, FIRST) == [march, house.contract]
    assert contracts_in_force(north, LAST + ONE_DAY) == [house.contract]


def test_a_contract_that_does_not_cover_the_service_gives_way(house: House) -> None:
    march = limited(house, "erp")
    north = reloaded(house)
    network = house.services["network"].pk
    erp = house.services["erp"].pk

    assert contract_on(north, FIRST, service_id=network) == house.contract
    assert contract_on(north, FIRST, service_id=erp) == march
    assert contract_on(north, FIRST, service_id=0) is None


def test_a_service_is_covered_by_its_contract_on_its_days_alone(house: House) -> None:
    march = limited(house, "erp")
    north = reloaded(house)
    network = house.services["network"].pk
    erp = house.services["erp"].pk

    assert covers(north, march.pk, FIRST, service_id=erp) is True
    assert covers(north, march.pk, FIRST, service_id=network) is False
    assert covers(north, march.pk, LAST + ONE_DAY, service_id=erp) is False
    assert covers(north, house.contract.pk, FIRST, service_id=network) is True


def test_services_of_contracts_are_listed_once_in_the_order_of_the_catalogue(
    house: House,
) -> None:
    march = limited(house, "erp")
    house.services["network"].position = 5
    house.services["network"].save()
    north = reloaded(house)

    assert services_of(north, [march.pk]) == [house.services["erp"]]
    assert services_of(north, [house.contract.pk, march.pk]) == [
        house.services["erp"],
        house.services["network"],
    ]
    assert services_of(north, []) == []


def test_support_types_of_a_contract_are_sorted_by_code(house: House) -> None:
    march = limited(house, "erp", "network")
    north = reloaded(house)

    assert support_types_of(north, march.pk) == [SupportType.FUNCTIONAL, SupportType.TECHNOLOGICAL]


def test_services_contracted_on_a_day_are_those_of_the_contracts_in_force(house: House) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(ends_on=FIRST - ONE_DAY)
    limited(house, "erp")
    both = {service.pk for service in house.services.values()}
    erp = {house.services["erp"].pk}
    ids = [house.north.pk]

    assert contracted_service_ids(ids, FIRST - ONE_DAY) == both
    assert contracted_service_ids(ids, FIRST) == erp
    assert contracted_service_ids(ids, LAST + ONE_DAY) == set()
    assert contracted_service_ids([house.south.pk], FIRST) == both
    assert contracted_service_ids([], FIRST) == set()


def test_a_row_of_a_contract_belongs_to_the_organization_of_the_contract(house: House) -> None:
    march = limited(house, "erp")

    row = ContractService.objects.get(contract=march)

    assert row.organization_id == house.north.pk
    assert str(row) == str(house.services["erp"])
    assert str(march) == "C-march"


def test_versions_of_a_matrix_are_counted_and_recorded(house: House) -> None:
    cells = {(Urgency.CRITICAL, Impact.MINOR): Priority.LOW}

    first = publish_matrix(
        contract=house.contract,
        cells=cells,
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
        reason=" Agreed. ",
    )
    second = publish_matrix(
        contract=house.contract,
        cells={},
        effective_from=MONDAY_9AM + HOUR,
        by=SETUP,
        at=MONDAY_9AM,
    )

    assert (first.number, first.reason, first.published_at) == (1, "Agreed.", MONDAY_9AM)
    assert first.matrix == {**DEFAULT_MATRIX, **cells}
    assert (second.number, second.cells) == (2, matrix_cells(DEFAULT_MATRIX))
    assert (str(first), str(second)) == ("C-north v1", "C-north v2")
    facts = Record.objects.filter(object_type="catalog.contract").order_by("pk")
    assert [(fact.object_id, fact.payload) for fact in facts] == [
        (house.contract.pk, {"version": first.pk}),
        (house.contract.pk, {"version": second.pk}),
    ]


def test_a_matrix_takes_effect_neither_in_the_past_nor_with_the_last_one(house: House) -> None:
    def publish(effective_from: datetime) -> MatrixVersion:
        return publish_matrix(
            contract=house.contract,
            cells={},
            effective_from=effective_from,
            by=SETUP,
            at=MONDAY_9AM,
        )

    publish(MONDAY_9AM + HOUR)

    for wrong in (MONDAY_9AM - HOUR, MONDAY_9AM + HOUR):
        with pytest.raises(Invalid) as refused:
            publish(wrong)
        assert list(refused.value.fields) == ["effective_from"]
    assert MatrixVersion.objects.filter(contract=house.contract).count() == 1


def test_a_matrix_holds_from_its_instant_for_its_contract_and_when_it_was_known(
    house: House,
) -> None:
    low = dict.fromkeys(DEFAULT_MATRIX, Priority.LOW)
    publish_matrix(
        contract=house.contract,
        cells=low,
        effective_from=MONDAY_9AM + HOUR,
        by=SETUP,
        at=MONDAY_9AM,
    )
    north = reloaded(house)
    contract = house.contract.pk
    moment = MONDAY_9AM + HOUR

    assert matrix_for(north, contract, moment) == low
    assert matrix_for(north, contract, moment - timedelta(microseconds=1)) == DEFAULT_MATRIX
    assert matrix_for(north, contract, moment, known_at=MONDAY_9AM) == low
    assert matrix_for(north, contract, moment, known_at=MONDAY_9AM - HOUR) == DEFAULT_MATRIX
    assert matrix_for(north, None, moment) == DEFAULT_MATRIX


def test_a_matrix_of_one_contract_does_not_reach_another(house: House) -> None:
    march = limited(house, "erp")
    low = dict.fromkeys(DEFAULT_MATRIX, Priority.LOW)
    publish_matrix(
        contract=house.contract, cells=low, effective_from=MONDAY_9AM, by=SETUP, at=MONDAY_9AM
    )
    north = reloaded(house)

    assert matrix_for(north, march.pk, MONDAY_9AM) == DEFAULT_MATRIX
    assert matrix_for(north, house.contract.pk, MONDAY_9AM) == low


def test_a_contract_is_published_again_only_when_its_terms_changed(house: House) -> None:
    march = limited(house, "network", "erp")
    march.report_recipients.add(house.requester)
    first = publish_contract(contract=march, reason=" New. ", by=SETUP, at=MONDAY_9AM)
    again = publish_contract(contract=march, reason="Same.", by=SETUP, at=MONDAY_9AM + HOUR)
    march.validation_days = 7
    second = publish_contract(contract=march, reason="Longer.", by=SETUP, at=MONDAY_9AM + DAY)

    assert first is not None
    assert second is not None
    assert again is None
    assert (first.number, first.reason, first.published_at) == (1, "New.", MONDAY_9AM)
    assert (second.number, second.terms["validation_days"]) == (2, 7)
    assert first.terms == {
        "reference": "C-march",
        "starts_on": "2026-03-01",
        "ends_on": "2026-03-31",
        "validation_days": 3,
        "acknowledgement_is_reaction": False,
        "validation_in_business_days": False,
        "audit_validation_days": 3,
        "visit_notice_days": 5,
        "reopen_days": 0,
        "time_asked": "never",
        "answer_days": 0,
        "answer_reminders": 2,
        "no_answer_end": "",
        "time_step": 1,
        "masks_mail": False,
        "drp_contracted": False,
        "currency": "USD",
        "report_language": "es",
        "services": sorted(service.pk for service in house.services.values()),
        "report_recipients": [house.requester.pk],
    }
    assert (str(first), str(second)) == ("C-march v1", "C-march v2")
    facts = Record.objects.filter(object_type="catalog.contract", object_id=march.pk)
    assert [fact.payload for fact in facts.order_by("pk")] == [
        {"version": first.pk},
        {"version": second.pk},
    ]


def test_a_contract_is_known_from_the_instant_its_version_was_published(house: House) -> None:
    first = publish_contract(contract=house.contract, reason="", by=SETUP, at=MONDAY_9AM)
    house.contract.reopen_days = 5
    second = publish_contract(contract=house.contract, reason="", by=SETUP, at=MONDAY_9AM + DAY)
    foreign = Contract.objects.get(organization=house.south)
    publish_contract(contract=foreign, reason="", by=SETUP, at=MONDAY_9AM)
    pk = house.contract.pk

    assert contract_as_known(pk, MONDAY_9AM - HOUR) is None
    assert contract_as_known(pk, MONDAY_9AM) == first
    assert contract_as_known(pk, MONDAY_9AM + HOUR) == first
    assert contract_as_known(pk, MONDAY_9AM + DAY) == second
    assert first is not None
    assert first.terms["ends_on"] is None
    assert ContractVersion.objects.filter(contract=foreign).count() == 1
    assert first.terms["starts_on"] == "2025-01-01"
