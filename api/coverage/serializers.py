"""Shapes of coverage."""

from typing import Any

from rest_framework import serializers

from foundation.core.classification import Priority


class CoverageGapSerializer(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(help_text="Monday is 0, in the time zone of the coverage.")
    hours = serializers.CharField(
        help_text="From the first to the end of the last hour: 00:00–08:00."
    )
    priorities = serializers.ListField(
        child=serializers.ChoiceField(choices=[(each.code, each.code) for each in Priority])
    )
    percents = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Of the clock's time at which nobody on duty is notified.",
    )


class CoverageSerializer(serializers.Serializer[Any]):
    contract = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField()
    starts_at = serializers.DateTimeField(help_text="Start of the 168 hours that were computed.")
    gaps = CoverageGapSerializer(many=True)
