"""Forms of the desk: they parse input, the services apply the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract, Service, TimeAsked
from catalog.queries import active_services
from desk.cause_fields import ASSISTED, CauseFields, fields_of
from desk.queue.people import people_with_load
from desk.tickets.composer import Say, SayForm, spent_of
from foundation.accounts.models import (
    Team,
    User,
)
from foundation.core.classification import (
    Environment,
    Impact,
    Kind,
    Matrix,
    Priority,
    Urgency,
)
from tickets.endings import EndCause
from tickets.models import Activity, Ticket
from tickets.permissions import accepters
from tickets.services import Classification, TransitionDetails, time_asked
from tickets.states import SolutionType, Transition
from web.forms import FilesField, MinutesField, TextField

FROM_START_WORDS = _(
    "Measures the live clocks anew from the arrival. Otherwise the time used is kept and the rest "
    "runs under the new terms."
)


class VersionedForm(forms.Form):
    """A form that changes a ticket; it carries the version that the reader saw.

    One page has several of them: ``word`` prefixes the ids of each, so that a label matches its own
    field.
    """

    word = "form"
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{self.word}_%s")
        super().__init__(*args, **kwargs)


class TagForm(forms.Form):
    """``tags`` are one or more, parted by commas."""

    tags = forms.CharField(
        label=_("Add a tag"),
        max_length=500,
        widget=forms.TextInput(
            attrs={"list": "known-tags", "autocomplete": "off", "placeholder": _("Add a tag")}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "tag_%s")
        super().__init__(*args, **kwargs)


class SeenForm(VersionedForm):
    """A form whose consequences are shown before it is saved; values that differ from ``seen`` are
    shown again.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def values(self) -> str:
        """Return the chosen values as one string, to compare with ``seen``."""
        raise NotImplementedError

    def is_seen(self) -> bool:
        return bool(self.cleaned_data["seen"] == self.values())

    def mark_seen(self) -> None:
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen"] = self.values()  # type: ignore[index]


@dataclass(frozen=True)
class Cell:
    """One choice of impact and urgency, with the priority that it gives."""

    impact: Impact
    urgency: Urgency
    priority: Priority | None = None

    @property
    def value(self) -> str:
        return f"{self.impact}:{self.urgency}"

    @property
    def label(self) -> str:
        return f"{self.impact.label} · {self.urgency.label}"


def grid_of(matrix: Matrix) -> list[tuple[Urgency, list[Cell]]]:
    """Return the cells of the classification by urgency, each with its priority."""
    return [
        (urgency, [Cell(impact, urgency, matrix[urgency, impact]) for impact in Impact])
        for urgency in Urgency
    ]


CELLS = [Cell(impact, urgency) for urgency in Urgency for impact in Impact]


class ClassifyForm(SeenForm):
    """``grid`` is one cell of impact and urgency, ``<impact>:<urgency>``. ``from_start`` is shown
    to those who may apply it.
    """

    word = "classify"
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=_("Service"), queryset=None
    )
    grid = forms.ChoiceField(
        label=_("Impact and urgency"), choices=[(cell.value, cell.label) for cell in CELLS]
    )
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    from_start = forms.BooleanField(
        label=_("It was wrong from the start"), required=False, help_text=FROM_START_WORDS
    )
    reason = TextField(
        label=_("Why?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Needed to change what the desk has classified before, or to put the ticket out of "
            "contract. It stays with the ticket as an internal note."
        ),
    )

    def __init__(self, *args: Any, can_restart: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_restart:
            del self.fields["from_start"]
        fields: Any = self.fields
        # Required in some cases: do not label it optional.
        fields["reason"].is_conditional = True
        fields["service"].queryset = active_services()

    @classmethod
    def of(cls, ticket: Ticket, *, can_restart: bool) -> "ClassifyForm":
        names = ("kind", "environment", "version")
        return cls(
            can_restart=can_restart,
            initial={
                **{name: getattr(ticket, name) for name in names},
                "service": ticket.service_id,
                "grid": f"{ticket.impact}:{ticket.urgency}",
            },
        )

    def values(self) -> str:
        data = self.cleaned_data
        return "-".join(
            [
                data["kind"],
                str(data["service"].pk),
                data["grid"],
                data["environment"],
                *(["from the start"] if self.is_from_start else []),
            ]
        )

    @property
    def is_from_start(self) -> bool:
        return bool(self.cleaned_data.get("from_start"))

    def classification(self) -> Classification:
        data = self.cleaned_data
        impact, urgency = data["grid"].split(":")
        return Classification(
            impact=Impact(impact),
            urgency=Urgency(urgency),
            kind=Kind(data["kind"]),
            service=data["service"],
            environment=Environment(data["environment"]),
        )


class ContractForm(SeenForm):
    word = "contract"
    contract: "forms.ModelChoiceField[Contract]" = forms.ModelChoiceField(
        label=_("Contract"), queryset=None
    )
    from_start = forms.BooleanField(
        label=_("It was wrong from the start"), required=False, help_text=FROM_START_WORDS
    )
    reason = TextField(label=_("Why?"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        others = Contract.objects.filter(organization_id=ticket.organization_id).exclude(
            pk=ticket.binding_contract_id
        )
        fields["contract"].queryset = others.order_by("-starts_on", "pk")

    def values(self) -> str:
        return f"{self.cleaned_data['contract'].pk}-{self.cleaned_data['from_start']}"


class AssignForm(VersionedForm):
    word = "attend"
    assignee = forms.TypedChoiceField(
        label=_("Assignee"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, ticket: Ticket, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        people = people_with_load(at, ticket=ticket)
        self.people = {each.person.pk: each.person for each in people}
        fields["assignee"].choices = [
            ("", _("Nobody")),
            *((each.person.pk, each.words) for each in people),
        ]

    def person(self) -> User | None:
        """Return the chosen person, or None for nobody."""
        chosen = self.cleaned_data["assignee"]
        return self.people[chosen] if chosen is not None else None


def _asks_time(ticket: Ticket, needs: tuple[str, ...]) -> bool:
    """Tell whether the form of a step has a field for the time worked."""
    asked = time_asked(ticket)
    if asked is TimeAsked.WITH_REPLY:
        return bool({"message", "reason"} & {*needs})
    return asked is TimeAsked.WITH_SOLUTION and "solution_type" in needs


class StepForm(CauseFields, VersionedForm):
    """Details of a transition. ``needs`` of the transition selects the fields that are shown and
    required.
    """

    reason = TextField(label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    tried = TextField(
        label=_("What was tried"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    message = TextField(
        label=_("Message to the customer"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    solution_type = forms.ChoiceField(
        label=_("Solution type"), required=False, choices=[("", "—"), *SolutionType.choices]
    )
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=_("Group"), required=False, queryset=None
    )
    supplier = forms.CharField(label=_("Supplier"), required=False, max_length=120)
    supplier_case = forms.CharField(
        label=_("Supplier's case number"), required=False, max_length=80
    )
    promised_on = forms.DateField(
        label=_("Promised date"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    accepted_by = forms.TypedChoiceField(
        label=_("Accepted by"), required=False, coerce=int, empty_value=None
    )
    accepted_channel = forms.ChoiceField(
        label=_("Said through"), required=False, choices=[("", "—"), *ASSISTED]
    )
    minutes = MinutesField(
        label=_("Time worked"),
        required=False,
        help_text=_("45 min, 1:30 or 1 h 30 min; a number alone is minutes."),
    )
    activity = forms.ChoiceField(
        label=_("What was done"),
        required=False,
        choices=Activity.choices,
        initial=Activity.ANALYSIS,
    )
    attachments = FilesField()

    def __init__(
        self,
        *args: Any,
        ticket: Ticket,
        needs: tuple[str, ...] | None = None,
        causes: Sequence[EndCause] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.accepters: dict[int | None, User] = {}
        people = accepters(ticket) if causes or (needs and "accepted_by" in needs) else []
        self.offer_causes(causes, people, numbers_at="related-numbers")
        if needs is not None and "accepted_by" in needs:
            self.accepters = {each.pk: each for each in people}
            fields["accepted_by"].choices = [("", "—"), *((each.pk, str(each)) for each in people)]
        fields["team"].queryset = Team.objects.filter(level__gte=2).order_by("level", "name", "pk")
        if needs is not None:
            kept = {*needs, *fields_of(causes), "version"}
            kept |= {"attachments"} if "message" in needs else set()
            if _asks_time(ticket, needs):
                kept |= {"minutes", "activity"}
                for name in ("minutes", "activity"):
                    fields[name].is_conditional = True
            self.fields = {name: field for name, field in self.fields.items() if name in kept}
            for name in needs:
                fields[name].widget.attrs["required"] = True

    def details(self, reader: User, files: Any = ()) -> TransitionDetails:
        """Return what was filled in. Raises as ``cause_details``."""
        data = self.cleaned_data
        return TransitionDetails(
            **self.cause_details(reader),
            reason=data.get("reason", ""),
            tried=data.get("tried", ""),
            message=data.get("message", ""),
            team=data.get("team"),
            supplier=data.get("supplier", ""),
            supplier_case=data.get("supplier_case", ""),
            promised_on=data.get("promised_on"),
            solution_type=data.get("solution_type", ""),
            accepted_by=self.accepters.get(data["accepted_by"])
            if data.get("accepted_by")
            else None,
            accepted_channel=data.get("accepted_channel", ""),
            files=files,
            spent=spent_of(data),
        )

    @classmethod
    def of(cls, ticket: Ticket, step: Transition) -> "StepForm":
        """Return the empty form of a step."""
        return cls(
            initial={"version": ticket.version},
            ticket=ticket,
            needs=step.staff_needs,
            causes=step.causes,
            auto_id=f"{step.name}_%s",
        )

    def as_message(self, ticket: Ticket) -> SayForm | None:
        """Return the composer with what was typed for a step that is no longer possible: the
        message to the customer as a reply, a reason and what was tried as a note; None when none
        was typed.
        """
        data = self.cleaned_data
        message = data.get("message", "")
        noted = [data.get("reason", ""), data.get("tried", "")]
        text = message or "\n\n".join(filter(None, noted))
        if not text:
            return None
        initial = {"kind": Say.REPLY if message else Say.NOTE, "body": text}
        initial |= {name: self.data.get(name, "") for name in ("minutes", "activity")}
        return SayForm(initial=initial, ticket=ticket)


class DeescalateForm(forms.Form):
    """Why an escalation is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
