"""Checklists: tasks that go together, to be put on a ticket at once."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from desk.sharing import SharedForm, SharedPages
from foundation.accounts.roles import Capability
from tickets import queries, services
from web.access import needs
from web.forms import TextField
from web.requests import posted_from


class ChecklistForm(SharedForm):
    lines = TextField(
        label=gettext_lazy("Tasks, one a line"), widget=forms.Textarea(attrs={"rows": 8})
    )


PAGES = SharedPages(
    name="admin:checklists",
    new="admin:new_checklist",
    one="admin:checklist",
    deletes="admin:delete_checklist",
    row="desk/checklists/_row.html",
    icon="list-checks",
    form=ChecklistForm,
    seen=queries.checklists_for,
    store=services.save_checklist,
    discard=lambda pk, by: services.delete_checklist(checklist_id=pk, by=by),
    words={
        "title": gettext_lazy("Checklists"),
        "new": gettext_lazy("New checklist"),
        "lead": gettext_lazy("On a ticket, a checklist puts all its tasks there at once."),
        "none": gettext_lazy("No checklists are saved yet."),
        "saved": gettext_lazy("The checklist “%(name)s” is saved."),
        "deleted": gettext_lazy("The checklist was deleted."),
    },
)


@require_safe
@needs(Capability.WORK_TICKETS)
def checklists(request: HttpRequest) -> HttpResponse:
    return PAGES.list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.WORK_TICKETS)
def edit(request: HttpRequest, checklist_id: int | None = None) -> HttpResponse:
    return PAGES.edit(request, checklist_id)


@posted_from("admin:checklists")
@needs(Capability.WORK_TICKETS)
def delete(request: HttpRequest, checklist_id: int) -> HttpResponse:
    return PAGES.remove(request, checklist_id)
