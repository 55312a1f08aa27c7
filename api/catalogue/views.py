"""The catalogue of services, as the portal shows it."""

from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.catalogue.serializers import CatalogueSerializer
from api.parameters import KnownParameters, named_organization
from catalog.models import RequestTemplate
from catalog.queries import catalogue
from foundation.accounts.queries import memberships_of
from web.requests import person

_PARAMETERS = [
    OpenApiParameter(
        "organization",
        str,
        description="Short name of an organization; without it: all of the caller's and, for the "
        "staff, every service.",
    )
]


class CatalogueView(KnownParameters, APIView):
    parameters: ClassVar = {"get": frozenset({"organization"})}

    @extend_schema(parameters=_PARAMETERS, responses=CatalogueSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Show the templates of the contracted services by category, in the caller's language."""
        found = catalogue(_organizations(request), timezone.localdate())
        templates = [template for each in found for template in each.templates]
        prefetch_related_objects(templates, "fields")
        return Response(
            [
                {"category": each.category.name, "templates": list(map(_data, each.templates))}
                for each in found
            ]
        )


def _organizations(request: Request) -> list[int]:
    """Return the ids of the organizations whose contracts count. Raises ``Invalid`` for a name that
    the caller does not see.
    """
    name = request.query_params.get("organization")
    if name is not None:
        return [named_organization(name).pk]
    user = person(request)
    return [] if user.is_staff else [each.organization_id for each in memberships_of(user.pk)]


def _data(template: RequestTemplate) -> dict[str, Any]:
    return {
        "slug": template.slug,
        "name": template.name,
        "description": template.description,
        "kind": template.kind,
        "service": template.service.slug,
        "impact": template.default_impact,
        "urgency": template.default_urgency,
        "fields_of_its_own": [
            {
                "key": field.key,
                "type": field.type,
                "name": field.label,
                "is_required": field.is_required,
                "options": [value for value, _label in field.options],
            }
            for field in template.fields.all()
        ],
    }
