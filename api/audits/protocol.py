"""The other acts of an audit over the API: its environment, its items, its stop and its end."""

from datetime import datetime

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from api.audits.answers import act_on, audit_act, audit_answer
from api.audits.serializers import (
    AuditSerializer,
    EvaluationSerializer,
    ItemPlanSerializer,
    ReasonSerializer,
    WaiverSerializer,
)
from audits import services
from foundation.accounts.models import User
from foundation.accounts.queries import user_by_email
from foundation.core.errors import Invalid

_ITEM = r"items/(?P<item>[0-9]{1,4})"


class ProtocolMixin:
    @audit_act(EvaluationSerializer, AuditSerializer)
    def evaluate(self, request: Request, number: str, *, at: datetime) -> Response:
        """Approve or decline the audit of an environment other than production: the audit area."""
        services.evaluate_environment(**act_on(request, number, at, EvaluationSerializer))
        return audit_answer(request, number)

    @audit_act(ItemPlanSerializer, AuditSerializer, path=rf"{_ITEM}/plan", name="plan-item")
    def plan_item(self, request: Request, number: str, item: str, *, at: datetime) -> Response:
        """Say who prepares an item, and until which day; what is left out is taken away."""
        given = act_on(request, number, at, ItemPlanSerializer)
        given["preparer"] = _preparer(given["preparer"])
        services.plan_item(**given, number=int(item))
        return audit_answer(request, number)

    @audit_act(ReasonSerializer, AuditSerializer, path=rf"{_ITEM}/set-aside", name="set-aside")
    def set_aside(self, request: Request, number: str, item: str, *, at: datetime) -> Response:
        """Answer an item without evidence, with the reason: BPO."""
        services.set_aside(**act_on(request, number, at, ReasonSerializer), number=int(item))
        return audit_answer(request, number)

    @audit_act(WaiverSerializer, AuditSerializer, path=rf"{_ITEM}/waive", name="waive")
    def waive(self, request: Request, number: str, item: str, *, at: datetime) -> Response:
        """Record the waiver with which an editable file of an item may be delivered: BPO."""
        services.waive(**act_on(request, number, at, WaiverSerializer), number=int(item))
        return audit_answer(request, number)

    @audit_act(None, AuditSerializer)
    def complete(self, request: Request, number: str, *, at: datetime) -> Response:
        """Complete the delivery again, after the customer declined it: BPO."""
        services.complete_audit(**act_on(request, number, at))
        return audit_answer(request, number)

    @audit_act(ReasonSerializer, AuditSerializer)
    def stop(self, request: Request, number: str, *, at: datetime) -> Response:
        """Stop an audit after a request to manipulate information; the committee is told."""
        services.stop_audit(**act_on(request, number, at, ReasonSerializer))
        return audit_answer(request, number)

    @audit_act(ReasonSerializer, AuditSerializer)
    def resume(self, request: Request, number: str, *, at: datetime) -> Response:
        """Go on with a stopped audit, after the committee's decision: the audit area."""
        services.resume_audit(**act_on(request, number, at, ReasonSerializer))
        return audit_answer(request, number)

    @audit_act(ReasonSerializer, AuditSerializer)
    def release(self, request: Request, number: str, *, at: datetime) -> Response:
        """Let those who worked with the evidence of an audit that was called off send files to its
        customer again: BPO.
        """
        services.release_handlers(**act_on(request, number, at, ReasonSerializer))
        return audit_answer(request, number)


def _preparer(email: str | None) -> User | None:
    if email is None:
        return None
    found = user_by_email(email)
    if found is None or not found.is_staff:
        words = _("Nobody of the staff has the address %(email)s.") % {"email": email}
        raise Invalid(words, fields={"preparer": words})
    return found
