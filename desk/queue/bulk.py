"""Acts on several tickets of the queue: what would happen is shown first, then done, and an
assignment or a classification can be undone.
"""

from collections.abc import Sequence
from copy import copy
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.queue.acts import ActForm, Asked, read_act, stand_ins
from desk.queue.people import people_with_load
from desk.queue.reading import PageReading
from desk.queue.views import forget_counts
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Impact, Urgency
from foundation.core.errors import Invalid
from tickets import queries, services
from tickets.models import Ticket
from tickets.placeholders import placeholders
from tickets.services import (
    Assigning,
    Change,
    Changed,
    Classifying,
)
from web.access import needs
from web.errors import put_on_form
from web.queue.lists import ORDERS
from web.requests import actor, is_id, person, posted_from

_UNDO = "undo of a bulk change"
UNDO_FOR = timedelta(minutes=10)


@posted_from("admin:queue")
@needs(Capability.WORK_TICKETS)
def preview(request: HttpRequest) -> HttpResponse:
    """Show what an act would do to each selected ticket, and what is refused."""
    try:
        selected = _selected(request)
        asked = read_act(request.POST, person(request))
    except Invalid as error:
        return _back_with_selection(request, error)
    return _preview_page(request, asked, selected, ActForm(asked=asked))


def _back_with_selection(request: HttpRequest, error: Invalid) -> HttpResponse:
    """Redirect to the list, where the selected tickets are still selected."""
    messages.error(request, str(error.message))
    target = urlsplit(_target(request))
    query = QueryDict(target.query, mutable=True)
    chosen = [value.partition(":")[0] for value in request.POST.getlist("ticket")]
    query["selected"] = ",".join(pk for pk in chosen[: services.MOST_AT_ONCE] if is_id(pk))
    return HttpResponseRedirect(f"{target.path}?{query.urlencode()}")


def _preview_page(
    request: HttpRequest,
    asked: Asked,
    selected: dict[int, int | None],
    form: ActForm,
    *,
    status: int = 200,
) -> HttpResponse:
    seen = queries.visible_to(person(request)).filter(pk__in=list(selected)).select_related(None)
    organizations = dict(seen.order_by().values_list("pk", "organization_id"))
    given = stand_ins(form, asked, person(request))
    changes = [
        Change(pk, version, asked.act(given(organizations.get(pk))))
        for pk, version in selected.items()
    ]
    rehearsed = services.rehearse_changes(
        changes=changes, by=actor(request, Channel.DESK), at=timezone.now()
    )
    possible = [each for each in rehearsed if not each.refusal]
    told = queries.told_of_steps([each.before for each in possible]) if asked.tells else {}
    texts = _texts(asked, form, possible, person(request))
    rows = [(each, told.get(each.before.pk), texts.get(each.before.pk)) for each in rehearsed]
    context = {
        **frame(request),
        "asked": asked,
        "form": form,
        "rehearsed": rows,
        "does": _does(asked, texts),
        "placeholders": placeholders() if asked.is_answer else [],
        "possible": possible,
        "next": _target(request),
    }
    wrong = 400 if form.errors else status
    return render(request, "desk/queue/bulk.html", context, status=wrong)


def _does(asked: Asked, texts: dict[int, str]) -> str:
    """Return what the button says: the replies to several tickets are shown before they go."""
    if not asked.is_answer:
        return asked.sentence
    if not texts:
        return _("Show the replies")
    count = len(texts)
    return ngettext("Send %(count)d reply", "Send %(count)d replies", count) % {"count": count}


def _texts(
    asked: Asked, form: ActForm, possible: Sequence[Changed], reader: User
) -> dict[int, str]:
    """Return, by id of the ticket, what an answer or a macro says there; {} for anything else, and
    before the answer is written.
    """
    act: services.Answering | services.Running
    if asked.macro is not None:
        act = services.Running(asked.macro)
    elif asked.is_answer and form.is_bound and form.is_valid():
        act = services.Answering(**form.given(reader))
    else:
        return {}
    return {each.before.pk: act.text_for(_when_written(each), reader) for each in possible}


def _when_written(changed: Changed) -> Ticket:
    """Return a ticket as it is when the message is written: a macro has assigned it, its step comes
    after that.
    """
    ticket = copy(changed.before)
    ticket.assignee = changed.after.assignee
    return ticket


@posted_from("admin:queue")
@needs(Capability.WORK_TICKETS)
def apply(request: HttpRequest) -> HttpResponse:
    """Do the act that was shown, on each ticket that allows it. When none does, what was typed is
    shown again.
    """
    try:
        selected = _selected(request)
        asked = read_act(request.POST, person(request))
    except Invalid as error:
        return _back_with_selection(request, error)
    form = ActForm(request.POST, asked=asked)
    if not form.is_valid():
        return _preview_page(request, asked, selected, form)
    try:
        act = asked.act(form.given(person(request)))
    except Invalid as error:
        put_on_form(form, error)
        return _preview_page(request, asked, selected, form)
    if not _was_shown(request, asked, form):
        return _preview_page(request, asked, selected, form)
    changed = services.change_each(
        changes=[Change(pk, version, act) for pk, version in selected.items()],
        by=actor(request, Channel.DESK),
        at=timezone.now(),
    )
    _tell(request, changed, undo=_undo_token(request, asked, changed))
    if asked.needs and all(each.refusal for each in changed):
        return _preview_page(request, asked, selected, form, status=409)
    return HttpResponseRedirect(_target(request))


def _was_shown(request: HttpRequest, asked: Asked, form: ActForm) -> bool:
    """Tell whether the person has seen the texts and the acts as they are now."""
    if not form.is_seen():
        form.mark_seen()
        return False
    if asked.values.get("digest", "") != request.POST.get("digest", ""):
        messages.warning(request, _("The macro was changed: this is what it does now."))
        return False
    return True


@posted_from("admin:queue")
@needs(Capability.WORK_TICKETS)
def undo(request: HttpRequest) -> HttpResponse:
    """Take an assignment or a classification back on the tickets that nobody changed since."""
    changes = _undone(request)
    if changes is None:
        messages.error(request, _("This can no longer be undone."))
        return HttpResponseRedirect(_target(request))
    changed = services.change_each(
        changes=changes, by=actor(request, Channel.DESK), at=timezone.now()
    )
    _tell(request, changed, is_undone=True)
    return HttpResponseRedirect(_target(request))


@require_safe
@needs(Capability.WORK_TICKETS)
def macros(request: HttpRequest) -> HttpResponse:
    """Serve the macros that may be run on the selected tickets."""
    return render(
        request, "desk/queue/_macros.html", {"macros": queries.macros_for(person(request))}
    )


@require_safe
@needs(Capability.WORK_TICKETS)
def people(request: HttpRequest) -> HttpResponse:
    """Serve the people to whom tickets may be given, each with their load and absence."""
    context = {"people": people_with_load(timezone.now())}
    return render(request, "desk/queue/_people.html", context)


def _tell(
    request: HttpRequest, changed: Sequence[Changed], *, undo: str = "", is_undone: bool = False
) -> None:
    done = [each for each in changed if not each.refusal]
    forget_counts(person(request))
    for each in changed:
        if each.refusal:
            messages.error(request, f"{each.before.number}: {each.refusal}")
    if done:
        words = (
            ngettext(
                "Undone: %(count)d ticket is as before.",
                "Undone: %(count)d tickets are as before.",
                len(done),
            )
            if is_undone
            else ngettext("%(count)d ticket changed.", "%(count)d tickets changed.", len(done))
        )
        messages.success(request, words % {"count": len(done)}, extra_tags=undo)
    elif not changed:
        messages.error(request, _("No ticket changed."))


def _selected(request: HttpRequest) -> dict[int, int | None]:
    """Return the selected tickets with the version that was seen of each; for ``all``, the first
    ones that the list shows now. Raises ``Invalid`` for none, and for more than may be changed at
    once.
    """
    if request.POST.get("all"):
        return _first_of_list(request)
    found: dict[int, int | None] = {}
    for value in request.POST.getlist("ticket"):
        pk, _colon, version = value.partition(":")
        if is_id(pk):
            found[int(pk)] = int(version) if is_id(version) else None
    if not found:
        raise Invalid(_("Choose at least one ticket and what is to be done."))
    if len(found) > services.MOST_AT_ONCE:
        words = _("Choose at most %(most)d tickets at once: %(count)d are selected.")
        raise Invalid(words % {"most": services.MOST_AT_ONCE, "count": len(found)})
    return found


def _first_of_list(request: HttpRequest) -> dict[int, int | None]:
    address = QueryDict(urlsplit(_target(request)).query)
    reading = PageReading(request, timezone.now(), address)
    listed = reading.open_tickets.select_related(None).order_by(*ORDERS[reading.order])
    rows = listed.values_list("pk", "version")[: services.MOST_AT_ONCE]
    found: dict[int, int | None] = dict(rows)
    if not found:
        raise Invalid(_("The list is empty now."))
    return found


def _target(request: HttpRequest) -> str:
    """Return the address of the queue from which the act came."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()})
    return target if is_ours else reverse("admin:queue")


def _undo_token(request: HttpRequest, asked: Asked, changed: Sequence[Changed]) -> str:
    """Return what takes an act back, signed for this person; "" for a step, which told people."""
    if not asked.is_undoable:
        return ""
    rows = [
        [each.before.pk, each.after.version, *_before(asked, each)]
        for each in changed
        if not each.refusal and each.after.version != each.before.version
    ]
    if not rows:
        return ""
    act = "assign" if asked.impact is None else "classify"
    return signing.dumps([person(request).pk, act, rows], salt=_UNDO, compress=True)


def _before(asked: Asked, changed: Changed) -> list[Any]:
    if asked.impact is None:
        return [changed.before.assignee_id]
    return [str(changed.before.impact), str(changed.before.urgency)]


def _undone(request: HttpRequest) -> list[Change] | None:
    """Return the changes that take back what a token names; None for a token that is too old, or
    not this person's.
    """
    try:
        owner, act, rows = signing.loads(
            request.POST.get("token", ""), salt=_UNDO, max_age=UNDO_FOR
        )
    except signing.BadSignature:
        return None
    if owner != person(request).pk:
        return None
    if act == "classify":
        reason = _("The change of several tickets is undone.")
        return [
            Change(pk, version, Classifying(Impact(impact), Urgency(urgency), reason))
            for pk, version, impact, urgency in rows
        ]
    staff = {each.pk: each for each in User.objects.filter(pk__in=[row[2] for row in rows])}
    return [Change(pk, version, Assigning(staff.get(holder))) for pk, version, holder in rows]
