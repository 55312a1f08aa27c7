"""Pages of neither portal nor desk: home redirect, language switch, files, health."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import (
    require_GET,
    require_POST,
    require_safe,
)

from foundation.accounts.models import User
from foundation.accounts.services import set_language
from foundation.documents.models import Blob
from tickets.queries import get_attachment
from web.requests import person

logger = logging.getLogger(__name__)


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send the staff to the desk and customers to the portal."""
    return redirect("admin:index" if person(request).is_staff else "portal:home")


@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in a cookie, and in the profile of a signed-in user; ignore a
    language that is not supported.
    """
    code = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    if code in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=31_536_000,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        if isinstance(request.user, User):
            set_language(user=request.user, language=code)
    return response


@require_safe
@login_required
def attachment(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """Serve a file to a user who may see its ticket. Images open in the browser, other types
    download.
    """
    found, blob = get_attachment(person(request), attachment_id)
    return file_response(blob, found.name)


def file_response(blob: Blob, name: str) -> FileResponse:
    """Serve the bytes of a file. Raises ``FileLost`` when some are missing."""
    response = FileResponse(
        blob.open(),
        as_attachment=not blob.is_picture,
        filename=name,
        content_type=blob.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def closed(request: HttpRequest) -> HttpResponse:
    """Answer 404 for the login library's pages that this product does not offer."""
    raise Http404
