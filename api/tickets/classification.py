"""Triage over the API: the chosen classification, and its consequences for the clocks (SPEC
3.7).
"""

from collections.abc import Iterable, Mapping
from math import floor
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import BodySerializer, TextField
from api.tickets.explanations import target_data
from api.tickets.serializers import PRIORITY_CODES
from catalog.models import Contract
from catalog.queries import get_service
from foundation.core.classification import (
    Environment,
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.core.errors import Invalid
from sla.clocks.services import ClockChange
from sla.metrics import Metric
from tickets.models import Ticket
from tickets.services import Classification, Terms


class FromStartSerializer(BodySerializer):
    from_start = serializers.BooleanField(
        default=False,
        help_text="It was wrong from the start: measures the live clocks anew from the arrival. "
        "For supervisors of the desk.",
    )
    reason = TextField(
        required=False,
        allow_blank=True,
        default="",
        help_text="As of the change itself; a preview keeps nothing.",
    )


class ClassificationSerializer(FromStartSerializer):
    """What is left out stays as it is; nothing at all confirms the customer's proposal."""

    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    service = serializers.SlugField(
        required=False, help_text="Short name of a service of the catalogue."
    )
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    environment = serializers.ChoiceField(choices=Environment.choices, required=False)


class NewClassificationSerializer(ClassificationSerializer):
    reason = TextField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Needed to change what the desk has classified before, and from the start; kept "
        "as a note.",
    )


class ContractChoiceSerializer(FromStartSerializer):
    contract = serializers.CharField(
        max_length=60, help_text="Reference of a contract of the same customer."
    )


class NewContractSerializer(ContractChoiceSerializer):
    reason = TextField(help_text="Why; kept as a note.")


class ClockChangeSerializer(serializers.Serializer[Any]):
    """A clock before and after. Without an old target it would start; without a new one it would be
    withdrawn.
    """

    metric = serializers.ChoiceField(choices=Metric.choices)
    old_target_seconds = serializers.FloatField(
        allow_null=True, help_text="Null for a term in days, and for a clock that would start."
    )
    old_target_days = serializers.IntegerField(allow_null=True)
    target_seconds = serializers.FloatField(
        allow_null=True,
        help_text="Null for a term in days, and for a clock that would be withdrawn.",
    )
    target_days = serializers.IntegerField(allow_null=True)
    old_due_at = serializers.DateTimeField(
        allow_null=True, help_text="Null while the clock is paused with time to go."
    )
    due_at = serializers.DateTimeField(allow_null=True)
    used_seconds = serializers.IntegerField(help_text="Whole seconds, rounded down.")
    becomes_missed = serializers.BooleanField()


class ConsequencesSerializer(serializers.Serializer[Any]):
    priority = serializers.ChoiceField(choices=PRIORITY_CODES)
    contract = serializers.CharField(
        allow_null=True, help_text="Reference of the contract that the ticket would have."
    )
    is_out_of_contract = serializers.BooleanField()
    changes = ClockChangeSerializer(many=True)


def chosen(ticket: Ticket, data: Mapping[str, Any]) -> Classification:
    """Return the ticket's classification, with the fields in ``data`` replaced. Raises
    ``UnknownService``.
    """
    return Classification(
        impact=Impact(data.get("impact", ticket.impact)),
        urgency=Urgency(data.get("urgency", ticket.urgency)),
        kind=Kind(data.get("kind", ticket.kind)),
        service=get_service(data["service"]) if "service" in data else ticket.service,
        environment=Environment(data.get("environment", ticket.environment)),
    )


def contract_of(ticket: Ticket, reference: str) -> Contract:
    """Return the contract of the ticket's customer with this reference. Raises ``Invalid``."""
    found = Contract.objects.filter(
        organization_id=ticket.organization_id, reference=reference
    ).first()
    if found is None:
        words = _("The customer has no contract with this reference.")
        raise Invalid(words, fields={"contract": words})
    return found


def consequences_data(
    priority: Priority, terms: Terms, changes: Iterable[ClockChange]
) -> dict[str, Any]:
    """Return the shape of ``ConsequencesSerializer``."""
    return {
        "priority": priority.code,
        "contract": terms.contract.reference if terms.contract else None,
        "is_out_of_contract": terms.is_out_of_contract,
        "changes": [_change_data(change) for change in changes],
    }


def _change_data(change: ClockChange) -> dict[str, Any]:
    return {
        "metric": change.metric,
        **{f"old_{name}": value for name, value in target_data(change.old_target).items()},
        **target_data(change.target),
        "old_due_at": change.old_due_at,
        "due_at": change.due_at,
        "used_seconds": floor(change.used.total_seconds()),
        "becomes_missed": change.becomes_missed,
    }
