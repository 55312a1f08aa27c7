"""The sections of the report: each with its own figures, within its budget of statements."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.core.classification import Impact
from reports.queries import build_service_level
from reports.queries.reported_month import ReportedMonth
from reports.sections import SECTIONS, Section, shown_sections
from tests.support.audits import delivered
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, make_ticket
from tests.support.statements import counted
from tests.support.tickets import classify, eventful, step
from tickets.models import Ticket

MARCH = date(2026, 3, 1)
AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
HEAD = {"organization", "slug", "month", "time_zone", "period_start", "period_end"}


def cost(house: House, section: Section) -> int:
    month = ReportedMonth(house.north, MARCH, AT)
    with CaptureQueriesContext(connection) as queries:
        section.load(month)
    return counted(queries)


def early_and_out_of_contract(house: House) -> Ticket:
    """Return a ticket of February that was missed in it and one of March, both out of contract."""
    early = make_ticket(house, at=MONDAY_9AM - 10 * DAY)
    late = make_ticket(house)
    Ticket.objects.filter(pk__in=[early.pk, late.pk]).update(is_out_of_contract=True)
    step(house, early, "reject", MONDAY_9AM, reason="Not ours.")
    return early


@pytest.mark.parametrize("section", SECTIONS, ids=[each.name for each in SECTIONS])
def test_a_section_runs_the_same_statements_for_few_and_many_rows(
    house: House, section: Section
) -> None:
    eventful(house)
    delivered(house)
    early_and_out_of_contract(house)
    few = cost(house, section)
    for hour in range(3):
        make_ticket(house, at=MONDAY_9AM + hour * HOUR)

    assert (few, cost(house, section)) == (section.statements, section.statements)


def test_the_whole_report_reads_each_kind_of_row_once(house: House) -> None:
    eventful(house)
    delivered(house)

    with CaptureQueriesContext(connection) as queries:
        build_service_level(house.north, MARCH, AT)

    # tickets, those in or out of contract later, clocks, earlier breaches, turns; carried over
    # clocks and breaches; five of audits
    assert counted(queries) == 12


def test_clocks_measured_again_cost_one_statement(house: House) -> None:
    carried = next(each for each in SECTIONS if each.name == "carried_over")
    early = [make_ticket(house, at=MONDAY_9AM - 10 * DAY) for _ in range(4)]
    step(house, early.pop(), "reject", MONDAY_9AM, reason="Not ours.")
    none = cost(house, carried)
    for ticket in early:
        classify(house, ticket, MONDAY_9AM, impact=Impact.EXTENSIVE)

    assert (none, cost(house, carried)) == (carried.statements - 1, carried.statements)


def test_no_two_sections_have_a_figure_of_the_same_name(house: House) -> None:
    month = ReportedMonth(house.north, MARCH, AT)

    names = [name for section in SECTIONS for name in section.load(month)]

    assert len(names) == len(set(names))
    assert set(names) | HEAD == set(build_service_level(house.north, MARCH, AT))
    assert not set(names) & HEAD


def test_a_section_without_its_figure_is_not_shown(house: House) -> None:
    make_ticket(house)
    data = build_service_level(house.north, MARCH, MONDAY_9AM)

    assert [section.name for section in shown_sections(data)] == [
        "figures",
        "breakdowns",
        "compliance",
        "breaches",
        "tickets",
    ]
    replaced = shown_sections(data | {"carried_earlier": 1})
    assert "carried_over" in [section.name for section in replaced]
    full = [
        section.name
        for section in shown_sections(
            data | {"turns": {"desk": 1}, "audits": [1], "taken_back": [1], "uncontracted": [1]}
        )
    ]
    assert full == [section.name for section in SECTIONS]
