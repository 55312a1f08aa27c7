"""A customer's calendars and policies as JSON: read by staff who see the configuration, published
as new versions by administrators.
"""

from typing import ClassVar

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.parameters import KnownParameters, expected_version, if_match, named_organization
from api.terms.serializers import TermsSerializer
from foundation.accounts.models import Organization
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from sla.policies.services import export_terms, import_terms
from web.access import needs
from web.requests import actor

_PARAMETERS = [
    OpenApiParameter(
        "organization", str, required=True, description="Short name of the organization."
    )
]


_READERS_ONLY = gettext_lazy("Only staff who can see the configuration can read these.")
_ADMINISTRATORS_ONLY = gettext_lazy("Only administrators can publish calendars and policies.")


class TermsView(KnownParameters, APIView):
    parameters: ClassVar = {
        "get": frozenset({"organization"}),
        "post": frozenset({"organization"}),
    }

    @extend_schema(parameters=_PARAMETERS, responses=TermsSerializer)
    @method_decorator(needs(Capability.SEE_CONFIGURATION, refusal=_READERS_ONLY))
    def get(self, request: Request) -> Response:
        """Write out the newest version of every calendar and policy of a customer. The ``ETag``
        changes with every contract, priority matrix, calendar and policy that is saved.
        """
        organization = named_organization(request.query_params.get("organization", ""))
        return Response(export_terms(organization), headers=_etag(organization))

    @extend_schema(
        parameters=[*_PARAMETERS, if_match("The ETag you read; 412 when a term was saved since.")],
        request=TermsSerializer,
        responses={201: TermsSerializer},
    )
    @method_decorator(needs(Capability.CONFIGURE, refusal=_ADMINISTRATORS_ONLY))
    def post(self, request: Request) -> Response:
        """Publish new versions; answers with those that were made, and refuses with the place of
        what is wrong.
        """
        organization = named_organization(request.query_params.get("organization", ""))
        if not isinstance(request.data, dict):
            raise Invalid(_("Write an object with calendars and policies."))
        by = actor(request._request, Channel.API)
        done = import_terms(
            organization=organization,
            data=request.data,
            by=by,
            at=timezone.now(),
            read_stamp=expected_version(request),
        )
        organization.refresh_from_db(fields=["terms_stamp"])
        return Response(done, status=status.HTTP_201_CREATED, headers=_etag(organization))


def _etag(organization: Organization) -> dict[str, str]:
    return {"ETag": f'"{organization.terms_stamp}"'}
