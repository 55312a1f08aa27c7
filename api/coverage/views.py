"""The coverage gaps of a customer's coming week, as JSON."""

from typing import ClassVar

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.coverage.serializers import CoverageSerializer
from api.parameters import KnownParameters, named_organization
from escalation.coverage import forecasts_of
from escalation.gaps import gap_ranges
from foundation.accounts.roles import Capability
from web.access import needs

_PARAMETERS = [
    OpenApiParameter(
        "organization", str, required=True, description="Short name of the organization."
    )
]


_READERS_ONLY = gettext_lazy("Only staff who can see reports can read the coverage.")


class CoverageView(KnownParameters, APIView):
    parameters: ClassVar = {"get": frozenset({"organization"})}

    @extend_schema(parameters=_PARAMETERS, responses=CoverageSerializer(many=True))
    @method_decorator(needs(Capability.SEE_REPORTS, refusal=_READERS_ONLY))
    def get(self, request: Request) -> Response:
        """Show the hours in which nobody on duty would be notified, by contract in force.

        For those who see the desk's reports.
        """
        organization = named_organization(request.query_params.get("organization", ""))
        found = [
            {
                "contract": forecast.contract.reference if forecast.contract is not None else None,
                "time_zone": organization.time_zone,
                "starts_at": forecast.starts_at,
                "gaps": [
                    {
                        "weekday": each.day,
                        "hours": each.hours,
                        "priorities": [priority.code for priority in each.priorities],
                        "percents": list(each.percents),
                    }
                    for each in gap_ranges(forecast.gaps)
                ],
            }
            for forecast in forecasts_of(organization, timezone.now())
        ]
        return Response(CoverageSerializer(found, many=True).data)
