"""Rejects requests early by capability; the permission checks of the services are authoritative."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise

from foundation.accounts.roles import Capability
from foundation.core.errors import NotAllowed
from web.requests import View, person


def needs(*capabilities: Capability, refusal: Promise | None = None) -> Callable[[View], View]:
    """Raise ``PermissionDenied`` (403) unless the user has one of these capabilities. With a
    ``refusal`` raise ``NotAllowed`` with this sentence instead: the API answers with it. Only for
    views behind a login.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(person(request).can(capability) for capability in capabilities):
                raise PermissionDenied if refusal is None else NotAllowed(str(refusal))
            return view(request, *args, **kwargs)

        return wrapped

    return decorate
