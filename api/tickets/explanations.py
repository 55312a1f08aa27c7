"""The explanation of a clock as JSON: instants in UTC, durations in seconds."""

from datetime import timedelta
from math import ceil, floor
from typing import Any

from rest_framework import serializers

from foundation.calendars.ledger import SegmentKind
from sla.clocks.explanation import Explanation
from sla.clocks.models import ClockState, SegmentCause
from sla.metrics import Metric
from sla.policies.rules import RuleReach, RuleSource
from sla.targets import Target, TargetUnit, Term, stored_target


class RuleSerializer(serializers.Serializer[Any]):
    rule = serializers.ChoiceField(
        choices=[(source.value, source.value) for source in RuleSource],
        help_text="Whose policy was asked.",
    )
    reach = serializers.ChoiceField(
        choices=[(reach.value, reach.value) for reach in RuleReach],
        help_text="Which tickets the rule is for.",
    )
    name = serializers.CharField(help_text="The policy's name; empty where there is none.")
    target_seconds = serializers.FloatField(allow_null=True)
    target_days = serializers.IntegerField(allow_null=True)
    matched = serializers.BooleanField()


class LineSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in SegmentKind])
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True, help_text="Null while a pause lasts.")
    counted_seconds = serializers.IntegerField(
        help_text="A counted date of a term in days is 86400."
    )
    reason = serializers.CharField(
        help_text="The holiday's name, or the state that paused the clock."
    )


class PartSerializer(serializers.Serializer[Any]):
    calendar = serializers.CharField()
    calendar_version = serializers.IntegerField()
    time_zone = serializers.CharField()
    tzdata_version = serializers.CharField()
    cause = serializers.ChoiceField(
        choices=SegmentCause.choices, help_text="Why this stretch of the promise began."
    )
    target_seconds = serializers.FloatField(allow_null=True)
    target_days = serializers.IntegerField(allow_null=True)
    lines = LineSerializer(many=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    """The lines partition the time from ``started_at`` to ``due_at``; the counted seconds sum to
    ``target_seconds``.

    Of a term in days each line is a local date, and the counted ones are ``target_days`` many.
    """

    metric = serializers.ChoiceField(choices=Metric.choices)
    state = serializers.ChoiceField(choices=ClockState.choices)
    priority = serializers.CharField()
    target_seconds = serializers.FloatField(allow_null=True, help_text="Null for a term in days.")
    target_days = serializers.IntegerField(allow_null=True, help_text="Null for a target in time.")
    target_unit = serializers.ChoiceField(choices=TargetUnit.choices)
    used_seconds = serializers.IntegerField(help_text="Whole seconds, rounded down.")
    left_seconds = serializers.IntegerField(help_text="Whole seconds, rounded up.")
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    is_out_of_contract = serializers.BooleanField(
        help_text="Whether the service guide's default alone promised it: no contract in force "
        "covered the service."
    )
    rules = RuleSerializer(many=True)
    parts = PartSerializer(many=True)


def target_data(target: Target | None) -> dict[str, Any]:
    return {
        "target_seconds": target.total_seconds() if isinstance(target, timedelta) else None,
        "target_days": target.days if isinstance(target, Term) else None,
    }


def explanation_data(account: Explanation) -> dict[str, Any]:
    """Return the shape of ``ExplanationSerializer``."""
    return {
        "metric": account.metric,
        "state": account.state,
        "priority": account.priority.code,
        **target_data(account.target),
        "target_unit": stored_target(account.target)[1],
        "used_seconds": floor(account.used.total_seconds()),
        "left_seconds": ceil(account.left.total_seconds()),
        "started_at": account.started_at,
        "due_at": account.due_at,
        "stopped_at": account.stopped_at,
        "is_out_of_contract": account.is_out_of_contract,
        "rules": [
            {
                "rule": rule.source,
                "reach": rule.reach,
                "name": rule.name,
                **target_data(rule.target),
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
                **target_data(part.target),
                "lines": [
                    {
                        "kind": line.kind,
                        "start": line.start,
                        "end": line.end,
                        "counted_seconds": int(line.counted.total_seconds()),
                        "reason": line.reason,
                    }
                    for line in part.lines
                ],
            }
            for part in account.parts
        ],
    }
