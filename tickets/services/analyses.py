"""The functional analysis before rows of a customer's tables are updated or deleted (SPEC 2.1)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Environment
from foundation.core.errors import Invalid
from foundation.core.texts import is_blank, one_line
from tickets import verbs
from tickets.masking import secrets_in
from tickets.models import DataChange, FunctionalAnalysis, Ticket
from tickets.queries import has_analysis, survivor_of
from tickets.services.base import locked_ticket, record_ticket, require_worker
from tickets.services.errors import ActionNotAllowed
from tickets.states import FINAL, OPEN_STATES

LONGEST_TEXT = 10_000  # characters of each text
LONGEST_TABLES = 300
MOST_ROWS = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What was found and why the application cannot mend it, which tables change in which
    environment, how (the statement), and how that is taken back.
    """

    kind: str
    environment: str
    tables: str
    finding: str
    change: str
    undoing: str


@transaction.atomic
def write_analysis(
    *, ticket: Ticket, analysis: Analysis, by: Actor, at: datetime
) -> FunctionalAnalysis:
    """Record the analysis of a change of data, before the change is made.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid``: a text
    that is empty or too long, an unknown kind or environment, a ticket that has ended.
    """
    require_worker(ticket, by)
    if ticket.state in FINAL:
        words = _("%(number)s has ended: nothing is changed for it any more.")
        raise Invalid(words % {"number": ticket.number})
    tables = one_line(analysis.tables)
    fields = {}
    for name, values in (("kind", DataChange.values), ("environment", Environment.values)):
        if getattr(analysis, name) not in values:
            words = _("Choose one of: %(types)s.")
            fields[name] = words % {"types": ", ".join(map(str, values))}
    texts = {name: getattr(analysis, name).strip() for name in ("finding", "change", "undoing")}
    for name, text, longest in (
        ("tables", tables, LONGEST_TABLES),
        *((name, text, LONGEST_TEXT) for name, text in texts.items()),
    ):
        if is_blank(text):
            fields[name] = _("An analysis needs this.")
        elif len(text) > longest:
            fields[name] = _("At most %(count)d characters.") % {"count": longest}
    fields |= secrets_in(tables=tables, **texts)
    if fields:
        raise Invalid(" ".join(dict.fromkeys(fields.values())), fields=fields)
    written: FunctionalAnalysis = FunctionalAnalysis.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        author=acting_person(by),
        kind=analysis.kind,
        environment=analysis.environment,
        tables=tables,
        created_at=at,
        **texts,
    )
    _record(written, verbs.ANALYSIS_WRITTEN, by, at)
    return written


@transaction.atomic
def note_run(*, analysis: FunctionalAnalysis, rows: int, by: Actor, at: datetime) -> None:
    """Note that the acting person made the change now, on so many rows. Raises
    ``ActionNotAllowed`` as ``write_analysis``, or ``Invalid``: a negative number, or a change that
    was made or removed meanwhile.
    """
    require_worker(survivor_of(analysis.ticket), by)
    if not 0 <= rows <= MOST_ROWS:
        words = _("Give the number of rows: 0 or more.")
        raise Invalid(words, fields={"rows": words})
    open_one = FunctionalAnalysis.objects.filter(pk=analysis.pk, run_at=None, removed_at=None)
    if not open_one.update(run_at=at, run_by_id=by.person_id, rows=rows):
        raise Invalid(_("This change was noted as made, or its analysis removed, meanwhile."))
    _record(analysis, verbs.ANALYSIS_RUN, by, at, rows=rows)


@transaction.atomic
def remove_analysis(*, analysis: FunctionalAnalysis, by: Actor, at: datetime) -> None:
    """Remove an analysis of one's own or, as a supervisor, of anybody, whose change was not made;
    the record keeps it. Raises ``ActionNotAllowed`` for somebody else's, or ``Invalid`` for one
    whose change was made, or whose ticket is solved or has ended. Locks the ticket's row: a
    solution that needs the analysis comes before or after.
    """
    ticket = locked_ticket(survivor_of(analysis.ticket).pk)
    if ticket.state not in OPEN_STATES:
        words = _("%(number)s is “%(state)s”: its analysis stays.")
        raise Invalid(words % {"number": ticket.number, "state": ticket.state_label})
    person = acting_person(by)
    if analysis.author_id != person.pk and not person.can(Capability.SUPERVISE):
        raise ActionNotAllowed(_("Only its author, or a supervisor, can remove it."))
    found = FunctionalAnalysis.objects.filter(pk=analysis.pk, removed_at=None)
    if found.filter(run_at=None).update(removed_at=at):
        _record(analysis, verbs.ANALYSIS_REMOVED, by, at)
    elif found.exists():
        raise Invalid(_("The change was made: its analysis stays."))


def require_analysis(ticket: Ticket) -> None:
    """Raise ``Invalid`` for a ticket whose service needs a functional analysis that nobody
    recorded. Locks the ticket's row: no analysis is removed until the commit.
    """
    if not ticket.service.needs_analysis:
        return
    locked_ticket(ticket.pk)
    if not has_analysis(ticket):
        words = _(
            "“%(service)s” changes data in tables: record the functional analysis on the ticket "
            "before you solve it."
        )
        raise Invalid(words % {"service": ticket.service})


def _record(
    analysis: FunctionalAnalysis, verb: str, by: Actor, at: datetime, **payload: int
) -> None:
    record_ticket(
        analysis.ticket,
        verb,
        by=by,
        at=at,
        analysis=analysis.pk,
        change=str(analysis.kind),
        environment=str(analysis.environment),
        **payload,
    )
