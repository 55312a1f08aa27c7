"""The caller's signature over the API."""

from typing import Any, ClassVar

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.fields import BodySerializer, TextField
from api.parameters import KnownParameters
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.models import LONGEST_SIGNATURE, Signature
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only who attends tickets has a signature.")
_for_staff = method_decorator(needs(Capability.HOLD_TICKETS, refusal=_STAFF_ONLY))


class SignatureSerializer(serializers.Serializer[Any]):
    body_es = serializers.CharField(allow_blank=True)
    body_en = serializers.CharField(allow_blank=True)


class SignatureBodySerializer(BodySerializer):
    """Two empty texts take the signature away."""

    body_es = TextField(max_length=LONGEST_SIGNATURE, allow_blank=True)
    body_en = TextField(
        max_length=LONGEST_SIGNATURE,
        allow_blank=True,
        default="",
        help_text="Without it, customers who read English get the Spanish one.",
    )


class SignatureView(KnownParameters, APIView):
    """What stands under the caller's messages in the e-mails that customers get."""

    parameters: ClassVar = {}

    @extend_schema(responses=SignatureSerializer)
    @_for_staff
    def get(self, request: Request) -> Response:
        return Response(_data(queries.signature_of(person(request).pk)))

    @extend_schema(request=SignatureBodySerializer, responses=SignatureSerializer)
    @_for_staff
    def put(self, request: Request) -> Response:
        body = SignatureBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        by = actor(request._request, Channel.API)
        return Response(_data(services.save_signature(**body.validated_data, by=by)))


def _data(signature: Signature | None) -> dict[str, str]:
    if signature is None:
        return {"body_es": "", "body_en": ""}
    return {"body_es": signature.body_es, "body_en": signature.body_en}
