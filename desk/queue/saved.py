"""Saves the list that is seen under a name."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.sharing import SharedForm
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from tickets import services
from web.access import needs
from web.queue.reading import kept_query
from web.requests import actor, person, posted_from


class SaveViewForm(SharedForm):
    """The name of a view and for whom it is."""


@posted_from("admin:queue")
@needs(Capability.SEE_TICKETS)
def save_view(request: HttpRequest) -> HttpResponse:
    query = kept_query(QueryDict(request.POST.get("query", "")))
    address = f"{reverse('admin:queue')}?{query}"
    form = SaveViewForm(request.POST, reader=person(request))
    if not form.is_valid():
        messages.error(request, " ".join(str(each[0]) for each in form.errors.values()))
        return HttpResponseRedirect(address)
    data = form.cleaned_data
    try:
        view = services.save_view(
            name=data["name"],
            query=query,
            audience=data["audience"],
            team=data.get("team"),
            by=actor(request, Channel.DESK),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view})
    return HttpResponseRedirect(address)


@posted_from("admin:queue")
@needs(Capability.SEE_TICKETS)
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    try:
        services.delete_view(view_id=view_id, by=actor(request, Channel.DESK))
    except NotFound as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The view was deleted."))
    return redirect("admin:queue")
