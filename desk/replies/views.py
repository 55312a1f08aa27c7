"""Saved replies: their pages, and the list of them in the composer of a ticket."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from desk.sharing import SharedForm, SharedPages
from foundation.accounts.roles import Capability
from tickets import queries, services
from tickets.letters import language_of
from tickets.models import SavedReply
from tickets.placeholders import filled, placeholders
from web.access import needs
from web.forms import TextField
from web.requests import person, posted_from


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


PAGES = SharedPages(
    name="admin:replies",
    new="admin:new_reply",
    one="admin:reply",
    deletes="admin:delete_reply",
    row="desk/replies/_row.html",
    icon="message-square-text",
    form=ReplyForm,
    seen=queries.saved_replies_for,
    store=services.save_reply,
    discard=lambda pk, by: services.delete_reply(reply_id=pk, by=by),
    words={
        "title": gettext_lazy("Saved replies"),
        "new": gettext_lazy("New reply"),
        "lead": gettext_lazy(
            "In the composer of a ticket, type / at the beginning of a line, or open the list."
        ),
        "none": gettext_lazy("No replies are saved yet."),
        "saved": gettext_lazy("The reply “%(name)s” is saved."),
        "deleted": gettext_lazy("The reply was deleted."),
    },
)


@require_safe
@needs(Capability.WORK_TICKETS)
def replies(request: HttpRequest) -> HttpResponse:
    return PAGES.list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.WORK_TICKETS)
def edit(request: HttpRequest, reply_id: int | None = None) -> HttpResponse:
    return PAGES.edit(request, reply_id, placeholders=placeholders())


@posted_from("admin:replies")
@needs(Capability.WORK_TICKETS)
def delete(request: HttpRequest, reply_id: int) -> HttpResponse:
    return PAGES.remove(request, reply_id)


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


def _body(reply: SavedReply, language: str) -> str:
    return (reply.body_en if language == "en" else "") or reply.body_es
