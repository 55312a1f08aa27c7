"""A customer's calendars and policies as data, for administrators: read, and published as new
versions.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.accounts.queries import organization_by_slug
from foundation.accounts.roles import Capability
from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Channel, Priority, SupportType
from foundation.core.errors import Invalid, NotAllowed
from sla.policies.models import PROMISED
from sla.policies.services import export_terms, import_terms
from web.requests import actor, person


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
    effective_from = serializers.DateTimeField(
        required=False, help_text="Now or later; without it, now."
    )
    number = serializers.IntegerField(read_only=True)


class TermsTargetSerializer(serializers.Serializer[Any]):
    metric = serializers.ChoiceField(choices=PROMISED)
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
    pauses_extend_terms = serializers.BooleanField(allow_null=True, required=False)
    warning_percents = serializers.ListField(child=serializers.IntegerField(), required=False)
    effective_from = serializers.DateTimeField(
        required=False, help_text="Now or later; without it, now."
    )
    number = serializers.IntegerField(read_only=True)
    targets = TermsTargetSerializer(many=True)


class TermsSerializer(serializers.Serializer[Any]):
    """What ``GET`` gives, ``POST`` takes: what differs from the newest versions is published, all
    or nothing.
    """

    calendars = TermsCalendarSerializer(many=True, required=False)
    policies = TermsPolicySerializer(many=True, required=False)


_PARAMETERS = [
    OpenApiParameter(
        "organization", str, required=True, description="Short name of the organization."
    )
]


class TermsView(APIView):
    @extend_schema(parameters=_PARAMETERS, responses=TermsSerializer)
    def get(self, request: Request) -> Response:
        """Write out the newest version of every calendar and policy of a customer."""
        if not person(request).can(Capability.SEE_CONFIGURATION):
            raise NotAllowed(_("Only the staff who see the configuration read these."))
        return Response(
            export_terms(organization_by_slug(request.query_params.get("organization", "")))
        )

    @extend_schema(
        parameters=_PARAMETERS, request=TermsSerializer, responses={201: TermsSerializer}
    )
    def post(self, request: Request) -> Response:
        """Publish new versions; answers with those that were made, and refuses with the place of
        what is wrong.
        """
        user = person(request)
        if not user.can(Capability.CONFIGURE):
            raise NotAllowed(_("Only administrators publish calendars and policies."))
        organization = organization_by_slug(request.query_params.get("organization", ""))
        if not isinstance(request.data, dict):
            raise Invalid(_("Write an object with calendars and policies."))
        by = actor(request._request, Channel.API)
        done = import_terms(
            organization=organization, data=request.data, user=user, by=by, at=timezone.now()
        )
        return Response(done, status=status.HTTP_201_CREATED)
