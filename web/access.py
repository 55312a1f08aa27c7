"""Closes a door early; the permission check of the service is the one that counts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from foundation.accounts.roles import Capability
from web.requests import View, person


def needs(*capabilities: Capability) -> Callable[[View], View]:
    """Answer 403 to whoever has none of these capabilities; behind a login only."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(person(request).can(capability) for capability in capabilities):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return wrapped

    return decorate
