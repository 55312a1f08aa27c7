"""Shapes of a ticket's escalation and its rules."""

from typing import Any

from rest_framework import serializers

from api.fields import BodySerializer, TextField
from escalation.models import Cause, Escalation, RuleLog
from escalation.rules import Condition, Outcome


class NewEscalationSerializer(BodySerializer):
    """Why the customer asks for the next level."""

    reason = TextField()


class EscalationSerializer(serializers.ModelSerializer[Escalation]):
    """A step of the ticket's ladder. ``notified_at`` lies ahead while nobody of the level
    is on duty.
    """

    level = serializers.SerializerMethodField(
        help_text="Name of the level; empty for the supervisors of the desk."
    )
    reason = serializers.SerializerMethodField(
        help_text="The words of whoever asked. The desk's own reasons are for the staff alone."
    )

    class Meta:
        model = Escalation
        fields = (
            "position",
            "level",
            "cause",
            "reason",
            "created_at",
            "notified_at",
            "acknowledge_due_at",
            "acknowledged_at",
        )

    def get_level(self, step: Escalation) -> str:
        return step.level.name if step.level is not None else ""

    def get_reason(self, step: Escalation) -> str:
        return step.reason if self.context["is_staff"] or step.cause == Cause.REQUEST else ""


class RuleResultSerializer(serializers.Serializer[Any]):
    rule = serializers.IntegerField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    why = serializers.ListField(
        child=serializers.ChoiceField(choices=Condition.choices),
        help_text="Conditions that were not met.",
    )
    did = serializers.CharField(
        allow_blank=True, help_text="Whom it reached, or why it could not act."
    )
    told_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When those it reaches are told: their next shift. Null: at once, or nobody.",
    )


class RuleLogSerializer(serializers.ModelSerializer[RuleLog]):
    """What every active rule made of one occurrence."""

    occurrence = serializers.DictField(
        help_text=(
            "metric and percent of a clock, state, minutes of silence, or what changed; nothing of "
            "a ticket that is raised. by_rule: the rule whose act led to it."
        )
    )
    results = RuleResultSerializer(many=True)

    class Meta:
        model = RuleLog
        fields = ("at", "trigger", "occurrence", "results")
