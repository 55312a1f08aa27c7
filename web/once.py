"""A form that is sent twice acts once: in parallel, or by Back and Send. Each opened form carries a
token of its own (``{% once %}``).
"""

import json
import re
import secrets
from collections.abc import Callable
from functools import wraps
from hashlib import file_digest, sha256
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from foundation.accounts.sending import (
    AlreadySent,
    claim_form,
    earlier_sending,
    note_result,
    same_text_sending,
)
from web.panels import PanelResponse
from web.resending import PREFILLED, TYPED, not_sent

FIELD = "once"
AGAIN = "once_again"  # the person wants to do the same once more
# Of a form with a text or a file, fields that do not make it another act: those that differ when
# the form is opened anew, and what is corrected on the ticket itself.
_SAME_ANYWAY = PREFILLED | {FIELD, AGAIN, "csrfmiddlewaretoken", "kept"}
_SAME_ANYWAY |= {"impact", "urgency", "environment"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

View = Callable[..., HttpResponseBase]


class DonePage(HttpResponse):
    """A page that is the answer to an act that was carried out: it shows what is shown once. Who
    sends the form again is redirected to ``done_at``.
    """

    def __init__(self, content: bytes, *, done_at: str) -> None:
        super().__init__(content)
        self.done_at = done_at


_File = tuple[str, str | None, str]  # field, name, SHA-256


def once_input() -> SafeString:
    """Return the hidden input with a new token, for one opened form."""
    return format_html(
        '<input type="hidden" name="{}" value="{}">', FIELD, secrets.token_urlsafe(16)
    )


def acts_once(view: View) -> View:
    """Carry out a sent form once for its token and person. A second sending waits for the first and
    is redirected to its result. One with something else in it is kept on a page that sends it
    anew, as is the same text from another opening of the form: a browser's Back opens it anew.
    A refusal (any answer but a redirect, a panel or a page after its act) writes nothing, so that
    the corrected form can be sent again.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        token = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not _TOKEN.fullmatch(token) or request.user.pk is None:
            return view(request, *args, **kwargs)
        person_id = int(request.user.pk)
        files = _files_digest(request)
        digest = _digest(request, files)
        text_digest = _text_digest(request, files)
        try:
            with transaction.atomic():
                sent = claim_form(
                    person_id=person_id,
                    token=token,
                    digest=digest,
                    text_digest=text_digest,
                    at=timezone.now(),
                    is_meant_again=bool(request.POST.get(AGAIN)),
                )
                response = view(request, *args, **kwargs)
                if location := _done_at(response):
                    note_result(sent, location)
                else:
                    transaction.set_rollback(True)
                return response
        except AlreadySent:
            first = earlier_sending(person_id=person_id, token=token)
        if first is None:
            same = same_text_sending(person_id=person_id, text_digest=text_digest)
            words = _(
                "You sent the same a few minutes ago, and it was done. Send it again if you want "
                "it once more."
            )
            done = same.location if same else ""
            return not_sent(request, words, 409, renewed=FIELD, more={AGAIN: "1"}, done=done)
        if first.digest != digest:
            words = _(
                "You had sent this form already, with something else in it. Send it again to do "
                "this too."
            )
            return not_sent(request, words, 409, renewed=FIELD)
        messages.info(request, _("You had sent this already: nothing was done twice."))
        return redirect(first.location)

    return wrapped


def _done_at(response: HttpResponseBase) -> str:
    """Return the address to which an act that was carried out leads; "" after a refusal."""
    if isinstance(response, HttpResponseRedirect):
        return response.url
    return response.done_at if isinstance(response, PanelResponse | DonePage) else ""


def _digest(request: HttpRequest, files: list[_File]) -> str:
    """Return the SHA-256 of what was typed and attached, without the tokens of the form."""
    typed = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if name not in {FIELD, AGAIN, "csrfmiddlewaretoken"}
    )
    return sha256(json.dumps([typed, files]).encode()).hexdigest()


def _files_digest(request: HttpRequest) -> list[_File]:
    return [
        (name, each.name, _bytes_digest(each))
        for name, uploads in sorted(request.FILES.lists())
        for each in uploads
    ]


def _bytes_digest(upload: UploadedFile) -> str:
    upload.seek(0)
    found = file_digest(upload, "sha256").hexdigest()
    upload.seek(0)
    return found


def _text_digest(request: HttpRequest, files: list[_File]) -> str:
    """Return the SHA-256 of what was sent to this address; "" without a text or a file: a choice
    may be made again, as when a ticket goes back to somebody.
    """
    if not files and not any(request.POST.get(name, "").strip() for name in TYPED):
        return ""
    sent = sorted(
        (name, [value.strip() for value in values])
        for name, values in request.POST.lists()
        if name not in _SAME_ANYWAY
    )
    return sha256(json.dumps([request.path, sent, files]).encode()).hexdigest()
