"""An agent's home: counts, the most urgent tickets, and the agent's own tickets."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.frame import frame
from desk.home.panels import PANELS, Home
from foundation.accounts import granting
from foundation.accounts.models import DESK_ZONE
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from web.panels import load_panels, page_response
from web.requests import actor, person, posted_from


def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    shown = load_panels(PANELS, user, Home(user), now)
    return page_response(
        request, "desk/home/page.html", shown, {**frame(request), "now": now, "zone": DESK_ZONE}
    )


@posted_from("admin:index")
def decide_role(request: HttpRequest, grant_id: int, decision: str) -> HttpResponse:
    """Confirm a role (``grant``), or refuse it (any other word), as its second person."""
    if not granting.may_confirm(person(request)):
        raise PermissionDenied
    try:
        grant = granting.decide_role(
            grant_id=grant_id,
            grants=decision == "grant",
            by=actor(request, Channel.DESK),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        words = (
            _("%(person)s has the role %(role)s now.")
            if grant.is_granted
            else _("%(person)s does not get the role %(role)s.")
        )
        said = {"person": grant.person, "role": grant.get_role_display()}
        messages.success(request, words % said)
    return redirect(reverse("admin:index") + "#roles")
