"""What every request goes through: who it is, which organizations exist for them, which language
they read.
"""

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
from django.utils.translation.trans_real import parse_accept_lang_header
from django_htmx.http import HttpResponseClientRedirect

from foundation.accounts.models import ApiToken, User
from foundation.accounts.queries import service_account_by_id
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
    """Signs API requests in by ``Authorization: Bearer``; a service account acts as its contact,
    inside one organization.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if request.path.startswith(API_PREFIX) and scheme.lower() == "bearer":
            _sign_in(request, secret.strip())
        return self.get_response(request)


def _sign_in(request: HttpRequest, secret: str) -> None:
    """Put the token's person on the request; an unknown token leaves ``bearer_refused`` for the API
    to say 401.
    """
    token = (
        ApiToken.objects.filter(digest=token_digest(secret))
        .select_related("user")
        .order_by("pk")
        .first()
    )
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
    """Return the language that outranks the one already chosen from switch and browser, or ""
    (DECISIONS 5).

    The order is profile, switch, browser, organization, Spanish.
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
    """Let the browser follow a redirect, and a page of refusal replace the whole page: htmx would
    put either inside a panel.
    """
    if not is_partial(request):
        return response
    if isinstance(response, HttpResponseRedirect):
        return HttpResponseClientRedirect(response.url)
    is_page = response.status_code >= 400 and not isinstance(response, PanelResponse)
    return whole_page(response) if is_page and isinstance(response, HttpResponse) else response


class PersonMiddleware:
    """Opens the tenant scope of the person and speaks their language; turns refusals of the domain
    into pages.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            # no text of ours holds a NUL, and PostgreSQL refuses one
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
            return _for_htmx(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ScopeError):
            logger.error(
                "Outside the tenant scope: %s %s", request.method, request.path, exc_info=error
            )
            raise Http404
        if isinstance(error, DomainError):
            return error_page(request, error)
        return None
