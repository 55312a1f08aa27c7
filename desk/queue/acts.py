"""The acts on several tickets: what their form needs, and what it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.cause_fields import CauseFields, fields_of
from desk.queue.filters import NOBODY
from desk.queue.steps import STEPS
from foundation.accounts.models import Team, User
from foundation.accounts.queries import assignable_staff, team_serves
from foundation.core.classification import ASSISTED_CHANNELS, Impact, Urgency
from foundation.core.errors import Invalid
from tickets.endings import CAUSE_NEEDS, EndCause
from tickets.services import Assigning, Classifying, Stepping, TicketAct, TransitionDetails
from tickets.states import SolutionType, Transition
from web.forms import TextField


def higher_teams() -> QuerySet[Team]:
    return Team.objects.filter(level__gte=2).order_by("level", "name", "pk")


class ActForm(CauseFields):
    """What an act on several tickets needs, once for all of them: the fields in ``needs``, and
    those of the cause. Who asked is the requester of each.
    """

    reason = TextField(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 2}))
    tried = TextField(
        label=gettext_lazy("What was tried"), widget=forms.Textarea(attrs={"rows": 2})
    )
    message = TextField(
        label=gettext_lazy("Message to the customer"), widget=forms.Textarea(attrs={"rows": 4})
    )
    solution_type = forms.ChoiceField(
        label=gettext_lazy("Solution type"), choices=[("", "—"), *SolutionType.choices]
    )
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=None
    )

    def __init__(self, *args: Any, asked: "Asked", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["team"].queryset = higher_teams()
        causes = asked.step.causes if asked.step is not None else ()
        self.offer_causes(causes)
        kept = {*asked.needs, *fields_of(causes)} - {"asked_by"}
        self.fields = {name: field for name, field in self.fields.items() if name in kept}
        if causes:
            fields["cause"].required = True

    def clean(self) -> None:
        """Ask for what the chosen cause needs: the refusal of a ticket would not name the field."""
        cause = self.cleaned_data.get("cause")
        for name in CAUSE_NEEDS.get(EndCause(cause), ()) if cause else ():
            if name in self.fields and not self.cleaned_data.get(name):
                self.add_error(name, forms.Field.default_error_messages["required"])

    def given(self, reader: User) -> dict[str, Any]:
        """Return what was filled in. Raises as ``cause_details``."""
        values = {name: value for name, value in self.cleaned_data.items() if name in _PLAIN}
        return values | (self.cause_details(reader) if "cause" in self.fields else {})


_PLAIN = frozenset({"reason", "tried", "message", "solution_type", "team"})


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


def stand_ins(form: ActForm, asked: Asked, reader: User) -> Callable[[int | None], dict[str, Any]]:
    """Return, for the organization of a ticket, what was typed and, for what was not typed yet,
    something that the rehearsal accepts.
    """
    needed = asked.needs
    typed = form.given(reader) if form.is_bound and form.is_valid() else {}
    teams = list(higher_teams()) if "team" in needed else []

    def given(organization_id: int | None) -> dict[str, Any]:
        serving = (
            team
            for team in teams
            if organization_id is not None and team_serves(team, organization_id)
        )
        stand_in: dict[str, Any] = {
            "reason": "—",
            "tried": "—",
            "message": "—",
            "solution_type": SolutionType.DEFINITIVE,
            "team": next(serving, None),
        }
        if asked.step is not None and asked.step.causes:
            stand_in |= {"cause": asked.step.causes[0], "asked_channel": ASSISTED_CHANNELS[0]}
        if typed:
            return typed
        return {name: stand_in[name] for name in stand_in if name in (*needed, "asked_channel")}

    return given
