"""The gallery: the components of the screens in their states on one page, to check changes of
style.
"""

from datetime import date, timedelta

from django.contrib.messages.constants import DEFAULT_TAGS
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.gallery import samples
from desk.gallery.forms import SampleForm
from foundation.accounts.roles import Capability
from foundation.core.classification import Priority
from tickets.states import State
from web.access import needs
from web.picture import picture
from web.requests import person
from web.tabs import Tab

TONES = (("", ""), ("good", "check"), ("warning", "triangle-alert"), ("danger", "x"))


@require_safe
@needs(Capability.CONFIGURE)
def gallery(request: HttpRequest) -> HttpResponse:
    wrong = SampleForm({"subject": "x" * 101, "email": "ana", "on": "2026-02-30"})
    wrong.is_valid()
    account = samples.explanation()
    context = {
        "tabs": [
            Tab(_("My tickets"), "#tabs", is_current=True, count=7),
            Tab(_("Unassigned"), "#tabs", is_current=False, count=1000),
            Tab(_("All"), "#tabs", is_current=False),
        ],
        "ticket": samples.ticket(person(request)),
        "conversation": samples.conversation(person(request)),
        "escalations": samples.ladder(),
        "account": account,
        "drawing": picture(account, account.started_at + timedelta(hours=2)),
        "states": State.values,
        "priorities": Priority.values,
        "tones": TONES,
        "faces": samples.faces(),
        "instant": samples.INSTANT,
        "day": date(2026, 11, 23),
        "span": timedelta(hours=26, minutes=15),
        "zone": samples.ZONE,
        "count": 1234567,
        "share": 96.4,
        "sample_messages": [
            Message(level, _("%(number)s was registered.") % {"number": "TK-000118"})
            for level in sorted(DEFAULT_TAGS)
            if DEFAULT_TAGS[level] != "debug"
        ],
        "form": SampleForm(auto_id="new_%s"),
        "wrong": wrong,
        "page": Paginator(range(30), 10).page(2),
    }
    return render(request, "desk/gallery/page.html", {**frame(request), **context})
