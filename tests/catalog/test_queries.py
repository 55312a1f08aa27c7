"""What a contract covers, as other apps ask: by day, service, version and catalogue entry."""

from datetime import date

import pytest

from catalog.models import (
    Category,
    Contract,
    ContractService,
    ContractVersion,
    RequestTemplate,
    Service,
)
from catalog.queries import (
    UnknownService,
    catalogue,
    contract_as_known,
    contract_on,
    contracted_service_ids,
    contracts_in_force,
    covers,
    get_service,
    get_template,
    matrix_for,
    services_of,
    support_types_of,
)
from catalog.services import publish_matrix
from foundation.core.classification import DEFAULT_MATRIX, Impact, Priority, SupportType, Urgency
from foundation.core.errors import NotFound
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, SETUP, House

FIRST = date(2026, 3, 1)
LAST = date(2026, 3, 31)
CORNER = (Urgency.LOW, Impact.MINOR)


def add_march_contract(house: House, *services: str) -> Contract:
    """Add a contract of the north for March 2026 that covers the named services."""
    contract = Contract.objects.create(
        organization=house.north, reference="C-march", starts_on=FIRST, ends_on=LAST
    )
    for slug in services:
        ContractService.objects.create(contract=contract, service=house.services[slug])
    house.north.refresh_from_db()
    return contract


def test_a_contract_has_the_support_types_of_its_services_and_no_contract_has_all(
    house: House,
) -> None:
    ContractService.objects.filter(contract=house.contract, service=house.services["erp"]).delete()
    house.north.refresh_from_db()
    foreign = Contract.objects.get(organization=house.south)

    assert support_types_of(house.north, house.contract.pk) == [SupportType.TECHNOLOGICAL]
    assert support_types_of(house.north, None) == list(SupportType)
    assert support_types_of(house.north, foreign.pk) == list(SupportType)


@pytest.mark.parametrize(
    ("day", "references"),
    [
        (date(2024, 12, 31), []),
        (date(2026, 2, 28), ["C-north"]),
        (FIRST, ["C-march", "C-north"]),
        (LAST, ["C-march", "C-north"]),
        (date(2026, 4, 1), ["C-north"]),
    ],
)
def test_a_contract_is_in_force_from_its_first_to_its_last_day(
    house: House, day: date, references: list[str]
) -> None:
    add_march_contract(house, "erp")

    found = [contract.reference for contract in contracts_in_force(house.north, day)]
    newest = contract_on(house.north, day)

    assert found == references
    assert (newest.reference if newest else None) == (references[0] if references else None)


def test_the_contract_of_a_service_is_the_newest_that_covers_it(house: House) -> None:
    march = add_march_contract(house, "erp")
    erp = house.services["erp"].pk
    network = house.services["network"].pk

    assert contract_on(house.north, FIRST, service_id=erp) == march
    assert contract_on(house.north, FIRST, service_id=network) == house.contract
    assert contract_on(house.north, FIRST, service_id=0) is None


def test_a_contract_covers_its_own_services_on_its_own_days(house: House) -> None:
    march = add_march_contract(house, "erp")
    erp = house.services["erp"].pk
    network = house.services["network"].pk
    after = date(2026, 4, 1)

    assert covers(house.north, march.pk, LAST, service_id=erp) is True
    assert covers(house.north, march.pk, after, service_id=erp) is False
    assert covers(house.north, march.pk, LAST, service_id=network) is False
    assert covers(house.north, house.contract.pk, after, service_id=network) is True
    assert covers(house.south, march.pk, LAST, service_id=erp) is False


def test_the_services_of_contracts_come_in_the_order_of_the_catalogue(house: House) -> None:
    march = add_march_contract(house, "erp")
    foreign = Contract.objects.get(organization=house.south)
    erp = house.services["erp"]
    network = house.services["network"]
    Service.objects.filter(pk=network.pk).update(position=1)

    assert services_of(house.north, [march.pk]) == [erp]
    assert services_of(house.north, [march.pk, house.contract.pk]) == [erp, network]
    assert services_of(house.north, [foreign.pk]) == []
    assert services_of(house.north, []) == []


def test_a_matrix_applies_from_its_instant_and_from_when_it_was_known(house: House) -> None:
    march = add_march_contract(house)
    old = publish_matrix(
        contract=house.contract,
        cells={CORNER: Priority.HIGH},
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )
    starts = MONDAY_9AM + DAY
    new = publish_matrix(
        contract=house.contract,
        cells={CORNER: Priority.CRITICAL},
        effective_from=starts,
        by=SETUP,
        at=MONDAY_9AM + HOUR,
    )
    house.north.refresh_from_db()
    own = house.contract.pk

    assert matrix_for(house.north, own, MONDAY_9AM - SECOND) == DEFAULT_MATRIX
    assert matrix_for(house.north, own, MONDAY_9AM) == old.matrix
    assert matrix_for(house.north, own, starts - SECOND) == old.matrix
    assert matrix_for(house.north, own, starts) == new.matrix
    assert matrix_for(house.north, own, starts, known_at=MONDAY_9AM) == old.matrix
    assert matrix_for(house.north, own, starts, known_at=MONDAY_9AM + HOUR) == new.matrix
    assert matrix_for(house.north, march.pk, starts) == DEFAULT_MATRIX
    assert matrix_for(house.north, None, starts) == DEFAULT_MATRIX
    assert new.matrix[CORNER] == Priority.CRITICAL


def test_the_known_version_of_a_contract_is_its_own_newest_published_by_then(house: House) -> None:
    march = add_march_contract(house)
    for contract, number, at in (
        (house.contract, 1, MONDAY_9AM),
        (house.contract, 2, MONDAY_9AM + HOUR),
        (march, 3, MONDAY_9AM),
    ):
        ContractVersion.objects.create(contract=contract, number=number, published_at=at, terms={})

    def known(at: object) -> int | None:
        version = contract_as_known(house.contract.pk, at)
        return version.number if version else None

    assert known(MONDAY_9AM - SECOND) is None
    assert known(MONDAY_9AM) == 1
    assert known(MONDAY_9AM + HOUR - SECOND) == 1
    assert known(MONDAY_9AM + HOUR) == 2


def test_an_inactive_or_unknown_service_has_no_name_to_be_asked_by(house: House) -> None:
    Service.objects.filter(slug="network").update(is_active=False)

    assert get_service("erp") == house.services["erp"]
    for slug in ("network", "absent"):
        with pytest.raises(UnknownService, match=slug) as refused:
            get_service(slug)
        assert list(refused.value.fields) == ["service"]


def test_the_contracted_services_are_those_of_contracts_in_force(house: House) -> None:
    ContractService.objects.filter(contract=house.contract).delete()
    add_march_contract(house, "erp")
    both = {service.pk for service in house.services.values()}
    erp = house.services["erp"].pk

    assert contracted_service_ids([house.north.pk], FIRST) == {erp}
    assert contracted_service_ids([house.north.pk], LAST) == {erp}
    assert contracted_service_ids([house.north.pk], date(2026, 2, 28)) == set()
    assert contracted_service_ids([house.north.pk], date(2026, 4, 1)) == set()
    assert contracted_service_ids([house.south.pk], FIRST) == both


def test_the_catalogue_has_active_templates_of_contracted_services_in_order(house: House) -> None:
    erp = house.services["erp"]
    network = house.services["network"]
    for service, slug, position, active in (
        (erp, "erp-first", 0, True),
        (erp, "erp-old", 0, False),
        (network, "network-down", 0, True),
    ):
        RequestTemplate.objects.create(
            service=service,
            slug=slug,
            kind="incident",
            name_es=slug,
            position=position,
            is_active=active,
        )
    RequestTemplate.objects.filter(pk=house.template.pk).update(position=1)
    Category.objects.create(name_es="Sin nada")
    ContractService.objects.filter(contract=house.contract, service=network).delete()
    house.north.refresh_from_db()

    def listed(organization_ids: list[int]) -> list[list[str]]:
        found = catalogue(organization_ids, FIRST)
        return [[template.slug for template in entry.templates] for entry in found]

    assert listed([house.north.pk]) == [["erp-first", "erp-error"]]
    assert listed([house.south.pk]) == [["network-down", "erp-first", "erp-error"]]
    assert listed([]) == [["network-down", "erp-first", "erp-error"]]  # without any contract
    Service.objects.filter(pk=network.pk).update(is_active=False)
    assert listed([]) == [["erp-first", "erp-error"]]


def test_a_form_is_found_by_its_name_while_it_and_its_service_are_active(house: House) -> None:
    other = RequestTemplate.objects.create(
        service=house.services["network"], slug="network-down", kind="incident", name_es="Red"
    )

    assert get_template("network-down") == other
    assert get_template("erp-error") == house.template
    Service.objects.filter(slug="network").update(is_active=False)
    RequestTemplate.objects.filter(slug="erp-error").update(is_active=False)
    for slug in ("network-down", "erp-error", "absent"):
        with pytest.raises(NotFound):
            get_template(slug)
