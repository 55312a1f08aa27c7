"""The list that is seen, as a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.queue.columns import OPTIONAL
from desk.queue.reading import PageReading
from foundation.accounts.models import DESK_ZONE
from foundation.accounts.roles import Capability
from foundation.core.errors import NotFound
from foundation.core.zones import in_zone
from foundation.documents.tables import CSV_MARK, CSV_TYPE, XLSX_TYPE, csv_lines, sheet_bytes
from sla.clocks.queries import clocks_of, most_urgent
from sla.templatetags.sla import metric_label
from tickets import queries
from tickets.models import Tag, Ticket
from web.access import needs
from web.keyset import keyset_page
from web.queue.lists import ORDERS

MOST_ROWS = 10_000
_AT_ONCE = 1_000


@require_safe
@needs(Capability.SEE_TICKETS)
def export(request: HttpRequest, file_type: str) -> HttpResponse:
    """Answer with the tickets of the list, filters, order and columns of the address: the first
    ``MOST_ROWS``. Times are of the desk's zone, which the heading names.
    """
    if file_type not in {"csv", "xlsx"}:
        raise NotFound(_("There is no such file."))
    reading = PageReading(request, timezone.now())
    heading = _heading(reading.columns)
    rows = _rows(reading)
    if file_type == "xlsx":
        title = str(reading.queue_list.label)
        response = HttpResponse(sheet_bytes(title, heading, rows), content_type=XLSX_TYPE)
    else:
        lines = [CSV_MARK, *csv_lines([heading]), *csv_lines(rows)]
        response = HttpResponse("".join(lines), content_type=CSV_TYPE)
    day = in_zone(reading.now, DESK_ZONE)
    name = f"mesa-{reading.name}-{day:%Y-%m-%d-%H%M}.{file_type}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _heading(columns: Sequence[str]) -> list[str]:
    due = _("Due (%(zone)s)") % {"zone": DESK_ZONE}
    fixed = [_("Number"), _("Priority"), _("Subject"), _("Customer"), _("Clock"), due]
    labels = {name: str(column.label) for name, column in OPTIONAL.items()}
    labels["worked"] = _("Minutes worked")
    return fixed + [labels[name] for name in columns]


def _rows(reading: PageReading) -> Iterator[list[Any]]:
    order = ORDERS[reading.order]
    mark = ""
    for _number in range(MOST_ROWS // _AT_ONCE):
        page = keyset_page(reading.tickets, order, _AT_ONCE, after=mark)
        clocks = clocks_of([ticket.pk for ticket in page.rows])
        beside = _Beside.of(page.rows, reading.columns)
        for ticket in page.rows:
            clock = most_urgent(clocks[ticket.pk])
            yield [
                ticket.number,
                ticket.get_priority_display(),
                ticket.subject,
                ticket.organization.name,
                metric_label(clock.metric) if clock else "",
                _local(clock.due_at if clock else None),
                *(_value(ticket, name, beside) for name in reading.columns),
            ]
        mark = page.after
        if not mark:
            return


def _local(moment: datetime | None) -> datetime | str:
    """Return a time of the desk's zone, without the zone: a spreadsheet knows none."""
    if moment is None:
        return ""
    return in_zone(moment, DESK_ZONE).replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True)
class _Beside:
    """What stands in other tables, by ticket id, when it has a column."""

    tags: Mapping[int, Sequence[Tag]]
    worked: Mapping[int, timedelta]

    @classmethod
    def of(cls, tickets: Sequence[Ticket], columns: Sequence[str]) -> "_Beside":
        ids = [ticket.pk for ticket in tickets]
        return cls(
            queries.tags_of_tickets(ids) if "tags" in columns else {},
            queries.time_worked(ids) if "worked" in columns else {},
        )


def _value(ticket: Ticket, column: str, beside: _Beside) -> Any:
    values = {
        "state": lambda: ticket.state_label,
        "requester": lambda: str(ticket.requester),
        "service": lambda: ticket.service.name,
        "team": lambda: str(ticket.team or ""),
        "tags": lambda: ", ".join(tag.name for tag in beside.tags[ticket.pk]),
        "worked": lambda: int(beside.worked[ticket.pk].total_seconds()) // 60,
        "received": lambda: _local(ticket.received_at),
        "assignee": lambda: str(ticket.assignee or ""),
        "activity": lambda: _local(ticket.updated_at),
    }
    return values[column]()
