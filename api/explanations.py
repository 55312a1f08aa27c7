"""The account of a clock as JSON: instants in UTC, spans in seconds."""

from typing import Any

from rest_framework import serializers

from sla.calendars import SegmentKind
from sla.defaults import Metric
from sla.explanation import Explanation
from sla.models import ClockState, SegmentCause
from sla.rules import RuleSource


class RuleSerializer(serializers.Serializer[Any]):
    rule = serializers.ChoiceField(choices=[(source.value, source.value) for source in RuleSource])
    name = serializers.CharField(help_text="The policy's name; empty where the contract has none.")
    target_seconds = serializers.FloatField(allow_null=True)
    matched = serializers.BooleanField()


class LineSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in SegmentKind])
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True, help_text="Null while a pause lasts.")
    counted_seconds = serializers.FloatField()
    reason = serializers.CharField(help_text="The holiday's name, or the state that paused the clock.")


class PartSerializer(serializers.Serializer[Any]):
    calendar = serializers.CharField()
    calendar_version = serializers.IntegerField()
    time_zone = serializers.CharField()
    tzdata_version = serializers.CharField()
    cause = serializers.ChoiceField(choices=SegmentCause.choices, help_text="Why this stretch of the promise began.")
    target_seconds = serializers.FloatField()
    lines = LineSerializer(many=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    """The lines partition the time from ``started_at`` to ``due_at``; the counted seconds sum to ``target_seconds``."""

    metric = serializers.ChoiceField(choices=Metric.choices)
    state = serializers.ChoiceField(choices=ClockState.choices)
    priority = serializers.CharField()
    target_seconds = serializers.FloatField()
    used_seconds = serializers.FloatField()
    left_seconds = serializers.FloatField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    rules = RuleSerializer(many=True)
    parts = PartSerializer(many=True)


def explanation_data(account: Explanation) -> dict[str, Any]:
    """Return the shape of ``ExplanationSerializer``."""
    return {
        "metric": account.metric,
        "state": account.state,
        "priority": account.priority.code,
        "target_seconds": account.target.total_seconds(),
        "used_seconds": account.used.total_seconds(),
        "left_seconds": account.left.total_seconds(),
        "started_at": account.started_at,
        "due_at": account.due_at,
        "stopped_at": account.stopped_at,
        "rules": [
            {
                "rule": rule.source,
                "name": rule.name,
                "target_seconds": rule.target.total_seconds() if rule.target is not None else None,
                "matched": rule.matched,
            }
            for rule in account.rules
        ],
        "parts": [
            {
                "calendar": part.calendar,
                "calendar_version": part.version,
                "time_zone": part.time_zone,
                "tzdata_version": part.tzdata_version,
                "cause": part.cause,
                "target_seconds": part.target.total_seconds(),
                "lines": [
                    {
                        "kind": line.kind,
                        "start": line.start,
                        "end": line.end,
                        "counted_seconds": line.counted.total_seconds(),
                        "reason": line.reason,
                    }
                    for line in part.lines
                ],
            }
            for part in account.parts
        ],
    }
