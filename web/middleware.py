"""Middleware of every request: idle sessions, API authentication, tenant scope, language, domain
errors.
"""

import logging
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.db.utils import DatabaseError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    JsonResponse,
)
from django.middleware.common import CommonMiddleware
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext
from django.utils.translation.trans_real import parse_accept_lang_header
from django_htmx.http import HttpResponseClientRedirect, HttpResponseLocation

from foundation.accounts.models import User
from foundation.accounts.queries import service_account_by_id, token_by_digest
from foundation.accounts.roles import StaffRole
from foundation.accounts.services import note_use, token_digest
from foundation.accounts.tenancy import (
    every_organization,
    organization_scope,
    scope_for,
    valid_memberships,
)
from foundation.core.errors import DomainError
from foundation.core.tenancy import ScopeError
from web.doors import is_api
from web.errors import bad_request, error_page
from web.panels import InPlaceRedirect, PanelResponse, is_partial, whole_page
from web.spooling import lacks_upload
from web.storage import cannot_store, storage_refused

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# Pages for people whose second factor is not set up yet.
ACCOUNT_PREFIXES = ("/accounts/", "/language/", "/healthz", "/readyz", "/static/", "/verify/")
LAST_SEEN = "last_seen"
NOTED_EVERY_SECONDS = 60


def _unkept(response: HttpResponseBase) -> HttpResponseBase:
    """Return the response with the header that keeps it out of every cache."""
    patch_cache_control(response, private=True, no_store=True)
    return response


class KeptSessionMiddleware(SessionMiddleware):
    """Django's sessions; where nothing can be stored, a page is still read."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except DatabaseError as error:
            if not cannot_store(error):
                raise
            logger.critical("The session cannot be stored: %s", error)
            return response


class _KeptMethodRedirect(HttpResponsePermanentRedirect):
    status_code = 308  # a client sends the same again; after 301 it would ask without the body


class SlashMiddleware(CommonMiddleware):
    """Django's; an address without its last slash is redirected with method and body."""

    response_redirect_class = _KeptMethodRedirect


class IdleMiddleware:
    """Ends a session in which nobody asked for anything for ``MESA_IDLE_MINUTES``. The session
    keeps the instant of the last request to the minute, so that most requests write nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            seen = request.session.get(LAST_SEEN, now)
            if now - seen > settings.MESA_IDLE_MINUTES * 60:
                logout(request)
            elif LAST_SEEN not in request.session or now - seen >= NOTED_EVERY_SECONDS:
                request.session[LAST_SEEN] = now
        return self.get_response(request)


class SecondFactorMiddleware:
    """Sends people whose role needs a second factor (``MESA_SECOND_FACTOR_ROLES``) to the page that
    sets it up; until then they reach only the pages of their account. The API answers 403 to their
    sessions; tokens are made by command, and need none. Raises ``ImproperlyConfigured`` for an
    unknown role.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        for role in settings.MESA_SECOND_FACTOR_ROLES:
            if role not in StaffRole:
                raise ImproperlyConfigured(
                    f"MESA_SECOND_FACTOR_ROLES names {role!r}: write roles of the staff, of "
                    f"{', '.join(StaffRole)}."
                )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self._lacks_second_factor(request):
            return self.get_response(request)
        words = gettext("Your role needs two-step sign-in: set it up to go on.")
        if is_api(request):
            body = {"code": "second_factor_needed", "detail": words, "fields": {}}
            return _unkept(JsonResponse(body, status=403))
        messages.warning(request, words)
        response = redirect("mfa_activate_totp")
        return _unkept(
            HttpResponseClientRedirect(response.url) if is_partial(request) else response
        )

    def _lacks_second_factor(self, request: HttpRequest) -> bool:
        user = request.user
        return (
            isinstance(user, User)
            and not hasattr(request, "api_token")
            and not request.path.startswith(ACCOUNT_PREFIXES)
            and not set(user.staff_roles).isdisjoint(settings.MESA_SECOND_FACTOR_ROLES)
            and not is_mfa_enabled(user)
        )


class BearerTokenMiddleware:
    """Authenticates API requests by ``Authorization: Bearer``. A service account acts as its
    contact, in the scope of its organization.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if is_api(request) and scheme.lower() == "bearer":
            _sign_in(request, secret.strip())
        return self.get_response(request)


def _sign_in(request: HttpRequest, secret: str) -> None:
    """Set ``request.user`` to the token's person, or to the contact of its service account.

    Leave ``request.bearer_refused`` true, so that the API answers 401, for an unknown, expired or
    revoked token, an account without a valid contact, or an inactive user.
    """
    now = timezone.now()
    token = token_by_digest(token_digest(secret))
    request.bearer_refused = True  # type: ignore[attr-defined]
    if token is None or not token.is_valid_at(now):
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
    try:
        note_use(token, now)
    except DatabaseError as error:
        if not cannot_store(error):
            raise
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
    if isinstance(response, InPlaceRedirect):
        return HttpResponseLocation(response.url, target="#main", select="#main", swap="outerHTML")
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
            if is_api(request):
                return _unkept(bad_request(request, SuspiciousOperation("NUL")))
            return _unkept(HttpResponse(status=400))
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
        if user is not None or is_api(request):
            _unkept(response)
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if not is_api(request) and lacks_upload(request):
            logger.critical("A file of %s could not be received", request.path)
            return storage_refused(request)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ScopeError):
            logger.error(
                "Outside the tenant scope: %s %s", request.method, request.path, exc_info=error
            )
            raise Http404
        if isinstance(error, DomainError):
            return error_page(request, error)
        if cannot_store(error):
            logger.critical("Nothing can be stored: %s", error)
            return storage_refused(request)
        return None
