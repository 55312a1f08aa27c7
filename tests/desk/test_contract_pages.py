"""The tables of a contract's page: which version is in force, and what each one changed."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from catalog.models import Contract, ContractService
from catalog.queries import overlaps_of
from catalog.services import publish_contract, publish_matrix
from desk.configuration.overlaps import overlapping
from foundation.core.classification import Impact, Priority, Urgency
from sla.policies.models import PolicyVersion
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, fresh, make_ticket
from tests.support.html import ChangeForm, text_of
from tests.support.tickets import closed

LOW = (Urgency.LOW, Impact.MINOR)
HIGH = (Urgency.HIGH, Impact.MINOR)


pytestmark = pytest.mark.usefixtures("monday")


def columns(house: House, sign_in: Any, *names: str) -> list[tuple[str, ...]]:
    """Return the words of these columns of the versions on the contract's page, row by row."""
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    page = sign_in(administrator).get(path).content.decode()
    found = [re.findall(rf'<td class="field-{name}">(.*?)</td>', page, re.S) for name in names]
    return [tuple(text_of(cell) for cell in row) for row in zip(*found, strict=True)]


def another_contract(house: House) -> Contract:
    return Contract.objects.create(
        organization=house.north, reference="C-other", starts_on=house.contract.starts_on
    )


def test_a_version_is_superseded_only_by_a_later_one_of_its_contract_that_is_in_force(
    house: House, sign_in: Any
) -> None:
    other = another_contract(house)
    for number, effective_from in (
        (1, MONDAY_9AM - DAY),
        (2, MONDAY_9AM),
        (3, MONDAY_9AM + timedelta(minutes=1)),
    ):
        PolicyVersion.objects.create(
            organization=house.north,
            contract=house.contract,
            number=number,
            effective_from=effective_from,
        )
    PolicyVersion.objects.create(
        organization=house.north, contract=other, number=4, effective_from=MONDAY_9AM - HOUR
    )

    found = columns(house, sign_in, "number", "since", "status")

    assert found == [
        ("3", "Mar 2, 2026, 09:01 (Mexico City)", "later"),
        ("2", "Mar 2, 2026, 09:00 (Mexico City)", "in force"),
        ("1", "Mar 1, 2026, 09:00 (Mexico City)", "superseded"),
    ]


def test_a_matrix_version_lists_the_changed_cells(house: House, sign_in: Any) -> None:
    other = another_contract(house)
    for contract, cells, effective_from in (
        (other, {LOW: Priority.MEDIUM, HIGH: Priority.CRITICAL}, MONDAY_9AM - 3 * HOUR),
        (other, {LOW: Priority.HIGH, HIGH: Priority.CRITICAL}, MONDAY_9AM - 2 * HOUR),
        (house.contract, {LOW: Priority.CRITICAL}, MONDAY_9AM - 3 * HOUR),
        (house.contract, {LOW: Priority.CRITICAL, HIGH: Priority.LOW}, MONDAY_9AM - 2 * HOUR),
        (house.contract, {LOW: Priority.CRITICAL, HIGH: Priority.LOW}, MONDAY_9AM - HOUR),
    ):
        publish_matrix(
            contract=contract,
            cells=cells,
            effective_from=effective_from,
            by=SETUP,
            at=effective_from,
        )

    found = columns(house, sign_in, "number", "differences")

    assert found == [
        ("3", "—"),
        ("2", "High: work is degraded × Minor: one person → Low"),
        ("1", "Low: can work × Minor: one person → Critical"),
    ]


def test_a_contract_version_lists_its_changes(house: House, sign_in: Any) -> None:
    contract = house.contract
    publish_contract(contract=another_contract(house), reason="", by=SETUP, at=MONDAY_9AM)
    publish_contract(contract=contract, reason="", by=SETUP, at=MONDAY_9AM - 3 * HOUR)
    contract.validation_days = 7
    contract.ends_on = contract.starts_on.replace(year=2027)
    contract.save()
    contract.report_recipients.add(house.people["coordinator"], house.people["requester"])
    publish_contract(contract=contract, reason="", by=SETUP, at=MONDAY_9AM - 2 * HOUR)
    ContractService.objects.filter(contract=contract, service=house.services["erp"]).delete()
    contract.report_recipients.clear()
    contract.ends_on = None
    contract.save()
    publish_contract(contract=contract, reason="", by=SETUP, at=MONDAY_9AM - HOUR)
    ContractService.objects.filter(contract=contract).delete()
    publish_contract(contract=contract, reason="", by=SETUP, at=MONDAY_9AM)

    found = columns(house, sign_in, "number", "known", "differences")

    assert found == [
        ("4", "Mar 2, 2026, 09:00 (Mexico City)", "contracted services: Network → —"),
        (
            "3",
            "Mar 2, 2026, 08:00 (Mexico City)",
            "ends on: 2027-01-01 → —; contracted services: Network, Erp → Network; "
            "report recipients: Requester North, Coordinator North → —",
        ),
        (
            "2",
            "Mar 2, 2026, 07:00 (Mexico City)",
            "ends on: — → 2027-01-01; validation period in days: 3 → 7; "
            "report recipients: — → Requester North, Coordinator North",
        ),
        ("1", "Mar 2, 2026, 06:00 (Mexico City)", "—"),
    ]


def test_the_organization_of_a_contract_is_fixed_once_it_exists(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])

    old = client.get(f"/admin/catalog/contract/{house.contract.pk}/change/")
    new = client.get("/admin/catalog/contract/add/")

    assert "organization" not in old.context["adminform"].form.fields
    assert "organization" in new.context["adminform"].form.fields


def overlapping_contract(house: House, **values: Any) -> Contract:
    made = Contract.objects.create(
        organization=house.north,
        **{"reference": "C-new", "starts_on": MONDAY_9AM.date() - DAY, **values},
    )
    ContractService.objects.create(contract=made, service=house.services["erp"])
    return made


def test_a_contract_that_overlaps_another_says_so_with_the_rule_and_the_tickets(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    ended = closed(house)
    other_service = make_ticket(house, service="network")
    new = overlapping_contract(house)
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client = sign_in(administrator)
    path = f"/admin/catalog/contract/{new.pk}/change/"

    page = client.get(path)
    sent = ChangeForm(page.content.decode()).sent
    saved = client.post(path, {**sent, "reason": "Seen."}, follow=True)

    shown = text_of(page.content.decode())
    assert "C-north (Jan 1, 2025 to without end) covers on the same days: Erp." in shown
    assert "New tickets of these services take C-new" in shown
    assert f"{ticket.number} C-north → C-new" in shown
    assert "1 open ticket runs under another contract" in shown
    assert ended.number not in shown
    assert other_service.number not in shown
    told = [str(message) for message in saved.context["messages"]]
    assert any("New tickets of these services take C-new" in words for words in told)
    assert fresh(ticket).contract == house.contract


def test_of_two_contracts_that_start_on_the_same_day_the_one_entered_last_is_taken(
    house: House,
) -> None:
    last = overlapping_contract(house, starts_on=house.contract.starts_on)

    (overlap,) = overlaps_of(house.contract)
    with translation.override("en"):
        shown = overlapping(house.contract)

    assert (overlap.wins, overlap.begin_together) == (last, True)
    assert make_ticket(house).contract == last
    assert shown is not None
    assert "C-new: both start on the same day, and it was entered last." in shown.words[0]


def test_contracts_of_other_days_or_services_do_not_overlap(house: House) -> None:
    before = {"starts_on": date(2020, 1, 1), "ends_on": date(2024, 12, 31)}
    earlier = overlapping_contract(house, **before)
    apart = Contract.objects.create(
        organization=house.north, reference="C-apart", starts_on=MONDAY_9AM.date()
    )

    assert overlaps_of(earlier) == overlaps_of(apart) == overlaps_of(house.contract) == []


def test_contracts_that_share_one_day_overlap(house: House) -> None:
    first_day = house.contract.starts_on
    earlier = overlapping_contract(house, starts_on=date(2020, 1, 1), ends_on=first_day)

    (overlap,) = overlaps_of(earlier)
    (back,) = overlaps_of(house.contract)

    assert (overlap.other, overlap.wins) == (house.contract, house.contract)
    assert (back.other, back.wins) == (earlier, house.contract)
    assert [service.slug for service in overlap.services] == ["erp"]
    assert (overlap.begin_together, back.begin_together) == (False, False)


def test_forged_counters_of_rows_are_no_server_error(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    page = client.get("/admin/catalog/contract/add/")
    prefixes = [each.formset.prefix for each in page.context["inline_admin_formsets"]]
    forged = {
        f"{prefix}-{name}": number
        for prefix in prefixes
        for name, number in (("TOTAL_FORMS", "2"), ("INITIAL_FORMS", "1"))
    }

    for path in ("add/", f"{house.contract.pk}/change/"):
        answer = client.post(f"/admin/catalog/contract/{path}", {"organization": "", **forged})
        assert answer.status_code == 200
