"""The parts of an audit are found in it, with others beside them; the contract year."""

from datetime import date

import pytest

from audits import queries, services
from audits.models import AuditRequest, AuditState, Conference, Visit, VisitPlace
from audits.queries.allowances import year_start
from catalog.models import Contract
from foundation.core.errors import NotAllowed, NotFound
from tests.support.audits import again, ask, confer, leave, prepare
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by
from tickets.models import Ticket


@pytest.fixture
def audits(house: House) -> list[AuditRequest]:
    """Two audits of the north, in two contract years."""
    first = ask(house)
    AuditRequest.objects.filter(pk=first.pk).update(state=AuditState.OPEN)
    Ticket.objects.filter(pk=first.ticket_id).update(received_at=MONDAY_9AM - 500 * DAY)
    second = ask(house)
    return [again(first), again(second)]


def add_visit(house: House, audit: AuditRequest, on: date) -> Visit:
    made: Visit = Visit.objects.create(
        organization=house.north,
        audit=audit,
        place=VisitPlace.DATA_CENTRE,
        on=on,
        visitors="Elsa",
        announced_by=house.requester,
        announced_at=MONDAY_9AM,
    )
    return made


def test_an_item_is_found_by_its_number_in_its_audit(audits: list[AuditRequest]) -> None:
    for audit in audits:
        for number in (1, 2):
            item = queries.get_item(audit, number)
            assert (item.audit_id, item.number) == (audit.pk, number)

    with pytest.raises(NotFound):
        queries.get_item(audits[0], 3)


def test_a_conference_is_found_in_its_audit(house: House, audits: list[AuditRequest]) -> None:
    for audit in (*audits, audits[1]):
        confer(house, audit)
    rows = list(Conference.objects.order_by("pk"))

    assert queries.get_conference(audits[1], rows[2].pk) == rows[2]
    assert queries.get_conference(audits[0], rows[0].pk) == rows[0]
    with pytest.raises(NotFound):
        queries.get_conference(audits[0], rows[1].pk)


def test_a_visit_is_found_in_its_audit(house: House, audits: list[AuditRequest]) -> None:
    rows = [
        add_visit(house, audit, date(2026, 4, day))
        for day, audit in enumerate((*audits, audits[1]), start=1)
    ]

    assert queries.get_visit(audits[1], rows[2].pk) == rows[2]
    assert queries.get_visit(audits[0], rows[0].pk) == rows[0]
    with pytest.raises(NotFound):
        queries.get_visit(audits[0], rows[1].pk)


def test_evidence_before_its_delivery_is_read_by_those_who_prepare_or_approve(
    house: House, audits: list[AuditRequest]
) -> None:
    rows = [prepare(house, audits[1]), prepare(house, audits[1], 2)]

    for name in ("agent", "bpo"):
        found = queries.get_undelivered_evidence(house.staff[name], audits[1], rows[1].pk)
        assert found == rows[1]
    for person in (house.requester, house.staff["commercial"]):
        with pytest.raises(NotAllowed):
            queries.get_undelivered_evidence(person, audits[1], rows[1].pk)
    with pytest.raises(NotFound):
        queries.get_evidence(audits[0], rows[1].pk)
    with pytest.raises(NotFound):
        queries.get_evidence(audits[1], rows[1].pk + 1000)


def test_an_audit_is_found_by_its_number(house: House, audits: list[AuditRequest]) -> None:
    person = house.agent
    number = audits[0].ticket.number

    assert queries.get_audit(person, number.lower()) == audits[0]
    assert list(queries.audits_of(person)) == [audits[1], audits[0]]
    assert queries.audit_of_ticket(audits[1].ticket_id) == audits[1]
    assert queries.audit_of_ticket(audits[1].ticket_id + 1000) is None
    digits = number.rpartition("-")[2]
    for wrong in (f"X-{digits}", digits, "", "x", "9" * 18, "9" * 19, f"{number}9"):
        with pytest.raises(NotFound):
            queries.get_audit(person, wrong)
    with pytest.raises(NotFound):
        queries.get_audit(house.outsider, number)


def test_each_line_of_the_list_counts_its_own_items(
    house: House, audits: list[AuditRequest]
) -> None:
    leave(house, audits[1])
    services.set_aside(
        audit=again(audits[1]),
        number=2,
        reason="None.",
        by=by(house.staff["bpo"]),
        at=MONDAY_9AM + HOUR,
    )
    prepare(house, audits[0])

    rows = queries.rows_of(audits, house.agent, MONDAY_9AM)

    assert [(row.audit, row.items, row.answered) for row in rows] == [
        (audits[0], 2, 0),
        (audits[1], 2, 2),
    ]
    assert [row.clock.ticket_id if row.clock else None for row in rows] == [
        audit.ticket_id for audit in audits
    ]


@pytest.mark.parametrize(
    ("starts_on", "day", "expected"),
    [
        (date(2024, 3, 10), date(2026, 3, 10), date(2026, 3, 10)),
        (date(2024, 3, 10), date(2026, 3, 9), date(2025, 3, 10)),
        (date(2024, 2, 29), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2024, 2, 29), date(2026, 2, 27), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2028, 2, 29), date(2028, 2, 29)),
        (date(2024, 2, 29), date(2028, 2, 28), date(2027, 2, 28)),
    ],
)
def test_a_contract_year_begins_on_the_day_of_the_contract(
    starts_on: date, day: date, expected: date
) -> None:
    assert year_start(Contract(starts_on=starts_on), day) == expected
