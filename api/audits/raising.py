"""The body of ``POST audits/``, and what ``request_audit`` takes."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.audits.serializers import NewAuditSerializer
from api.tickets.raising import arrival_of, for_whom
from audits import queries
from audits.models import VisitPlace
from audits.reading import TypedAudit
from audits.services import NewVisit
from audits.workbook import FIELDS
from foundation.accounts.models import Organization
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from foundation.documents.checking import CheckedFile
from web.requests import actor
from web.uploads import checked_files


def new_audit(request: Request, at: datetime) -> dict[str, Any]:
    """Return the arguments of ``request_audit`` that the body gives. Raises ``Invalid``, by field.

    The organization may be named in the address too.
    """
    body = NewAuditSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    named = request.query_params.get("organization")
    if named and data.setdefault("organization", named) != named:
        words = _("The address and the body name two organizations.")
        raise Invalid(words, fields={"organization": words})
    membership = for_whom(request, data)
    visit = data.get("visit")
    return {
        "membership": membership,
        "form": _form(request, data, membership.organization, at),
        "checklist": checked_files(request._request, "checklist"),
        "visit": NewVisit(VisitPlace(visit["place"]), visit["on"], visit["visitors"])
        if visit
        else None,
        "arrival": arrival_of(request, data, at),
        "by": actor(request._request, Channel(data.get("channel", Channel.API))),
        "at": at,
    }


def with_items(error: Invalid) -> Invalid:
    """Return the refusal with what is wrong with the items of any service under ``items``."""
    of_services = [name for name in error.fields if name.startswith("items_")]
    if of_services:
        words = " ".join(str(error.fields.pop(name)) for name in of_services)
        error.fields["items"] = words
    return error


def _form(
    request: Request, data: dict[str, Any], organization: Organization, at: datetime
) -> CheckedFile | TypedAudit:
    files = checked_files(request._request, "form")
    beside = [field.name for field in FIELDS if field.name in request.data]
    if len(files) > 1:
        words = _("Attach the filled form: one file.")
        raise Invalid(words, fields={"form": words})
    if files and (beside or "items" in data):
        words = _("The filled form says it: leave this out, or leave out the form.")
        raise Invalid(words, fields=dict.fromkeys([*beside, *({"items"} & set(data))], words))
    if files:
        return files[0]
    if "items" not in data:
        words = _("Attach the filled form, or give its fields and items.")
        raise Invalid(words, fields={"form": words})
    services = {each.slug: each for each in queries.requestable_services(organization, at)}
    unknown = sorted({each["service"] for each in data["items"]} - set(services))
    if unknown:
        words = _("Not contracted: %(unknown)s. Choose from: %(known)s.") % {
            "unknown": ", ".join(unknown),
            "known": ", ".join(sorted(services)),
        }
        raise Invalid(words, fields={"items": words})
    return TypedAudit(
        values={field.name: data.get(field.name) for field in FIELDS},
        items=[(services[each["service"]], each["description"]) for each in data["items"]],
    )
