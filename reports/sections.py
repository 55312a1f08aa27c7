"""The sections of the service-level report, in order, the same on the page and in the PDF.

A section loads its own figures as plain data, in codes and ISO instants, the same for the same
rows; an app with figures of its own adds a section here.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audits.queries import reported_audits
from foundation.core.classification import Kind, Priority
from reports.metrics import Tally, compliance_table
from reports.queries.reported_month import ReportedMonth
from sla.clocks.models import Clock
from sla.clocks.verdicts import Verdict, verdict_of
from tickets.models import Ticket
from tickets.states import Holder, State


class Section(ABC):
    """``needs`` is the key of the figure that must not be empty; without ``needs`` the section is
    always shown. ``statements`` is the maximum that ``load`` executes on a new ``ReportedMonth``.
    """

    name: str
    needs = ""
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
    statements = 1

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        tickets = month.tickets.values()
        return {
            "raised": len(tickets),
            "out_of_contract": sum(ticket.is_out_of_contract for ticket in tickets),
        }


class Breakdowns(Section):
    name = "breakdowns"
    statements = 1

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        tickets = month.tickets.values()
        return {
            "by_priority": [
                {"code": p.code, "count": sum(t.priority == p for t in tickets)} for p in Priority
            ],
            "by_state": [
                {"code": str(s), "count": sum(t.state == s for t in tickets)} for s in State
            ],
            "by_kind": [{"code": str(k), "count": sum(t.kind == k for t in tickets)} for k in Kind],
        }


class Turns(Section):
    """Elapsed seconds by holder, summed over the month's tickets."""

    name = "turns"
    needs = "turns"
    statements = 1

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        return {"turns": _sum_of(month.held.values())}


class Compliance(Section):
    name = "compliance"
    statements = 2

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        tally = Tally()
        for clock in month.clocks:
            earlier = month.earlier_breaches.get(clock.pk, 0)
            tally.count(clock.metric, clock.priority, verdict_of(clock, month.at), earlier)
        return {"compliance": compliance_table(tally)}


class Breaches(Section):
    """Every missed clock, with the seconds of its ticket by holder."""

    name = "breaches"
    statements = 3

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        return {
            "breaches": [
                _breach(clock, month.tickets[clock.ticket_id])
                | {"turns": month.held.get(clock.ticket_id, {})}
                for clock in month.clocks
                if verdict_of(clock, month.at) == Verdict.MISSED
            ]
        }


class Audits(Section):
    name = "audits"
    needs = "audits"
    statements = 4

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        found = reported_audits(month.organization, month.start, month.end, month.at)
        return {"audits": found}


class Tickets(Section):
    """Every ticket of the month, one by one."""

    name = "tickets"
    statements = 2

    def load(self, month: ReportedMonth) -> dict[str, Any]:
        clocks: dict[int, list[Clock]] = {pk: [] for pk in month.tickets}
        for clock in month.clocks:
            clocks[clock.ticket_id].append(clock)
        return {
            "tickets": [
                _line(ticket, {c.metric: verdict_of(c, month.at) for c in clocks[ticket.pk]})
                for ticket in month.tickets.values()
            ]
        }


SECTIONS: Sequence[Section] = (
    Figures(),
    Breakdowns(),
    Turns(),
    Compliance(),
    Breaches(),
    Audits(),
    Tickets(),
)


def shown_sections(figures: Mapping[str, Any]) -> list[Section]:
    """Return the sections that have something to show; ``figures`` is the data of a report."""
    return [each for each in SECTIONS if not each.needs or figures.get(each.needs)]


def _sum_of(turns: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in turns:
        for holder, seconds in each.items():
            total[holder] = total.get(holder, 0) + seconds
    return {str(holder): total[holder] for holder in Holder if holder in total}


def _breach(clock: Clock, ticket: Ticket) -> dict[str, Any]:
    missed_at = clock.breached_at or clock.due_at
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "priority": Priority(clock.priority).code,
        "metric": clock.metric,
        "due_at": missed_at.isoformat() if missed_at else "",
        "stopped_at": clock.stopped_at.isoformat() if clock.stopped_at else "",
    }


def _line(ticket: Ticket, verdicts: dict[str, str]) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "kind": ticket.kind,
        "service_es": ticket.service.name_es,
        "service_en": ticket.service.name_en,
        "priority": ticket.priority_code,
        "state": ticket.state,
        "received_at": ticket.received_at.isoformat(),
        "requester": ticket.requester.full_name,
        "verdicts": verdicts,
    }
