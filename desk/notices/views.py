"""The bell: what the desk wrote to its reader, newest first."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from desk.frame import frame
from foundation.accounts.services import note_seen_letters
from foundation.core.links import Link, address_of
from foundation.notifications.queries import MOST_COUNTED, letters_to, unseen_letters
from foundation.notifications.rendering import render_subject
from web.requests import is_id, person, posted_from

ICONS = {
    "ticket_assigned": "user-check",
    "ticket_sent": "users",
    "tickets_handed_over": "users",
    "customer_replied": "message-circle",
    "customer_step": "message-circle",
    "mentioned": "at-sign",
    "task_given": "list-checks",
    "task_due": "list-checks",
    "ticket_woken": "moon",
    "recurrence_failed": "calendar-x-2",
    "audit_item_given": "file-pen",
    "audit_expected": "calendar-days",
    "watched": "bell",
    "clock": "hourglass",
    "escalation": "triangle-alert",
    "rule": "workflow",
}


@dataclass(frozen=True)
class Notice:
    icon: str
    subject: str
    address: str
    at: datetime
    is_new: bool


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Show the newest letters to the reader: as a page, or to htmx the list alone."""
    reader = person(request)
    now = timezone.now()
    letters = letters_to(reader, now)
    context = {
        "notices": [
            Notice(
                ICONS.get(letter.template, "mail"),
                render_subject(letter, get_language() or ""),
                address_of(Link(*letter.links["url"])) if "url" in letter.links else "",
                letter.created_at,
                letter.pk > reader.letters_seen_up_to,
            )
            for letter in letters
        ],
        "newest": letters[0].pk if letters else 0,
        "now": now,
    }
    if request.headers.get("HX-Request"):
        return render(request, "desk/notices/_list.html", context)
    return render(request, "desk/notices/page.html", {**frame(request), **context})


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """Serve the number on the bell."""
    number = unseen_letters(person(request), timezone.now())
    return render(request, "desk/notices/_count.html", {"number": number, "most": MOST_COUNTED})


@posted_from("admin:notices")
def seen(request: HttpRequest) -> HttpResponse:
    """Note that the reader has seen the letters up to the one that is named."""
    asked = request.POST.get("up_to", "")
    if is_id(asked):
        note_seen_letters(user=person(request), up_to=int(asked))
    if request.headers.get("HX-Request"):
        number = unseen_letters(person(request), timezone.now())
        return render(request, "desk/notices/_count.html", {"number": number, "most": MOST_COUNTED})
    return HttpResponseRedirect(reverse("admin:notices"))
