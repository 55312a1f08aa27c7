"""Query parameters: a name that a view does not know is refused, for it would be ignored."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request

from foundation.core.errors import Invalid

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
