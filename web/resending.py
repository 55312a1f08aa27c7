"""A sent form that could not be taken: a page that says why, with what was typed, to be sent again
with one click.
"""

from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from web.doors import is_api
from web.panels import is_partial, whole_page

# Fields that are not kept; those of a catalogue's form have names of their own.
_KEPT_BACK = frozenset(
    {
        *("csrfmiddlewaretoken", "code", "secret"),
        *("password", "password1", "password2", "oldpassword", "new_password"),
    }
)
# Fields that people type into. Of other fields, such as those of a catalogue's form, a text counts
# as typed when it is long.
TYPED = frozenset(
    {
        *(
            "subject",
            "description",
            "body",
            "message",
            "reason",
            "tried",
            "supplier",
            "supplier_case",
            "duplicate_of",
        ),
        *("tool", "consent_by", "recording", "tables", "finding", "change", "undoing"),
        *("cc", "bcc", "rule", "tasks", "body_es", "body_en"),
        *("tags", "title", "lines", "minutes", "note"),
        *("auditor_company", "auditor_name", "auditor_email", "purpose", "notes"),
        *("preparer", "visitors", "summary", "agreed_by", "place", "attendees", "answer", "name"),
    }
)
# Fields that a form fills in by itself when it is opened.
PREFILLED = frozenset({"begun", "contacted_at", "last_message", "opened_with", "seen", "version"})
_LONG = 40  # letters
# What the page calls them.
_LABELS = {
    "subject": gettext_lazy("Subject"),
    "description": gettext_lazy("Description"),
    "body": gettext_lazy("Message"),
    "message": gettext_lazy("Message"),
    "reason": gettext_lazy("Reason"),
    "tried": gettext_lazy("What was tried"),
    "tags": gettext_lazy("Tags"),
    "title": gettext_lazy("Task"),
    "minutes": gettext_lazy("Time worked"),
}
_WROTE = gettext_lazy("What you wrote")
_NOT_TYPED = frozenset({"hidden", "checkbox", "radio", "submit", "button", "file"})


def not_sent(
    request: HttpRequest,
    reason: str,
    status: int,
    *,
    signs_in: bool = False,
    renewed: str = "",
    more: dict[str, str] | None = None,
    done: str = "",
    asks_database: bool = True,
) -> HttpResponse:
    """Return the page for a form that was not taken, with its fields. Those of a page of another
    site are shown and cannot be sent from here; files and secrets are not kept. ``renewed`` names a
    field that is not kept, because the page has a new one; ``more`` are fields that are sent along.
    ``done`` is the address of what the same text did before. Without ``asks_database`` the page has
    nothing of the person.
    """
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _KEPT_BACK and name != renewed
        for value in values
    ]
    is_ours = _comes_from_us(request) and not request.path.startswith("/accounts/")
    texts = _typed_texts(request)
    context = {
        "reason": reason,
        "action": request.get_full_path() if is_ours else "",
        "fields": [*fields, *(more or {}).items()] if is_ours else [],
        "texts": [(_LABELS.get(name, _WROTE), text) for name, text in texts] if is_ours else [],
        "has_files": bool(request.FILES),
        "signs_in": signs_in,
        "is_renewed": bool(renewed),
        "done": done,
    }
    if not asks_database:
        page = render_to_string("web/not_sent.html", context | {"csrf_token": get_token(request)})
        return HttpResponse(page, status=status)
    response = render(request, "web/not_sent.html", context, status=status)
    return whole_page(response) if is_partial(request) else response


def has_typed_text(request: HttpRequest) -> bool:
    """Tell whether a page of ours sent a text that is worth keeping."""
    return request.method == "POST" and _comes_from_us(request) and bool(_typed_texts(request))


def with_typed_text(request: HttpRequest, page: HttpResponse, reason: str) -> HttpResponse:
    """Return a page that refuses a form, if its fields have what was typed: a text area, whatever
    its name (a message may be kept as a note), or the field of the same name. Otherwise, as when
    its form is no longer on the page, return the page of a form that was not taken.
    """
    fields = _Fields(page.content.decode())
    typed = {(name, _one_form(text)) for name, text in _typed_texts(request)}
    if all(text in fields.areas or (name, text) in fields.others for name, text in typed):
        return page
    forget_messages(request)  # of which the reason is one
    return not_sent(request, reason, page.status_code)


def _is_typed(name: str) -> bool:
    return name in TYPED or name.startswith("items_")  # of each service of an audit


def forget_messages(request: HttpRequest) -> None:
    """Drop the messages that this request added, as the middleware begins; earlier ones stay."""
    request._messages = default_storage(request)  # type: ignore[attr-defined]


def _typed_texts(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _KEPT_BACK | PREFILLED
        for value in values
        if len(value) >= _LONG or (_is_typed(name) and value.strip())
    ]


class _Fields(HTMLParser):
    """What the fields of a page that people see have in them: the texts of the areas, and name and
    value of the others.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.areas: set[str] = set()
        self.others: set[tuple[str, str]] = set()
        self._select = ""
        self._area: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "textarea":
            self._area = []
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and "selected" in given:
            self.others.add((self._select, given.get("value", "")))
        elif tag == "input" and given.get("type", "text") not in _NOT_TYPED:
            self.others.add((given.get("name", ""), _one_form(given.get("value", ""))))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.areas.add(_one_form("".join(self._area)))
            self._area = None


def _one_form(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token another tab has replaced: by signing in, or out and in again."""
    words = _("You signed in again in another tab, so that this form was not accepted.")
    if is_api(request):
        return JsonResponse({"code": "not_allowed", "detail": words, "fields": {}}, status=403)
    return not_sent(request, words, 403)


def session_ended(request: HttpRequest) -> HttpResponse:
    """Answer a form that was sent after the session had ended."""
    return not_sent(request, _("Your session has ended."), 401, signs_in=True)


def _comes_from_us(request: HttpRequest) -> bool:
    """Tell whether a page of ours sent the form, by what the browser says of it."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site == "same-origin"
    sender = request.headers.get("Origin") or request.headers.get("Referer", "")
    return urlsplit(sender).netloc == request.get_host()
