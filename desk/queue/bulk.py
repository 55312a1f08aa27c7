"""Acts on several tickets of the queue: what would happen is shown first, then done, and an
assignment or a classification can be undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.queue.filters import NOBODY
from desk.queue.people import people_with_load
from desk.queue.steps import STEPS
from desk.queue.views import queue_page
from foundation.accounts.models import Team, User
from foundation.accounts.queries import assignable_staff
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Impact, Urgency
from foundation.core.errors import Invalid
from tickets import services
from tickets.services import (
    Assigning,
    Change,
    Changed,
    Classifying,
    Stepping,
    TicketAct,
    TransitionDetails,
)
from tickets.states import SolutionType, Transition
from web.access import needs
from web.forms import TextField
from web.requests import actor, person, posted_from

_UNDO = "undo of a bulk change"
UNDO_FOR = timedelta(minutes=10)


class ActForm(forms.Form):
    """What an act on several tickets needs, once for all of them: the fields in ``needs``."""

    reason = TextField(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 2}))
    message = TextField(
        label=gettext_lazy("Message to the customer"), widget=forms.Textarea(attrs={"rows": 4})
    )
    solution_type = forms.ChoiceField(
        label=gettext_lazy("Solution type"), choices=[("", "—"), *SolutionType.choices]
    )
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=None
    )

    def __init__(self, *args: Any, needs: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["team"].queryset = Team.objects.filter(level__gte=2).order_by("level", "name", "pk")
        self.fields = {name: field for name, field in self.fields.items() if name in needs}


@dataclass(frozen=True)
class Asked:
    """An act as the form of the queue asks for it. ``sentence`` says it, ``values`` are the form's
    fields.
    """

    sentence: str
    needs: Sequence[str]
    values: dict[str, str]
    assignee: User | None = None
    step: Transition | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None

    def act(self, given: dict[str, Any]) -> TicketAct:
        """Return the act with what was given for all tickets."""
        if self.step is not None:
            return Stepping(self.step.name, TransitionDetails(**given))
        if self.impact is not None and self.urgency is not None:
            return Classifying(self.impact, self.urgency, given["reason"])
        return Assigning(self.assignee)


def read_act(posted: Any) -> Asked:
    """Read the act of a posted form. Raises ``Invalid`` when none was chosen."""
    act = posted.get("act", "")
    if act == "assign":
        return _read_assigning(posted.get("assignee", ""))
    if act == "step":
        step = next((each for each in STEPS if each.name == posted.get("step")), None)
        if step is None:
            raise Invalid(_("Choose a step."))
        words = _("Take the step “%(step)s”") % {"step": step.label}
        return Asked(words, step.staff_needs, {"act": act, "step": step.name}, step=step)
    impact = posted.get("impact", "")
    urgency = posted.get("urgency", "")
    if act != "classify" or impact not in Impact or urgency not in Urgency:
        raise Invalid(_("Choose an impact and an urgency."))
    words = _("Classify as %(impact)s, %(urgency)s")
    return Asked(
        words % {"impact": Impact(impact).term, "urgency": Urgency(urgency).term},
        ("reason",),
        {"act": act, "impact": impact, "urgency": urgency},
        impact=Impact(impact),
        urgency=Urgency(urgency),
    )


def _read_assigning(chosen: str) -> Asked:
    values = {"act": "assign", "assignee": chosen}
    if chosen == NOBODY:
        return Asked(_("Leave without an assignee"), (), values)
    assignee = next((each for each in assignable_staff() if str(each.pk) == chosen), None)
    if assignee is None:
        raise Invalid(_("Choose at least one ticket and a person."))
    return Asked(_("Give to %(person)s") % {"person": assignee}, (), values, assignee=assignee)


@posted_from("admin:queue")
@needs(Capability.WORK_TICKETS)
def preview(request: HttpRequest) -> HttpResponse:
    """Show what an act would do to each selected ticket, and what is refused."""
    selected = _selected(request)
    try:
        if not selected:
            raise Invalid(_("Choose at least one ticket and what is to be done."))
        asked = read_act(request.POST)
    except Invalid as error:
        messages.error(request, str(error.message))
        return queue_page(
            request,
            status=400,
            selected=set(selected),
            bulk_values=request.POST,
        )
    return _preview_page(request, asked, selected, ActForm(needs=asked.needs))


def _preview_page(
    request: HttpRequest, asked: Asked, selected: dict[int, int | None], form: ActForm
) -> HttpResponse:
    act = asked.act(_given(form, asked.needs))
    changes = [Change(pk, version, act) for pk, version in selected.items()]
    rehearsed = services.rehearse_changes(
        changes=changes, by=actor(request, Channel.DESK), at=timezone.now()
    )
    possible = [each for each in rehearsed if not each.refusal]
    context = {
        **frame(request),
        "asked": asked,
        "form": form,
        "rehearsed": rehearsed,
        "possible": possible,
        "now": timezone.now(),
        "selected": [f"{each.before.pk}:{each.before.version}" for each in rehearsed],
        "next": _target(request),
    }
    return render(request, "desk/queue/bulk.html", context, status=400 if form.errors else 200)


def _given(form: ActForm, needed: Sequence[str]) -> dict[str, Any]:
    """Return what was typed; for what was not typed yet something that the rehearsal accepts."""
    typed = form.cleaned_data if form.is_bound and form.is_valid() else {}
    stand_in: dict[str, Any] = {
        "reason": "—",
        "message": "—",
        "solution_type": SolutionType.DEFINITIVE,
        "team": Team.objects.filter(level__gte=2).order_by("level", "name", "pk").first()
        if "team" in needed
        else None,
    }
    return {name: typed.get(name) or stand_in[name] for name in needed}


@posted_from("admin:queue")
@needs(Capability.WORK_TICKETS)
def apply(request: HttpRequest) -> HttpResponse:
    """Do the act that was shown, on each ticket that allows it."""
    selected = _selected(request)
    try:
        asked = read_act(request.POST)
    except Invalid as error:
        messages.error(request, str(error.message))
        return HttpResponseRedirect(_target(request))
    form = ActForm(request.POST, needs=asked.needs)
    if not form.is_valid():
        return _preview_page(request, asked, selected, form)
    act = asked.act({name: form.cleaned_data[name] for name in asked.needs})
    changed = services.change_each(
        changes=[Change(pk, version, act) for pk, version in selected.items()],
        by=actor(request, Channel.DESK),
        at=timezone.now(),
    )
    _tell(request, changed, undo=_undo_token(request, asked, changed))
    return HttpResponseRedirect(_target(request))


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
    _tell(request, changed, undo="")
    return HttpResponseRedirect(_target(request))


@require_safe
@needs(Capability.WORK_TICKETS)
def people(request: HttpRequest) -> HttpResponse:
    """Serve the people to whom tickets may be given, each with their load and absence."""
    context = {"people": people_with_load(timezone.now())}
    return render(request, "desk/queue/_people.html", context)


def _tell(request: HttpRequest, changed: Sequence[Changed], *, undo: str) -> None:
    done = [each for each in changed if not each.refusal]
    for each in changed:
        if each.refusal:
            messages.error(request, f"{each.before.number}: {each.refusal}")
    if done:
        words = ngettext("%(count)d ticket changed.", "%(count)d tickets changed.", len(done))
        messages.success(request, words % {"count": len(done)}, extra_tags=undo)


def _selected(request: HttpRequest) -> dict[int, int | None]:
    """Return the selected tickets with the version that was seen of each."""
    found: dict[int, int | None] = {}
    for value in request.POST.getlist("ticket")[: services.MOST_AT_ONCE]:
        pk, _colon, version = value.partition(":")
        if _is_number(pk):
            found[int(pk)] = int(version) if _is_number(version) else None
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16  # noqa: PLR2004 - digits of an id


def _target(request: HttpRequest) -> str:
    """Return the address of the queue from which the act came."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()})
    return target if is_ours else reverse("admin:queue")


def _undo_token(request: HttpRequest, asked: Asked, changed: Sequence[Changed]) -> str:
    """Return what takes an act back, signed for this person; "" for a step, which told people."""
    if asked.step is not None:
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
