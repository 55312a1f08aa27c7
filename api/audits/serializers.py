"""Shapes of external audits."""

from typing import Any

from rest_framework import serializers

from api.fields import BodySerializer, TextField, UploadField
from api.tickets.serializers import ClockSerializer
from audits.models import (
    AuditState,
    DelayNotice,
    Evidence,
    EvidenceClass,
    EvidenceState,
)


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    """``sha256`` is that of the delivered file. Who does not prepare evidence sees only what was
    delivered.
    """

    sha256 = serializers.CharField(
        source="delivered.sha256", read_only=True, allow_null=True, default=None
    )
    prepared_by = serializers.EmailField(source="prepared_by.email", read_only=True)
    decided_by = serializers.EmailField(
        source="decided_by.email", read_only=True, allow_null=True, default=None
    )
    delivered_by = serializers.EmailField(
        source="delivered_by.email", read_only=True, allow_null=True, default=None
    )
    state = serializers.ChoiceField(choices=EvidenceState.choices)

    class Meta:
        model = Evidence
        fields = (
            "id",
            "number",
            "state",
            "classification",
            "name",
            "is_editable",
            "prepared_by",
            "prepared_at",
            "decided_by",
            "decided_at",
            "decision",
            "delivered_by",
            "delivered_at",
            "sha256",
        )
        read_only_fields = fields


class AuditItemSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    service = serializers.SlugField()
    description = serializers.CharField()
    set_aside_reason = serializers.CharField(
        allow_blank=True, help_text="Why the item gets no evidence."
    )
    evidence = EvidenceSerializer(many=True)


class DelayNoticeSerializer(serializers.ModelSerializer[DelayNotice]):
    is_in_time = serializers.BooleanField(
        read_only=True, help_text="Whether the notice was sent before the deadline."
    )

    class Meta:
        model = DelayNotice
        fields = ("reason", "new_date", "given_at", "is_in_time")
        read_only_fields = ("given_at",)


class AuditListSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(help_text="The number of its ticket.")
    organization = serializers.SlugField()
    auditor_company = serializers.CharField()
    state = serializers.ChoiceField(choices=AuditState.choices)
    items = serializers.IntegerField()
    answered = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)


class AuditSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(help_text="The number of its ticket.")
    organization = serializers.SlugField()
    contract = serializers.CharField()
    state = serializers.ChoiceField(choices=AuditState.choices)
    auditor_company = serializers.CharField()
    auditor_name = serializers.CharField()
    period_from = serializers.DateField()
    period_to = serializers.DateField()
    environment = serializers.CharField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    clock = ClockSerializer(allow_null=True)
    delay_notices = DelayNoticeSerializer(many=True)
    items = AuditItemSerializer(many=True)


class NewAuditSerializer(BodySerializer):
    form = UploadField(help_text="The filled request form, XLSX.")
    checklist = UploadField(
        required=False, help_text="The auditor's checklist; may be given several times."
    )
    organization = serializers.SlugField(required=False)


class NewEvidenceSerializer(BodySerializer):
    item = serializers.IntegerField(min_value=1)
    classification = serializers.ChoiceField(choices=EvidenceClass.choices)
    file = UploadField(required=False)
    redacted = UploadField(
        required=False, help_text="The partial picture, for confidential evidence."
    )
    summary = TextField(
        required=False,
        allow_blank=True,
        default="",
        help_text="What is delivered instead of a policy, process or procedure.",
    )
    as_editable = serializers.BooleanField(required=False, default=False)


class DecisionSerializer(BodySerializer):
    reason = TextField(required=False, allow_blank=True, default="")
