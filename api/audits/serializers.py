"""Shapes of external audits."""

from typing import Any

from rest_framework import serializers

from api.fields import BodySerializer, InstantField, TextField, UploadField
from api.tickets.raising import OnBehalfSerializer
from api.tickets.serializers import ClockSerializer
from audits.models import (
    AuditState,
    DelayNotice,
    Evidence,
    EvidenceClass,
    EvidenceState,
    Visit,
    VisitPlace,
)
from audits.models.fields import LONGEST_LINE
from audits.models.planning import LONGEST_NOTES
from audits.workbook import MAX_TEXT
from foundation.core.classification import Environment


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
    preparer = serializers.EmailField(
        allow_null=True, help_text="Who prepares it. Always null for customers."
    )
    prepare_by = serializers.DateField(
        allow_null=True, help_text="The last day for that. Always null for customers."
    )
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


class ConferenceSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    place = serializers.CharField()
    attendees = serializers.ListField(
        child=serializers.EmailField(), help_text="Always empty for customers."
    )
    is_cancelled = serializers.BooleanField()


class VisitSerializer(serializers.ModelSerializer[Visit]):
    """``is_authorized`` is null until the visit is answered."""

    class Meta:
        model = Visit
        fields = ("id", "place", "on", "visitors", "is_authorized", "answer", "answered_at")
        read_only_fields = fields


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
    conferences = ConferenceSerializer(many=True)
    visits = VisitSerializer(many=True)
    items = AuditItemSerializer(many=True)


class WantedItemSerializer(BodySerializer):
    service = serializers.SlugField(help_text="A contracted service.")
    description = TextField(max_length=MAX_TEXT)


class VisitBodySerializer(BodySerializer):
    on = serializers.DateField()
    place = serializers.ChoiceField(choices=VisitPlace.choices)
    visitors = TextField(max_length=2000)


class NewAuditSerializer(OnBehalfSerializer):
    """A filled form (multipart), or what it asks (JSON): the fields of the form and its items."""

    form = UploadField(required=False, help_text="The filled request form, XLSX.")
    checklist = UploadField(
        required=False, help_text="The auditor's checklist; may be given several times."
    )
    auditor_company = serializers.CharField(required=False, allow_blank=True)
    auditor_name = serializers.CharField(required=False, allow_blank=True)
    auditor_email = serializers.CharField(required=False, allow_blank=True)
    purpose = TextField(required=False, allow_blank=True)
    period_from = serializers.CharField(required=False, help_text="A day, such as 2026-01-01.")
    period_to = serializers.CharField(required=False, help_text="A day, such as 2026-12-31.")
    environment = serializers.CharField(
        default=Environment.PRODUCTION, help_text="One of production, test, development, training."
    )
    items = WantedItemSerializer(many=True, required=False)
    visit = VisitBodySerializer(required=False, help_text="A visit to the site, announced with it.")


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


class ReasonSerializer(BodySerializer):
    reason = TextField(max_length=5000)


class EvaluationSerializer(ReasonSerializer):
    approves = serializers.BooleanField()


class WaiverSerializer(ReasonSerializer):
    agreed_by = serializers.CharField(
        max_length=120, help_text="Who agreed on the customer's side."
    )


class ItemPlanSerializer(BodySerializer):
    preparer = serializers.EmailField(allow_null=True, default=None)
    prepare_by = serializers.DateField(allow_null=True, default=None)


class MoveSerializer(BodySerializer):
    starts_at = InstantField()
    minutes = serializers.IntegerField(min_value=1, max_value=1440, default=60)
    place = serializers.CharField(max_length=300, help_text="A place, or a link.")


class ConferenceBodySerializer(MoveSerializer):
    attendees = serializers.ListField(
        child=serializers.CharField(max_length=254),
        help_text="Their e-mail addresses: each gets an invitation for the calendar.",
    )


class VisitAnswerSerializer(BodySerializer):
    authorizes = serializers.BooleanField()
    answer = TextField(max_length=2000, allow_blank=True, default="")


class PlannedAuditSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    organization = serializers.SlugField(source="organization.slug")
    contract = serializers.CharField(source="contract.reference")
    expected_on = serializers.DateField(help_text="When the customer is expected to ask for it.")
    auditor_company = serializers.CharField()
    notes = serializers.CharField()
    planned_by = serializers.EmailField(source="planned_by.email")
    planned_at = serializers.DateTimeField()
    audit = serializers.CharField(
        source="audit.ticket.number",
        default=None,
        allow_null=True,
        help_text="The audit that was asked for.",
    )
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When it was called off.")
    end_reason = serializers.CharField()
    version = serializers.IntegerField(help_text="Also the ETag.")


class PlannedAuditBodySerializer(BodySerializer):
    organization = serializers.SlugField()
    contract = serializers.CharField(max_length=60, help_text="The reference of the contract.")
    expected_on = serializers.DateField()
    auditor_company = serializers.CharField(max_length=LONGEST_LINE, allow_blank=True, default="")
    notes = TextField(max_length=LONGEST_NOTES, allow_blank=True, default="")
