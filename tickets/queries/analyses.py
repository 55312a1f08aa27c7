"""The functional analyses that were recorded on tickets."""

from collections.abc import Collection

from tickets.models import FunctionalAnalysis, Ticket
from tickets.queries.relations import absorbed_by, survivor_of


def analyses_of(ticket_ids: Collection[int]) -> list[FunctionalAnalysis]:
    """Return the analyses of tickets without the removed ones, in the order of writing."""
    found = FunctionalAnalysis.objects.filter(ticket__in=ticket_ids, removed_at=None)
    return list(found.select_related("author", "run_by", "ticket").order_by("pk"))


def analysis_of(ticket: Ticket, analysis_id: int) -> FunctionalAnalysis | None:
    """Return an analysis that was not removed, of the ticket or of one that was merged into it;
    None when it has none with this id.
    """
    found = FunctionalAnalysis.objects.filter(pk=analysis_id, removed_at=None)
    analysis = found.select_related("ticket__organization").order_by("pk").first()
    is_its = analysis is not None and survivor_of(analysis.ticket).pk == ticket.pk
    return analysis if is_its else None


def has_analysis(ticket: Ticket) -> bool:
    """Tell whether an analysis was recorded on the ticket or on one that was merged into it."""
    ids = [ticket.pk, *(each.pk for each in absorbed_by(ticket))]
    return FunctionalAnalysis.objects.filter(ticket__in=ids, removed_at=None).exists()
