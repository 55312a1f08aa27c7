"""Saved replies: their pages, and the list of them in the composer of a ticket."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from desk.frame import frame
from desk.sharing import SharedForm
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from foundation.core.wording import is_spanish
from tickets import queries, services
from tickets.models import SavedReply
from tickets.notices import language_of
from tickets.placeholders import PLACEHOLDERS, filled
from web.access import needs
from web.errors import put_on_form
from web.forms import TextField
from web.requests import actor, person, posted_from


class ReplyForm(SharedForm):
    body_es = TextField(
        label=gettext_lazy("Text in Spanish"), widget=forms.Textarea(attrs={"rows": 6})
    )
    body_en = TextField(
        label=gettext_lazy("Text in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("For customers who read English; without it they get the Spanish."),
    )


@require_safe
@needs(Capability.WORK_TICKETS)
def replies(request: HttpRequest) -> HttpResponse:
    reader = person(request)
    supervises = reader.can(Capability.SUPERVISE)
    found = [
        (reply, reply.owner_id == reader.pk, reply.owner_id == reader.pk or supervises)
        for reply in queries.saved_replies_for(reader)
    ]
    return render(request, "desk/replies/list.html", frame(request) | {"replies": found})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.WORK_TICKETS)
def edit(request: HttpRequest, reply_id: int | None = None) -> HttpResponse:
    """Write a new reply, one of one's own anew, or a copy of somebody else's. One's own saved under
    another name is renamed.
    """
    reader = person(request)
    reply = _seen(request, reply_id) if reply_id is not None else None
    is_own = reply is not None and reply.owner_id == reader.pk
    form = ReplyForm(request.POST or None, reader=reader, initial=_values(reply))
    if request.method == "POST" and form.is_valid() and not _name_taken(request, form, reply):
        by = actor(request, Channel.DESK)
        try:
            renames = reply.pk if reply is not None and is_own else None
            saved = services.save_reply(
                **form.cleaned_data, by=by, at=timezone.now(), renames=renames
            )
        except DomainError as error:
            put_on_form(form, error)
        else:
            messages.success(request, _("The reply “%(name)s” is saved.") % {"name": saved})
            return redirect("admin:replies")
    context = {
        "form": form,
        "reply": reply,
        "is_copy": reply is not None and not is_own,
        "placeholders": _placeholders(),
    }
    status = 400 if form.errors else 200
    return render(request, "desk/replies/form.html", frame(request) | context, status=status)


@posted_from("admin:replies")
@needs(Capability.WORK_TICKETS)
def delete(request: HttpRequest, reply_id: int) -> HttpResponse:
    try:
        services.delete_reply(reply_id=reply_id, by=actor(request, Channel.DESK))
    except NotFound as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The reply was deleted."))
    return redirect("admin:replies")


@require_safe
@needs(Capability.WORK_TICKETS)
def choose(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the replies with the values of a ticket, which htmx requests for the composer."""
    reader = person(request)
    ticket = queries.get_ticket(reader, number)
    language = language_of(ticket.requester, ticket)
    texts = [
        (reply.name, filled(_body(reply, language), ticket, reader, language))
        for reply in queries.saved_replies_for(reader)
    ]
    return render(request, "desk/replies/_choose.html", {"texts": texts})


def _name_taken(request: HttpRequest, form: ReplyForm, reply: SavedReply | None) -> bool:
    """Tell whether another reply of one's own has the name, which saving would replace."""
    name = " ".join(form.cleaned_data["name"].split())
    for each in queries.saved_replies_for(person(request)):
        if each.owner_id == person(request).pk and each.name == name and each != reply:
            form.add_error("name", _("You have a reply with this name already."))
            return True
    return False


def _body(reply: SavedReply, language: str) -> str:
    return (reply.body_en if language == "en" else "") or reply.body_es


def _seen(request: HttpRequest, reply_id: int) -> SavedReply:
    """Return a reply that the reader sees. Raises ``NotFound``."""
    for reply in queries.saved_replies_for(person(request)):
        if reply.pk == reply_id:
            return reply
    raise NotFound(_("There is nothing like that, or it is not yours."))


def _values(reply: SavedReply | None) -> dict[str, Any]:
    if reply is None:
        return {}
    names = ("name", "audience", "team", "body_es", "body_en")
    return {name: getattr(reply, name) for name in names}


def _placeholders() -> list[str]:
    """Return the placeholders as they are written, in the reader's language."""
    place = 1 if is_spanish() else 0
    return [f"{{{{{names[place]}}}}}" for names in PLACEHOLDERS]
