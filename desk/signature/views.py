"""The page on which a person writes their signature."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.frame import frame
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from tickets.models import LONGEST_SIGNATURE
from web.access import needs
from web.errors import put_on_form
from web.forms import FormattedField
from web.requests import actor, person


class SignatureForm(forms.Form):
    body_es = FormattedField(
        label=gettext_lazy("In Spanish"),
        required=False,
        max_length=LONGEST_SIGNATURE,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    body_en = FormattedField(
        label=gettext_lazy("In English"),
        required=False,
        max_length=LONGEST_SIGNATURE,
        widget=forms.Textarea(attrs={"rows": 5, "lang": "en"}),
        help_text=gettext_lazy("Without it, customers who read English get the Spanish one."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.HOLD_TICKETS)
def signature(request: HttpRequest) -> HttpResponse:
    found = queries.signature_of(person(request).pk)
    initial = {"body_es": found.body_es, "body_en": found.body_en} if found is not None else {}
    form = SignatureForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_signature(**form.cleaned_data, by=actor(request, Channel.DESK))
        except DomainError as error:
            put_on_form(form, error)
        else:
            words = _("Your signature is saved.") if saved else _("You have no signature now.")
            messages.success(request, words)
            return redirect("admin:signature")
    status = 400 if form.errors else 200
    return render(
        request, "desk/signature/page.html", frame(request) | {"form": form}, status=status
    )
