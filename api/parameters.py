"""Query parameters: a name that a view does not know is refused, for it would be ignored."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from foundation.accounts.models import Organization
from foundation.accounts.queries import get_organization_by_slug
from foundation.core.errors import Invalid, NotFound

EVERYWHERE = frozenset({"format"})  # of the answer, read by the framework


class UnknownParameter(Invalid):
    code = "unknown_parameter"


class KnownParameters:
    """Base of every view. ``parameters`` maps an action, or the method of a view without actions,
    to the names that it reads.
    """

    parameters: ClassVar[Mapping[str, frozenset[str]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise ``UnknownParameter`` after the login and permission were checked."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        name = getattr(self, "action", None) or str(request.method).lower()
        known = self.parameters.get(name, frozenset())
        unknown = sorted(set(request.query_params) - known - EVERYWHERE)
        if unknown:
            words = _("There is no parameter %(unknown)s here. Known: %(known)s.") % {
                "unknown": ", ".join(unknown),
                "known": ", ".join(sorted(known)) or "—",
            }
            raise UnknownParameter(words, fields=dict.fromkeys(unknown, _("Unknown.")))
        empty = sorted(
            name for name, value in request.query_params.items() if not str(value).strip()
        )
        if empty:
            words = _("Without a value: %(names)s. Give one, or leave the parameter out.") % {
                "names": ", ".join(empty)
            }
            raise Invalid(words, fields=dict.fromkeys(empty, _("Give a value.")))


def named_organization(
    slug: str, find: Callable[[str], Organization] = get_organization_by_slug
) -> Organization:
    """Return the organization that a request names as ``organization``, by its short name. Raises
    ``Invalid`` for an empty one. One that does not exist and one that the person may not see are
    refused in the same words.
    """
    try:
        return find(slug)
    except NotFound as error:
        words = str(error) if slug else _("Name the organization, by its short name.")
        raise Invalid(words, fields={"organization": words}) from error


def if_match(description: str) -> OpenApiParameter:
    """Return the header as the schema shows it."""
    return OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=description)


def expected_version(request: Request) -> int | None:
    """Return the version of ``If-Match``: a number that an ``ETag`` had; None without one. Raises
    ``Invalid`` for anything else.
    """
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if given in {"", "*"}:  # "*": whatever version it has (RFC 9110, 13.1.1)
        return None
    if not (given.isascii() and given.isdecimal()) or len(given) > 19:
        raise Invalid(_('If-Match takes the ETag that you read, such as "3".'))
    return int(given)
