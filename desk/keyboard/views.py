"""The page on which a person switches the shortcuts off, or chooses other keys."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.frame import frame
from desk.keyboard.forms import KeysForm
from foundation.accounts.services import set_shortcuts
from web.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def keyboard(request: HttpRequest) -> HttpResponse:
    form = KeysForm(request.POST or None, reader=person(request))
    if request.method == "POST" and form.is_valid():
        set_shortcuts(user=person(request), is_on=form.cleaned_data["is_on"], keys=form.keys())
        messages.success(request, _("Your shortcuts are saved."))
        return redirect("admin:keyboard")
    return render(
        request,
        "desk/keyboard/page.html",
        frame(request) | {"form": form},
        status=400 if form.errors else 200,
    )
