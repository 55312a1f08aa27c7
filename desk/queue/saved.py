"""Saves the list that is seen under a name."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.queue.reading import kept_query
from foundation.accounts.models import Team, User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from tickets import services
from tickets.models import SavedViewAudience
from web.access import needs
from web.requests import actor, person, posted_from


class SaveViewForm(forms.Form):
    """The name of a view and for whom it is. A person shares with their groups; a supervisor with
    every group and with everybody.
    """

    name = forms.CharField(label=gettext_lazy("Name of the view"), max_length=60)
    audience = forms.ChoiceField(label=gettext_lazy("For whom"), choices=SavedViewAudience.choices)
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=None, required=False
    )

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        teams = Team.objects.order_by("level", "name", "pk")
        if not reader.can(Capability.SUPERVISE):
            teams = teams.filter(members=reader)
            fields["audience"].choices = [
                each for each in SavedViewAudience.choices if each[0] != SavedViewAudience.PUBLIC
            ]
        fields["team"].queryset = teams


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
