"""The sections of the service-level report, in order, the same on the page and in the PDF.

A section loads its own figures as plain data, in codes and ISO instants, the same for the same
rows; an app with figures of its own adds a section here.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audits.queries import reported_audits
from foundation.core.classification import Kind, Priority
from reports.metrics import Tally, compliance_table
from reports.queries.reported_month import ReportedMonth
from sla.clocks.models import Clock
from sla.clocks.verdicts import Verdict
from sla.history.standings import Standing
from tickets.models import Ticket
from tickets.states import Holder, State


class Section(ABC):
    """``needs`` are keys of figures of which one must not be empty; without them the section is
    always shown. ``statements`` is the maximum that ``load`` executes on a new ``ReportedMonth``,
    beside the two that read the clocks measured again since it began and the one for tickets that
    went in or out of contract after their month.
    """

    name: str
    needs: tuple[str, ...] = ()
    statements = 0

    @property
    def template(self) -> str:
        return f"reports/sections/{self.name}.html"

    @abstractmethod
    def load(self, month: ReportedMonth) -> dict[str, Any]:
        """Return the figures of the section; no two sections share a key."""


class Figures(Section):
    """The totals at the top; the template takes compliance and late clocks from the figures of
    their own sections.
    """

    name = "figures"
    statements = 2

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        return {"raised": len(month.contracted), "out_of_contract": len(month.out_of_contract)}


class Breakdowns(Section):
    name = "breakdowns"
    statements = 2

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        tickets = month.contracted
        states = Counter(month.states.get(ticket.pk, ticket.state) for ticket in tickets)
        return {
            "by_priority": [
                {"code": p.code, "count": sum(t.priority == p for t in tickets)} for p in Priority
            ],
            "by_state": [{"code": str(s), "count": states[s]} for s in State],
            "by_kind": [{"code": str(k), "count": sum(t.kind == k for t in tickets)} for k in Kind],
        }


class Turns(Section):
    """Elapsed seconds by holder, summed over the tickets that had a turn in the month."""

    name = "turns"
    needs = ("turns",)
    statements = 2

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        return {"turns": _sum_of(month.held.values())}


class Compliance(Section):
    name = "compliance"
    statements = 5

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        tally = Tally()
        for clock, standing in month.standings_of(month.contracted):
            earlier = month.earlier_breaches(clock)
            tally.count(clock.metric, standing.priority, standing.verdict, earlier)
        return {"compliance": compliance_table(tally)}


class CarriedOver(Section):
    """The clocks of earlier tickets that were *running* in the report of the month before, or were
    measured again since, and whose verdict fell in this one. ``taken_back`` lists the verdicts of
    earlier reports that a change of this month replaced. ``carried_earlier`` counts the breaches
    whose targets were replaced in the month, ``earlier_taken_back`` those that a correction of the
    month cleared.

    Over months, the verdicts of the compliance and those carried over, less those taken back, are
    the verdicts of all clocks; so are the earlier breaches.
    """

    name = "carried_over"
    needs = ("carried_over", "taken_back", "carried_earlier", "earlier_taken_back")
    statements = 4

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        return {
            "carried_over": [
                _earlier(clock, standing)
                for clock, standing in month.carried_over
                if not month.is_out_of_contract(clock.ticket)
            ],
            "taken_back": [
                _earlier(clock, standing)
                for clock, standing in month.taken_back
                if not month.is_out_of_contract(clock.ticket)
            ],
            "carried_earlier": sum(each for each in month.carried_breaches if each > 0),
            "earlier_taken_back": -sum(each for each in month.carried_breaches if each < 0),
        }


class Breaches(Section):
    """Every missed clock of the month's tickets, with the seconds of its ticket by holder."""

    name = "breaches"
    statements = 4

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        tickets = {ticket.pk: ticket for ticket in month.contracted}
        return {
            "breaches": [
                _breach(clock, tickets[clock.ticket_id], standing)
                | {"turns": month.held.get(clock.ticket_id, {})}
                for clock, standing in month.standings_of(month.contracted)
                if standing.verdict == Verdict.MISSED
            ]
        }


class Audits(Section):
    name = "audits"
    needs = ("audits",)
    statements = 5

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        found = reported_audits(month.organization, month.start, month.end, month.until)
        return {"audits": found}


class Tickets(Section):
    """Every contracted ticket of the month, one by one."""

    name = "tickets"
    statements = 3

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        return {"tickets": _lines(month, month.contracted, month.standings_of(month.contracted))}


class OutOfContract(Section):
    """The tickets out of contract, apart from all other figures (SPEC 1.2): those of the month,
    earlier ones with a verdict that fell in it, and earlier ones with a verdict that a change of
    the month replaced.
    """

    name = "out_of_contract"
    needs = ("uncontracted",)
    statements = 4

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        own = month.out_of_contract
        return {
            "uncontracted": [
                *_lines(month, own, month.standings_of(own)),
                *_marked(month, month.carried_over, "is_carried_over"),
                *_marked(month, month.taken_back, "is_taken_back"),
            ]
        }


def _marked(
    month: ReportedMonth, clocks: Iterable[tuple[Clock, Standing]], mark: str
) -> list[dict[str, Any]]:
    """Return the lines of those tickets of these clocks that are out of contract, with a mark."""
    apart = [each for each in clocks if month.is_out_of_contract(each[0].ticket)]
    tickets = {clock.ticket_id: clock.ticket for clock, _standing in apart}
    return [row | {mark: True} for row in _lines(month, tickets.values(), apart)]


SECTIONS: Sequence[Section] = (
    Figures(),
    Breakdowns(),
    Turns(),
    Compliance(),
    CarriedOver(),
    Breaches(),
    Audits(),
    Tickets(),
    OutOfContract(),
)


def shown_sections(figures: Mapping[str, Any]) -> list[Section]:
    """Return the sections that have something to show; ``figures`` is the data of a report."""
    return [
        each
        for each in SECTIONS
        if not each.needs or any(figures.get(needed) for needed in each.needs)
    ]


def _sum_of(turns: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in turns:
        for holder, seconds in each.items():
            total[holder] = total.get(holder, 0) + seconds
    return {str(holder): total[holder] for holder in Holder if holder in total}


def _breach(clock: Clock, ticket: Ticket, standing: Standing) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "priority": Priority(standing.priority).code,
        "metric": clock.metric,
        "due_at": standing.due_at.isoformat() if standing.due_at else "",
        "stopped_at": standing.stopped_at.isoformat() if standing.stopped_at else "",
    }


def _earlier(clock: Clock, standing: Standing) -> dict[str, Any]:
    return _breach(clock, clock.ticket, standing) | {
        "raised_at": clock.ticket.received_at.isoformat(),
        "verdict": str(standing.verdict),
    }


def _lines(
    month: ReportedMonth, tickets: Iterable[Ticket], clocks: Iterable[tuple[Clock, Standing]]
) -> list[dict[str, Any]]:
    by_ticket: dict[int, dict[str, str]] = {}
    for clock, standing in clocks:
        by_ticket.setdefault(clock.ticket_id, {})[clock.metric] = str(standing.verdict)
    return [
        _line(ticket, month.states.get(ticket.pk, ticket.state), by_ticket.get(ticket.pk, {}))
        for ticket in tickets
    ]


def _line(ticket: Ticket, state: str, verdicts: dict[str, str]) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "kind": ticket.kind,
        "service_es": ticket.service.name_es,
        "service_en": ticket.service.name_en,
        "priority": ticket.priority_code,
        "state": state,
        "received_at": ticket.received_at.isoformat(),
        "requester": ticket.requester.full_name,
        "verdicts": verdicts,
    }
