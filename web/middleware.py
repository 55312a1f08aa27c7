"""Middleware of every request: API authentication, tenant scope, language, domain errors."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation.trans_real import parse_accept_lang_header
from django_htmx.http import HttpResponseClientRedirect

from foundation.accounts.models import User
from foundation.accounts.queries import service_account_by_id, token_by_digest
from foundation.accounts.services import token_digest
from foundation.accounts.tenancy import (
    every_organization,
    organization_scope,
    scope_for,
    valid_memberships,
)
from foundation.core.errors import DomainError
from foundation.core.tenancy import ScopeError
from web.errors import error_page
from web.panels import PanelResponse, is_partial, whole_page

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
API_PREFIX = "/api/"


class BearerTokenMiddleware:
    """Authenticates API requests by ``Authorization: Bearer``. A service account acts as its
    contact, in the scope of its organization.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if request.path.startswith(API_PREFIX) and scheme.lower() == "bearer":
            _sign_in(request, secret.strip())
        return self.get_response(request)


def _sign_in(request: HttpRequest, secret: str) -> None:
    """Set ``request.user`` to the token's person, or to the contact of its service account.

    Leave ``request.bearer_refused`` true, so that the API answers 401, for an unknown or revoked
    token, an account without a valid contact, or an inactive user.
    """
    token = token_by_digest(token_digest(secret))
    request.bearer_refused = True  # type: ignore[attr-defined]
    if token is None or not token.is_valid_at(timezone.now()):
        return
    if token.service_account_id is None:
        user = token.user
    else:
        with every_organization(reason="sign in a service account"):
            account = service_account_by_id(token.service_account_id)
            user = account.contact if account is not None and account.has_valid_contact() else None
        request.service_account = account  # type: ignore[attr-defined]
    if user is None or not user.is_active:
        return
    request.bearer_refused = False  # type: ignore[attr-defined]
    request.api_token = token  # type: ignore[attr-defined]
    request.user = user


def _language_of(request: HttpRequest, user: User | None) -> str:
    """Return the language to activate, or "" to keep the one that ``LocaleMiddleware`` chose from
    cookie or browser (DECISIONS 5).

    The order is profile, switch (cookie), browser, organization, Spanish.
    """
    if user is None or user.language:
        return user.language if user is not None else ""
    if (
        settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        or user.is_staff
        or _browser_speaks_ours(request)
    ):
        return ""
    memberships = valid_memberships(user.pk)
    return memberships[0].organization.language if memberships else ""


def _browser_speaks_ours(request: HttpRequest) -> bool:
    asked = {
        language.split("-")[0]
        for language, _weight in parse_accept_lang_header(
            request.headers.get("Accept-Language", "")
        )
    }
    return bool(asked & set(dict(settings.LANGUAGES)))


def _for_htmx(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Adapt the response to htmx, which would swap it into a panel: let the browser follow a
    redirect, and swap an error page into ``body``.
    """
    if not is_partial(request):
        return response
    if isinstance(response, HttpResponseRedirect):
        return HttpResponseClientRedirect(response.url)
    is_page = response.status_code >= 400 and not isinstance(response, PanelResponse)
    return whole_page(response) if is_page and isinstance(response, HttpResponse) else response


class PersonMiddleware:
    """Opens the user's tenant scope, activates their language, and renders uncaught domain errors
    as pages. A ``ScopeError`` is logged and answered with 404. No cache keeps what a signed-in
    person or the API was answered.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            # PostgreSQL rejects NUL in text, and no URL of ours contains one
            return HttpResponse(status=400)
        user = request.user if isinstance(request.user, User) else None
        account = getattr(request, "service_account", None)
        scope = (
            organization_scope(account.organization_id) if account is not None else scope_for(user)
        )
        with scope:
            language = _language_of(request, user)
            if language:
                translation.activate(language)
                request.LANGUAGE_CODE = translation.get_language()
            response = _for_htmx(request, self.get_response(request))
        if user is not None or request.path.startswith(API_PREFIX):
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ScopeError):
            logger.error(
                "Outside the tenant scope: %s %s", request.method, request.path, exc_info=error
            )
            raise Http404
        if isinstance(error, DomainError):
            return error_page(request, error)
        return None
