"""The acts on several tickets: what their form needs, and what it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.cause_fields import CauseFields, fields_of
from desk.queue.steps import STEPS
from foundation.accounts.models import Team, User
from foundation.accounts.queries import assignable_staff, team_serves
from foundation.core.classification import ASSISTED_CHANNELS, Impact, Urgency
from foundation.core.errors import Invalid
from tickets.endings import CAUSE_NEEDS, EndCause
from tickets.models import MACRO_STEPS, Macro, MessageKind
from tickets.queries import macros_for
from tickets.services import (
    Answering,
    Assigning,
    Classifying,
    MacroActs,
    Running,
    Stepping,
    TicketAct,
    TransitionDetails,
)
from tickets.states import SolutionType, Transition
from web.forms import MinutesField, TextField
from web.queue.filters import NOBODY


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
    body_es = TextField(
        label=gettext_lazy("Reply in Spanish"), widget=forms.Textarea(attrs={"rows": 5})
    )
    body_en = TextField(
        label=gettext_lazy("Reply in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("For customers who read English; without it they get the Spanish."),
    )
    step = forms.ChoiceField(
        label=gettext_lazy("With the reply"),
        required=False,
        choices=[
            ("", gettext_lazy("only send")),
            *((step.name, step.label) for step in MACRO_STEPS if "message" in step.needs),
        ],
    )
    minutes = MinutesField(
        label=gettext_lazy("Time worked on each"),
        required=False,
        help_text=gettext_lazy("45 min, 1:30 or 1 h 30 min; a number alone is minutes."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: "Asked", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["team"].queryset = higher_teams()
        causes = asked.step.causes if asked.step is not None else ()
        self.offer_causes(causes)
        if asked.is_answer:  # only a solution has a type
            fields["solution_type"].required = False
        kept = {*asked.needs, *fields_of(causes)} - {"asked_by"}
        order = [*asked.needs, *fields]
        self.fields = {name: fields[name] for name in dict.fromkeys(order) if name in kept}
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
        if "body_es" in self.fields:
            return {"acts": self._answer()}
        values = {name: value for name, value in self.cleaned_data.items() if name in _PLAIN}
        return values | (self.cause_details(reader) if "cause" in self.fields else {})

    def is_seen(self) -> bool:
        """Tell whether the texts were shown as they are now. Only an answer is shown first."""
        return "seen" not in self.fields or self.cleaned_data["seen"] == self._digest()

    def mark_seen(self) -> None:
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen"] = self._digest()  # type: ignore[index]

    def _digest(self) -> str:
        """Return a digest of what the customers get, to compare with ``seen``."""
        return sha256(repr(self._answer()).encode()).hexdigest()

    def _answer(self) -> MacroActs:
        data = self.cleaned_data
        return MacroActs(
            kind=MessageKind.REPLY,
            body_es=data["body_es"],
            body_en=data["body_en"],
            step=data["step"],
            solution_type=data["solution_type"],
            minutes=data["minutes"],
        )


_ANSWER = ("body_es", "body_en", "step", "solution_type", "minutes", "seen")
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
    macro: Macro | None = None
    is_answer: bool = False

    @property
    def tells(self) -> bool:
        """Whether customers are told."""
        by_macro = self.macro is not None and (
            self.macro.kind == MessageKind.REPLY or bool(self.macro.step)
        )
        return self.step is not None or self.is_answer or by_macro

    @property
    def is_undoable(self) -> bool:
        return not self.tells and self.macro is None

    def act(self, given: dict[str, Any]) -> TicketAct:
        """Return the act with what was given for all tickets."""
        if self.step is not None:
            return Stepping(self.step.name, TransitionDetails(**given))
        if self.macro is not None:
            return Running(self.macro)
        if self.is_answer:
            return Answering(given["acts"])
        if self.impact is not None and self.urgency is not None:
            return Classifying(self.impact, self.urgency, given["reason"])
        return Assigning(self.assignee)


def read_act(posted: Any, reader: User) -> Asked:
    """Read the act of a posted form. Raises ``Invalid`` when none was chosen."""
    act = posted.get("act", "")
    if act == "answer":
        return Asked(_("Answer all of them"), _ANSWER, {"act": act}, is_answer=True)
    if act == "macro":
        return _read_macro(posted.get("macro", ""), reader)
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


def _read_macro(chosen: str, reader: User) -> Asked:
    macro = next((each for each in macros_for(reader) if str(each.pk) == chosen), None)
    if macro is None:
        raise Invalid(_("Choose a macro."))
    words = _("Run the macro “%(macro)s”") % {"macro": macro}
    values = {"act": "macro", "macro": chosen, "digest": _digest_of(macro)}
    return Asked(words, (), values, macro=macro)


def _digest_of(macro: Macro) -> str:
    """Return a digest of what a macro does: it may be changed after it was shown."""
    does = [getattr(macro, each.name) for each in fields(MacroActs)]
    return sha256(repr(does).encode()).hexdigest()


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
            "acts": MacroActs(kind=MessageKind.REPLY, body_es="—", minutes=1),
        }
        if asked.step is not None and asked.step.causes:
            stand_in |= {"cause": asked.step.causes[0], "asked_channel": ASSISTED_CHANNELS[0]}
        if typed:
            return typed
        if asked.is_answer:
            return {"acts": stand_in["acts"]}
        return {name: stand_in[name] for name in stand_in if name in (*needed, "asked_channel")}

    return given
