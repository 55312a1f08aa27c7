"""What every action that answers with a ticket shares."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from api.tickets.serializers import ticket_data
from sla.clocks.queries import clocks_of, shown_to
from tickets.models import Ticket
from web.requests import person

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body give the same answer for 24 h.",
)


def ticket_answer(request: Request, ticket: Ticket, code: int = status.HTTP_200_OK) -> Response:
    """Return the ticket with its clocks, and its version as the ``ETag``."""
    reader = person(request)
    data = ticket_data(ticket, shown_to(reader, clocks_of([ticket.pk])[ticket.pk]), reader)
    return Response(data, status=code, headers={"ETag": f'"{ticket.version}"'})
