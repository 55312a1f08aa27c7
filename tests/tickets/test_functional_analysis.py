"""The functional analysis before tables are updated or deleted (SPEC 2.1)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from catalog.models import Service
from foundation.core.errors import Invalid
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import SOLUTION, started, step
from tickets import queries, services, verbs
from tickets.models import FunctionalAnalysis, Ticket
from tickets.services import ActionNotAllowed, Analysis
from tickets.states import State
from web.timeline import sentence

ANALYSIS = Analysis(
    kind="delete",
    environment="production",
    tables=" invoices,\n lines ",
    finding="Two rows of one invoice.",
    change="DELETE FROM invoices WHERE id = 7;",
    undoing="INSERT from the copy of today.",
)
LATER = MONDAY_9AM + HOUR


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def write(house: House, ticket: Ticket, **changes: Any) -> FunctionalAnalysis:
    analysis = replace(ANALYSIS, **changes)
    return services.write_analysis(
        ticket=ticket, analysis=analysis, by=by(house.agent), at=MONDAY_9AM
    )


def fresh_analysis(analysis: FunctionalAnalysis) -> FunctionalAnalysis:
    return FunctionalAnalysis.objects.select_related("ticket").get(pk=analysis.pk)


def changes_tables(house: House) -> None:
    Service.objects.filter(pk=house.services["erp"].pk).update(needs_analysis=True)


def test_a_ticket_that_changes_tables_is_solved_only_with_an_analysis(house: House) -> None:
    changes_tables(house)
    ticket = started(house)

    with pytest.raises(Invalid, match="record the functional analysis"):
        step(house, ticket, "solve", LATER, **SOLUTION)
    assert fresh(ticket).state == State.IN_PROGRESS
    removed = write(house, ticket)
    services.remove_analysis(analysis=removed, by=by(house.agent), at=LATER)
    with pytest.raises(Invalid, match="record the functional analysis"):
        step(house, ticket, "solve", LATER, **SOLUTION)
    write(house, ticket)
    step(house, ticket, "solve", LATER, **SOLUTION)

    assert fresh(ticket).state == State.SOLVED


def test_the_analysis_of_a_merged_ticket_counts(house: House) -> None:
    changes_tables(house)
    survivor = started(house)
    ticket = make_ticket(house)
    analysis = write(house, ticket)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=LATER)

    step(house, survivor, "solve", LATER, **SOLUTION)

    assert fresh(survivor).state == State.SOLVED
    assert queries.analysis_of(fresh(survivor), analysis.pk) == analysis
    assert queries.analysis_of(make_ticket(house), analysis.pk) is None


def test_an_analysis_stays_with_what_was_solved_by_it(house: House) -> None:
    changes_tables(house)
    ticket = started(house)
    analysis = write(house, ticket)
    step(house, ticket, "solve", LATER, **SOLUTION)

    with pytest.raises(Invalid, match="its analysis stays"):
        services.remove_analysis(analysis=fresh_analysis(analysis), by=by(house.agent), at=LATER)

    assert queries.analyses_of([ticket.pk]) == [analysis]


def test_who_holds_the_survivor_notes_the_change_of_a_merged_ticket(house: House) -> None:
    survivor = started(house)
    ticket = make_ticket(house)
    analysis = write(house, ticket)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=LATER)
    step(house, survivor, "assign", LATER, team=house.level_two, reason="Up.")

    services.note_run(
        analysis=fresh_analysis(analysis), rows=1, by=by(house.staff["consultant"]), at=LATER
    )

    assert fresh_analysis(analysis).rows == 1


def test_other_services_need_none(house: House) -> None:
    ticket = started(house)

    step(house, ticket, "solve", LATER, **SOLUTION)

    assert fresh(ticket).state == State.SOLVED


def test_the_change_is_noted_once_after_its_analysis(house: House) -> None:
    ticket = started(house)
    analysis = write(house, ticket)

    services.note_run(analysis=analysis, rows=2, by=by(house.staff["agent2"]), at=LATER)
    with pytest.raises(Invalid, match="meanwhile"):
        services.note_run(analysis=analysis, rows=3, by=by(house.agent), at=LATER)
    with pytest.raises(Invalid, match="its analysis stays"):
        services.remove_analysis(analysis=analysis, by=by(house.agent), at=LATER)

    (kept,) = queries.analyses_of([ticket.pk])
    assert (kept.run_at, kept.run_by, kept.rows) == (LATER, house.staff["agent2"], 2)
    assert (kept.tables, kept.author) == ("invoices, lines", house.agent)
    said = [
        sentence(each, "UTC")
        for each in queries.timeline(ticket)
        if each.verb in {verbs.ANALYSIS_WRITTEN, verbs.ANALYSIS_RUN}
    ]
    assert said == [
        "Functional analysis recorded: Delete of rows, Production",
        "Change of data made: Delete of rows, Production, 2 rows",
    ]


def test_a_removed_analysis_stays_on_the_record(house: House) -> None:
    ticket = started(house)
    analysis = write(house, ticket)

    with pytest.raises(ActionNotAllowed):
        services.remove_analysis(analysis=analysis, by=by(house.staff["agent2"]), at=LATER)
    services.remove_analysis(analysis=analysis, by=by(house.staff["desk_supervisor"]), at=LATER)
    services.remove_analysis(analysis=analysis, by=by(house.agent), at=LATER)
    with pytest.raises(Invalid, match="meanwhile"):
        services.note_run(analysis=analysis, rows=1, by=by(house.agent), at=LATER)

    assert queries.analyses_of([ticket.pk]) == []
    said = [each for each in queries.timeline(ticket) if each.verb == verbs.ANALYSIS_REMOVED]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "select"}, "kind"),
        ({"environment": "moon"}, "environment"),
        ({"tables": " "}, "tables"),
        ({"tables": "x" * 301}, "tables"),
        ({"finding": "\n"}, "finding"),
        ({"change": ""}, "change"),
        ({"undoing": " "}, "undoing"),
        ({"undoing": "x" * 10_001}, "undoing"),
    ],
)
def test_an_analysis_without_what_it_needs_is_refused(
    house: House, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        write(house, make_ticket(house), **changes)

    assert set(caught.value.fields) == {field}
    assert not FunctionalAnalysis.objects.exists()


@pytest.mark.parametrize("rows", [-1, 2_000_000_001])
def test_a_number_of_rows_that_cannot_be_is_refused(house: House, rows: int) -> None:
    analysis = write(house, make_ticket(house))

    with pytest.raises(Invalid):
        services.note_run(analysis=analysis, rows=rows, by=by(house.agent), at=LATER)


def test_who_may_not_work_on_the_ticket_writes_and_notes_nothing(house: House) -> None:
    ticket = make_ticket(house)
    analysis = write(house, ticket)

    for user in (house.requester, house.staff["bpo"], house.staff["consultant"]):
        with pytest.raises(ActionNotAllowed):
            services.write_analysis(ticket=ticket, analysis=ANALYSIS, by=by(user), at=LATER)
        with pytest.raises(ActionNotAllowed):
            services.note_run(analysis=analysis, rows=1, by=by(user), at=LATER)


def test_nothing_is_analysed_for_a_ticket_that_has_ended(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    with pytest.raises(Invalid, match="has ended"):
        write(house, fresh(ticket))
