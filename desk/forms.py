"""Forms of the desk. They translate; services decide."""

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract, Service
from foundation.accounts.models import (
    Membership,
    Organization,
    Team,
    User,
)
from foundation.accounts.queries import assignable_staff
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.hours import format_hours, parse_hours
from foundation.calendars.wording import days_of_week, words_of
from foundation.core.classification import (
    Channel,
    Environment,
    Impact,
    Kind,
    Priority,
    SupportType,
    Urgency,
)
from sla.metrics import Metric
from sla.simulation.drafts import Draft
from sla.targets import Target
from tickets.models import Ticket
from tickets.services import Classification, TransitionDetails
from tickets.states import ACTIVE, SolutionType, State
from web.durations import format_promise, parse_promise
from web.forms import FilesField


class Say(TextChoices):
    REPLY = "reply", _("Reply")
    STATEMENT = "statement", _("Attention statement")
    NOTE = "note", _("Internal note")


class SayForm(forms.Form):
    """What the composer sends: a reply, an attention statement or an internal note."""

    kind = forms.ChoiceField(
        choices=Say.choices, initial=Say.REPLY, widget=forms.RadioSelect, label=_("Send as")
    )
    body = forms.CharField(label=_("Message"), widget=forms.Textarea(attrs={"rows": 5}))
    estimated_at = forms.DateTimeField(
        label=_("Expected time of attention"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("For an attention statement, in the customer's time zone."),
    )
    attachments = FilesField()
    last_message = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == Say.STATEMENT and not data.get("estimated_at"):
            self.add_error(
                "estimated_at", _("An attention statement says when: choose a date and a time.")
            )
        return data


class VersionedForm(forms.Form):
    """A form that changes fields of a ticket carries the version its reader saw.

    Several stand on one page: the ids of each begin with its own word, so that a label leads to its
    own field.
    """

    word = "form"
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{self.word}_%s")
        super().__init__(*args, **kwargs)


class SeenForm(VersionedForm):
    """A form whose consequences are shown before it is saved; other values than those ``seen`` are
    shown again.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def values(self) -> str:
        """Return what was chosen as one word, to compare with what was ``seen``."""
        raise NotImplementedError

    def is_seen(self) -> bool:
        return bool(self.cleaned_data["seen"] == self.values())

    def mark_seen(self) -> None:
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen"] = self.values()  # type: ignore[index]


class ClassifyForm(SeenForm):
    word = "classify"
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=_("Service"), queryset=None
    )
    impact = forms.ChoiceField(label=_("Impact"), choices=Impact.choices)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    reason = forms.CharField(
        label=_("Why?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Needed to change what the desk has classified before. It stays with the ticket as "
            "an internal note."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        # "Optional" beside it would be untrue.
        fields["reason"].is_conditional = True
        fields["service"].queryset = Service.objects.filter(is_active=True).order_by(
            "position", "pk"
        )

    @classmethod
    def of(cls, ticket: Ticket) -> "ClassifyForm":
        names = ("kind", "impact", "urgency", "environment", "version")
        return cls(
            initial={
                **{name: getattr(ticket, name) for name in names},
                "service": ticket.service_id,
            }
        )

    def values(self) -> str:
        data = self.cleaned_data
        return "-".join(
            [
                data["kind"],
                str(data["service"].pk),
                data["impact"],
                data["urgency"],
                data["environment"],
            ]
        )

    def classification(self) -> Classification:
        data = self.cleaned_data
        return Classification(
            impact=Impact(data["impact"]),
            urgency=Urgency(data["urgency"]),
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
        label=_("It was wrong from the start"),
        required=False,
        help_text=_(
            "Measures the live clocks anew from the arrival. Otherwise the time used is kept and "
            "the rest runs under the new contract."
        ),
    )
    reason = forms.CharField(label=_("Why?"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        others = Contract.objects.filter(organization_id=ticket.organization_id).exclude(
            pk=ticket.contract_id
        )
        fields["contract"].queryset = others.order_by("-starts_on", "pk")

    def values(self) -> str:
        return f"{self.cleaned_data['contract'].pk}-{self.cleaned_data['from_start']}"


class AssignForm(VersionedForm):
    word = "attend"
    assignee = forms.TypedChoiceField(
        label=_("Assignee"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.people = {person.pk: person for person in assignable_staff()}
        fields["assignee"].choices = [
            ("", _("Nobody")),
            *((pk, str(user)) for pk, user in self.people.items()),
        ]

    def person(self) -> User | None:
        """Return the chosen person, or None for nobody."""
        chosen = self.cleaned_data["assignee"]
        return self.people[chosen] if chosen is not None else None


class StepForm(VersionedForm):
    """Details of a transition; which of them are shown and needed is in the table."""

    reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    message = forms.CharField(
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
    attachments = FilesField()

    def __init__(self, *args: Any, needs: tuple[str, ...] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["team"].queryset = Team.objects.filter(level__gte=2).order_by("level", "name", "pk")
        if needs is not None:
            kept = {*needs, "version", *(("attachments",) if "message" in needs else ())}
            self.fields = {name: field for name, field in self.fields.items() if name in kept}
            for name in needs:
                fields[name].widget.attrs["required"] = True

    def details(self, files: Any = ()) -> TransitionDetails:
        data = self.cleaned_data
        return TransitionDetails(
            reason=data.get("reason", ""),
            message=data.get("message", ""),
            team=data.get("team"),
            supplier=data.get("supplier", ""),
            supplier_case=data.get("supplier_case", ""),
            promised_on=data.get("promised_on"),
            solution_type=data.get("solution_type", ""),
            files=files,
        )


class RegisterForm(forms.Form):
    """Assisted registration: an agent raises a ticket for a customer who called, wrote
    or came by.
    """

    CHANNELS = (Channel.PHONE, Channel.EMAIL, Channel.CHAT, Channel.WHATSAPP)

    membership: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label=_("Requester"), queryset=None
    )
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[(channel, channel.label) for channel in CHANNELS]
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=_("Service"), queryset=None
    )
    subject = forms.CharField(label=_("Subject"), max_length=200)
    description = forms.CharField(label=_("Description"), widget=forms.Textarea(attrs={"rows": 5}))
    impact = forms.ChoiceField(label=_("Impact"), choices=Impact.choices, initial=Impact.MINOR)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices, initial=Urgency.MEDIUM)
    attachments = FilesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        members = Membership.objects.filter(
            is_suspended=False, user__is_active=True
        ).select_related("user", "organization")
        membership = fields["membership"]
        membership.queryset = members.order_by("organization__name", "user__full_name", "pk")
        membership.label_from_instance = lambda m: f"{m.user} · {m.organization}"
        fields["service"].queryset = Service.objects.filter(is_active=True).order_by(
            "position", "pk"
        )


class QueueFilterForm(forms.Form):
    q = forms.CharField(label=_("Number or subject"), required=False)
    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        label=_("Customer"),
        queryset=None,
        required=False,
        to_field_name="slug",
        empty_label=_("All customers"),
    )
    priority = forms.ChoiceField(label=_("Priority"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["organization"].queryset = Organization.objects.order_by("name", "pk")
        fields["priority"].choices = [("", _("Any priority")), *Priority.choices]
        fields["state"].choices = [
            ("", _("Any state")),
            *((s, s.label) for s in State if s in ACTIVE),
        ]


class DeescalateForm(forms.Form):
    """Why an escalation is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


TARGET_COLUMNS: tuple[tuple[Metric, str, str | Promise], ...] = (
    (Metric.REACTION, "", Metric.REACTION.label),
    *(
        (Metric.ATTENTION, str(kind), format_lazy("{} · {}", Metric.ATTENTION.label, kind.label))
        for kind in SupportType
    ),
    (Metric.RESOLUTION, "", Metric.RESOLUTION.label),
)
AS_IN_FORCE = ("", _("As in force"))
_PRIORITIES = [AS_IN_FORCE, *((priority.code, priority.label) for priority in Priority)]
_YES_NO = [AS_IN_FORCE, ("yes", _("Yes")), ("no", _("No"))]


class PromiseField(forms.CharField):
    """A target as people write it; empty stays as in force."""

    def clean(self, value: Any) -> Target | None:
        text = str(super().clean(value) or "")
        if not text:
            return None
        try:
            return parse_promise(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write 40 min, 3 h, 1 h 30 min or 5 d, and at least one minute.")
            ) from error


class HoursField(forms.CharField):
    """The hours of a week, line by line; empty stays as in force."""

    widget = forms.Textarea(attrs={"rows": 4, "placeholder": "lun-vie 09:00-19:00"})

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        try:
            return parse_hours(text) if text.strip() else None
        except CalendarError as error:
            raise forms.ValidationError(words_of(error)) from error


class SimulationForm(forms.Form):
    """Other terms to be tried: whatever stays empty is as it was in force for each ticket."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("So that others know what was tried."),
    )
    organizations: Any = forms.ModelMultipleChoiceField(
        None, label=_("Customers"), widget=forms.CheckboxSelectMultiple
    )
    first_month = forms.CharField(
        label=_("From the month"), widget=forms.TextInput(attrs={"type": "month"})
    )
    last_month = forms.CharField(
        label=_("To the month"), widget=forms.TextInput(attrs={"type": "month"})
    )
    pauses_user = forms.ChoiceField(
        label=_("Attention pauses while pending user"), choices=_YES_NO, required=False
    )
    pauses_supplier = forms.ChoiceField(
        label=_("Attention pauses while pending supplier"), choices=_YES_NO, required=False
    )
    hours_business = HoursField(label=_("Business hours"), required=False)
    hours_extended = HoursField(label=_("Extended hours"), required=False)
    without_holidays = forms.BooleanField(label=_("Without holidays"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        organizations: Any = fields["organizations"]
        organizations.queryset = Organization.objects.order_by("name", "pk")
        for metric, support_type, label in TARGET_COLUMNS:
            for priority in Priority:
                field = PromiseField(
                    label=format_lazy("{} · {}", label, priority.label),
                    required=False,
                    max_length=20,
                )
                field.widget.attrs |= {"size": 8, "aria-label": field.label}
                fields[_target_name(metric, support_type, priority)] = field
        for urgency in Urgency:
            for impact in Impact:
                words = format_lazy("{} × {}", urgency.label, impact.label)
                cell = forms.ChoiceField(choices=_PRIORITIES, required=False, label=words)
                cell.widget.attrs["aria-label"] = words
                fields[f"cell_{urgency}_{impact}"] = cell

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "organizations", "first_month", "last_month")]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        names = (
            "pauses_user",
            "pauses_supplier",
            "hours_business",
            "hours_extended",
            "without_holidays",
        )
        return [self[name] for name in names]

    @property
    def target_columns(self) -> list[str | Promise]:
        return [label for _metric, _support_type, label in TARGET_COLUMNS]

    @property
    def target_rows(self) -> list[tuple[Priority, list[forms.BoundField]]]:
        return [
            (
                priority,
                [
                    self[_target_name(metric, support_type, priority)]
                    for metric, support_type, _label in TARGET_COLUMNS
                ],
            )
            for priority in Priority
        ]

    @property
    def matrix_rows(self) -> list[tuple[Urgency, list[forms.BoundField]]]:
        return [
            (urgency, [self[f"cell_{urgency}_{impact}"] for impact in Impact])
            for urgency in Urgency
        ]

    @property
    def impacts(self) -> list[Impact]:
        return list(Impact)

    def draft(self) -> Draft:
        """Return what was typed."""
        data = self.cleaned_data
        named = [
            (m, s, p, data.get(_target_name(m, s, p)))
            for m, s, _label in TARGET_COLUMNS
            for p in Priority
        ]
        cells = {
            (u, i): code for u in Urgency for i in Impact if (code := data.get(f"cell_{u}_{i}"))
        }
        hours = {
            CalendarRole.BUSINESS: data.get("hours_business"),
            CalendarRole.EXTENDED: data.get("hours_extended"),
        }
        return Draft(
            targets={
                (metric, support_type, priority): target
                for metric, support_type, priority, target in named
                if target is not None
            },
            pauses_while_pending_user=_flag(data["pauses_user"]),
            pauses_while_pending_supplier=_flag(data["pauses_supplier"]),
            matrix={cell: Priority[code.upper()] for cell, code in cells.items()} or None,
            hours={role: value for role, value in hours.items() if value},
            without_holidays=data["without_holidays"],
        )


def initial_of(draft: Draft) -> dict[str, Any]:
    """Return the draft as the form's first values."""
    values: dict[str, Any] = {}
    for metric, support_type, _label in TARGET_COLUMNS:
        for priority in Priority:
            kinds = [support_type] if support_type else SupportType.values
            every = draft.targets.get((metric, "", priority))
            found = {draft.targets.get((metric, kind, priority), every) for kind in kinds}
            target = (
                found.pop() if len(found) == 1 else None
            )  # one field for several targets stays empty: as in force
            values[_target_name(metric, support_type, priority)] = (
                format_promise(target) if target is not None else ""
            )
    values |= {
        f"cell_{urgency}_{impact}": priority.code
        for (urgency, impact), priority in (draft.matrix or {}).items()
    }
    values |= {
        f"hours_{role}": format_hours(dict(hours), days_of_week())
        for role, hours in draft.hours.items()
    }
    words = {True: "yes", False: "no", None: ""}
    values["pauses_user"] = words[draft.pauses_while_pending_user]
    values["pauses_supplier"] = words[draft.pauses_while_pending_supplier]
    values["without_holidays"] = draft.without_holidays
    return values


def _target_name(metric: Metric, support_type: str, priority: Priority) -> str:
    return f"target_{metric}_{support_type or 'every'}_{priority.code}"


def _flag(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


class PutInForceForm(forms.Form):
    """For which contract, and from when on, a simulated draft becomes what is promised."""

    contract: Any = forms.ModelChoiceField(None, label=_("Contract"))
    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the customer's time zone. Empty: at once."),
    )

    def __init__(self, *args: Any, organization_ids: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        contracts = Contract.objects.filter(organization_id__in=organization_ids).order_by(
            "organization_id", "-starts_on"
        )
        fields["contract"].queryset = contracts
