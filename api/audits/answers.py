"""What the API says of an audit."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.audits.serializers import AuditSerializer, ConferenceSerializer
from api.fields import BodySerializer
from api.idempotency import idempotent
from api.tickets.answers import IDEMPOTENCY
from api.tickets.serializers import clock_data
from audits import queries
from audits.models import Conference
from audits.permissions import sees_evidence
from foundation.core.classification import Channel
from web.requests import actor, person

_OWN = (
    "auditor_company",
    "auditor_name",
    "period_from",
    "period_to",
    "environment",
    "delivered_at",
)


def audit_act(
    body: Any, answer: Any, *, path: str = "", name: str = "", code: int = status.HTTP_200_OK
) -> Callable[[Any], Any]:
    """Make a method of a mixin a ``POST`` on one audit that takes an ``Idempotency-Key``: ``body``
    and ``answer`` are serializers; ``path`` and ``name`` of its address are those of the method
    unless given.
    """
    address = {"url_path": path, "url_name": name} if path else {}
    act = action(detail=True, methods=["post"], pagination_class=None, **address)
    schema = extend_schema(request=body, responses={code: answer}, parameters=[IDEMPOTENCY])
    return lambda method: schema(act(idempotent(method)))


def same(request: Request, at: datetime) -> dict[str, Any]:
    """Return who acts and when, as every service takes it."""
    return {"by": actor(request._request, Channel.API), "at": at}


def act_on(
    request: Request, number: str, at: datetime, body: type[BodySerializer] | None = None
) -> dict[str, Any]:
    """Return the arguments of an act on an audit: the audit, as far as the caller may see it, what
    the body says, who acts and when. Raises ``NotFound``, then what the body has wrong.
    """
    audit = queries.get_audit(person(request), number)
    given: dict[str, Any] = {}
    if body is not None:
        read = body(data=request.data)
        read.is_valid(raise_exception=True)
        given = dict(read.validated_data)
    return {"audit": audit, **given, **same(request, at)}


def _conference(conference: Conference, works: bool) -> dict[str, Any]:
    """Return a conference; its attendees, who may be of several companies, to the staff alone."""
    data = dict(ConferenceSerializer(conference).data)
    return data if works else data | {"attendees": []}


def audit_answer(request: Request, number: str, code: int = status.HTTP_200_OK) -> Response:
    """Return the audit, read again, as the caller may see it."""
    user = person(request)
    audit = queries.get_audit(user, number)
    view = queries.view_of(audit, user)
    works = sees_evidence(user, audit.organization_id)
    data = {
        "number": audit.ticket.number,
        "organization": audit.organization.slug,
        "contract": audit.contract.reference,
        "state": view.state,
        "clock": clock_data(view.clock) if view.clock is not None else None,
        "delay_notices": view.notices,
        "conferences": [_conference(each, works) for each in view.conferences],
        "visits": view.visits,
        "items": [
            {
                "number": each.item.number,
                "service": each.item.service.slug,
                "description": each.item.description,
                "preparer": each.item.preparer.email if works and each.item.preparer else None,
                "prepare_by": each.item.prepare_by if works else None,
                "set_aside_reason": each.item.set_aside_reason,
                "evidence": each.evidence,
            }
            for each in view.items
        ],
        **{name: getattr(audit, name) for name in _OWN},
    }
    return Response(AuditSerializer(data).data, status=code)
