"""The gallery: every component of the screens in all its states on one page, to check changes of
style.
"""

from datetime import UTC, date, datetime, timedelta

from django.contrib.messages.constants import DEFAULT_TAGS
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.gallery.forms import SampleForm
from foundation.accounts.roles import Capability
from foundation.core.classification import Priority
from tickets.states import State
from web.access import needs
from web.faces import ClockFace

INSTANT = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
ZONE = "America/Mexico_City"
TONES = (("", ""), ("good", "check"), ("warning", "triangle-alert"), ("danger", "x"))


def faces() -> list[ClockFace]:
    """Return a face of each tone, as ``web.faces`` makes them."""
    return [
        ClockFace(_("Due in %(time)s") % {"time": "3 h"}, "calm", "clock"),
        ClockFace(_("At risk · due in %(time)s") % {"time": "50 min"}, "soon", "hourglass"),
        ClockFace(_("Due in %(time)s") % {"time": "12 min"}, "urgent", "alarm-clock"),
        ClockFace(_("Overdue by %(time)s") % {"time": "20 min"}, "late", "circle-alert"),
        ClockFace(_("Paused · waits for the user"), "paused", "pause"),
        ClockFace(_("Resumes %(when)s") % {"when": "09:00"}, "asleep", "moon"),
        ClockFace(_("Met in %(time)s") % {"time": "1 h"}, "met", "check"),
        ClockFace(_("Missed by %(time)s") % {"time": "1 h"}, "missed", "x"),
        ClockFace(_("Withdrawn"), "withdrawn", "minus"),
    ]


@require_safe
@needs(Capability.CONFIGURE)
def gallery(request: HttpRequest) -> HttpResponse:
    wrong = SampleForm({"subject": "x" * 101, "email": "ana", "on": "2026-02-30"})
    wrong.is_valid()
    context = {
        "states": State.values,
        "priorities": Priority.values,
        "tones": TONES,
        "faces": faces(),
        "instant": INSTANT,
        "day": date(2026, 11, 23),
        "span": timedelta(hours=26, minutes=15),
        "zone": ZONE,
        "count": 1234567,
        "share": 96.4,
        "samples": [
            Message(level, _("%(number)s was registered.") % {"number": "TK-000118"})
            for level in sorted(DEFAULT_TAGS)
            if DEFAULT_TAGS[level] != "debug"
        ],
        "form": SampleForm(auto_id="new_%s"),
        "wrong": wrong,
        "page": Paginator(range(30), 10).page(2),
    }
    return render(request, "desk/gallery/page.html", {**frame(request), **context})
