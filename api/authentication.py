"""DRF authentication that takes the user from ``BearerTokenMiddleware``; sessions keep the CSRF
check.
"""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class MiddlewareAuthentication(SessionAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        plain = request._request
        if getattr(plain, "bearer_refused", False):
            raise AuthenticationFailed(
                _("This token is not valid. Make a new one with: ./mesa manage api_token EMAIL")
            )
        token = getattr(plain, "api_token", None)
        if token is not None:
            return plain.user, token
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
