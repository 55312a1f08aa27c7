"""The public page that checks delivered files; external auditors have no login (SPEC 17.6)."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from foundation.core.errors import Invalid
from foundation.documents.checking import MAX_UPLOAD_BYTES
from foundation.documents.isolated.signatures import Check
from foundation.documents.signing import signing_keys
from foundation.documents.verification import (
    RETRY_SECONDS,
    TooBusy,
    check_delivered,
    turn_to_check,
)
from web.requests import client_address

CHECKS_A_MINUTE = 10


class _Later(Exception):
    """The file is not checked now. ``status`` is 429 or 503, ``seconds`` when to try again."""

    def __init__(self, words: str, *, status: int, seconds: int) -> None:
        super().__init__(words)
        self.status = status
        self.seconds = seconds


@csrf_exempt  # it changes nothing, and the token is read from the body
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Check whether a byte of a delivered file was changed. The file is not stored.

    Answers 400 without a usable file, 429 above ``CHECKS_A_MINUTE`` of one address, and 503 while
    too many files are checked; the last two with ``Retry-After``, before the body is read.
    """
    context: dict[str, Any] = {
        "check": None,
        "name": "",
        "problem": "",
        "fingerprint": signing_keys().fingerprint,
    }
    status = 200
    retry_after = 0
    if request.method == "POST":
        try:
            context["name"], context["check"] = _check(request)
        except Invalid as error:
            status = 400
            context["problem"] = str(error.message)
        except _Later as later:
            status = later.status
            retry_after = later.seconds
            context["problem"] = str(later)
    response = render(request, "web/verify.html", context, status=status)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def _check(request: HttpRequest) -> tuple[str, Check]:
    """Return the file's name and its check. Raises ``Invalid`` or ``_Later``."""
    try:
        with turn_to_check():  # asked first: a refusal for want of a turn costs no write
            if not _may_check(request):
                words = _("Too many files were checked just now. Wait a minute and try again.")
                raise _Later(words, status=429, seconds=60)
            upload = request.FILES.get("file")  # reads the body
            if upload is None or upload.size is None or upload.size > MAX_UPLOAD_BYTES:
                raise Invalid(
                    _("Choose a file of up to %(limit)d MB.")
                    % {"limit": MAX_UPLOAD_BYTES // 1048576}
                )
            return upload.name or "", check_delivered(upload.read())
    except TooBusy as error:
        words = _("Other files are being checked. Wait a few seconds and try again.")
        raise _Later(words, status=503, seconds=RETRY_SECONDS) from error


def _may_check(request: HttpRequest) -> bool:
    """Count a check against the client address; return False above ``CHECKS_A_MINUTE``. The page is
    public and each check is expensive.
    """
    key = f"verify:{client_address(request)}:{timezone.now():%Y%m%d%H%M}"
    cache.add(key, 0, 120)
    try:
        return cache.incr(key) <= CHECKS_A_MINUTE
    except ValueError:  # a full cache dropped the entry meanwhile
        return True


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """Serve the certificate (PEM) that the offline checker needs to verify delivered files."""
    response = HttpResponse(signing_keys().certificate, content_type="application/x-pem-file")
    response["Content-Disposition"] = 'attachment; filename="mesa-certificate.pem"'
    return response
