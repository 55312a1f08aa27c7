"""Shapes of a customer's calendars and policies."""

from typing import Any

from rest_framework import serializers

from api.fields import InstantField
from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Priority, SupportType
from sla.policies.models import PROMISED


class TermsCalendarSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=CalendarRole.choices)
    time_zone = serializers.CharField(help_text="IANA name, such as America/Mexico_City.")
    hours = serializers.DictField(
        child=serializers.ListField(child=serializers.ListField(child=serializers.CharField())),
        help_text='Weekday (Monday is 0) to windows: {"0": [["09:00", "19:00"]]}.',
    )
    holidays = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="Date to name."
    )
    effective_from = InstantField(required=False, help_text="Now or later; without it, now.")
    number = serializers.IntegerField(read_only=True)


class TermsTargetSerializer(serializers.Serializer[Any]):
    metric = serializers.ChoiceField(
        choices=PROMISED, help_text="Nothing starts rca and restoration yet."
    )
    priority = serializers.ChoiceField(
        choices=[(priority.code, priority.code) for priority in Priority]
    )
    support_type = serializers.ChoiceField(
        choices=SupportType.choices, allow_blank=True, required=False
    )
    category = serializers.CharField(
        allow_null=True, required=False, help_text="Spanish name of a category of the catalogue."
    )
    minutes = serializers.IntegerField(allow_null=True, required=False, min_value=1)
    days = serializers.IntegerField(
        allow_null=True, required=False, min_value=1, help_text="Instead of minutes."
    )
    in_business_days = serializers.BooleanField(required=False, default=True)


class TermsPolicySerializer(serializers.Serializer[Any]):
    contract = serializers.CharField(
        allow_null=True,
        required=False,
        help_text="Its reference; null for a person's or the organization's.",
    )
    person = serializers.EmailField(allow_null=True, required=False)
    business_calendar = serializers.CharField(
        allow_null=True, required=False, help_text="Its name."
    )
    extended_calendar = serializers.CharField(allow_null=True, required=False)
    extension_includes_second_level = serializers.BooleanField(required=False)
    pauses_while_pending_user = serializers.BooleanField(allow_null=True, required=False)
    pauses_while_pending_supplier = serializers.BooleanField(allow_null=True, required=False)
    pauses_while_marked = serializers.BooleanField(allow_null=True, required=False)
    pauses_extend_terms = serializers.BooleanField(allow_null=True, required=False)
    warning_percents = serializers.ListField(child=serializers.IntegerField(), required=False)
    at_risk_percent = serializers.IntegerField(
        allow_null=True,
        required=False,
        min_value=1,
        max_value=99,
        help_text="Share of the target from which a ticket is at risk; null: the more general "
        "policy's, or 75.",
    )
    effective_from = InstantField(required=False, help_text="Now or later; without it, now.")
    number = serializers.IntegerField(read_only=True)
    targets = TermsTargetSerializer(many=True)


class TermsSerializer(serializers.Serializer[Any]):
    """What ``GET`` gives, ``POST`` takes: what differs from the newest versions is published, all
    or nothing.
    """

    calendars = TermsCalendarSerializer(many=True, required=False)
    policies = TermsPolicySerializer(many=True, required=False)
