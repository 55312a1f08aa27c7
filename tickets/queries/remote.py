"""The sessions of remote support that were noted on tickets."""

from collections.abc import Collection

from tickets.models import RemoteSession, Ticket
from tickets.queries.relations import survivor_of


def sessions_of(ticket_ids: Collection[int]) -> list[RemoteSession]:
    """Return the sessions of tickets without the removed ones, in the order of their starts."""
    found = RemoteSession.objects.filter(ticket__in=ticket_ids, removed_at=None)
    return list(found.select_related("person", "ticket").order_by("started_at", "pk"))


def session_of(ticket: Ticket, session_id: int) -> RemoteSession | None:
    """Return a session that was not removed, of the ticket or of one that was merged into it; None
    when it has none with this id.
    """
    found = RemoteSession.objects.filter(pk=session_id, removed_at=None).select_related("ticket")
    session = found.order_by("pk").first()
    is_its = session is not None and survivor_of(session.ticket).pk == ticket.pk
    return session if is_its else None


def tools_in_use(organization_id: int) -> list[str]:
    """Return the tools of the last sessions at a customer, by name."""
    found = RemoteSession.objects.filter(organization_id=organization_id, removed_at=None)
    return sorted({*found.order_by("-pk").values_list("tool", flat=True)[:50]})
