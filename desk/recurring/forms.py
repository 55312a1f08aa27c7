"""The form of a recurring ticket."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import FieldType
from desk.recurring.rule_fields import RuleFields
from desk.tickets.request_fields import RequestFields
from foundation.accounts.models import Membership, User
from foundation.accounts.queries import assignable_staff
from tickets.models import Recurrence, Ticket
from tickets.models.recurrences import LONGEST_NAME
from tickets.recurrence import ClosedDays
from tickets.services import RecurrencePlan
from web.forms import TextField
from web.template_fields import name_of

_BESIDE = ("assignee", "tags", "tasks")


class RecurrenceForm(RuleFields, RequestFields):
    """What is raised, and when. ``version`` is that of the recurring ticket that is changed."""

    renewed_by = "admin:recurrence_form"
    renewed = "recurrence-fields"

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("For the desk; the customer reads the subject."),
    )
    assignee = forms.TypedChoiceField(
        label=gettext_lazy("Assignee"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("While they are away, their substitute gets it, or nobody."),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Separated by commas."),
    )
    tasks = TextField(
        label=gettext_lazy("Tasks, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.people: dict[int | None, User] = {each.pk: each for each in assignable_staff()}
        people = [(pk, str(person)) for pk, person in self.people.items()]
        fields["assignee"].choices = [("", _("Nobody")), *people]
        for row in self.extra:  # a file is of one ticket
            if row.type == FieldType.FILE:
                del self.fields[name_of(row)]
        for name in ("month_day", "nth", "nth_day", "until", "count"):
            fields[name].is_conditional = True

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if any(row.type == FieldType.FILE and row.is_required for row in self.extra):
            self.add_error("template", _("It asks for a file, so it cannot be raised by itself."))
        return data

    def plan(self) -> RecurrencePlan:
        """Return what a valid form says."""
        data = self.cleaned_data
        if self.made is None:
            raise ValueError("The form was not valid.")
        return RecurrencePlan(
            name=data["name"],
            request=self.request(),
            rule=self.made,
            starts_on=data["starts_on"],
            at_time=data["at_time"],
            closed_days=ClosedDays(data["closed_days"]),
            assignee=self.people.get(data["assignee"]),
            tags=data["tags"],
            tasks=data["tasks"],
        )

    @property
    def request_fields(self) -> list[forms.BoundField]:
        """The fields of the ticket."""
        apart = {*RuleFields.base_fields, *_BESIDE, "version", "name"}
        return [self[name] for name in self.fields if name not in apart]

    @property
    def fields_beside(self) -> list[forms.BoundField]:
        """The fields of what comes with the ticket."""
        return [self[name] for name in _BESIDE]


def values_of(recurrence: Recurrence) -> dict[str, Any]:
    """Return the initial values of the form of a recurring ticket."""
    names = (
        *("version", "name", "membership", "kind", "service", "subject", "description"),
        *("impact", "urgency", "tags", "tasks", "starts_on", "at_time", "closed_days"),
    )
    template = recurrence.template
    return {
        **{name: getattr(recurrence, name) for name in names},
        "assignee": recurrence.assignee_id,
        "template": template.slug if template is not None else None,
        **_answers(recurrence),
        **RuleFields.values_of(recurrence.parsed_rule, recurrence.starts_on),
    }


def values_from(ticket: Ticket, membership_id: int | None) -> dict[str, Any]:
    """Return the initial values of one that repeats a ticket."""
    names = ("kind", "service", "subject", "description", "impact", "urgency")
    return {
        **{name: getattr(ticket, name) for name in names},
        "name": ticket.subject[:LONGEST_NAME],
        "membership": membership_id,
        "assignee": ticket.assignee_id,
    }


def _answers(recurrence: Recurrence) -> dict[str, Any]:
    """Return the answers to the fields of the template, as the form takes them."""
    given = {answer["label_es"]: answer["value"] for answer in recurrence.answers}
    values: dict[str, Any] = {}
    for row in recurrence.template.fields.all() if recurrence.template is not None else ():
        value = given.get(row.label_es)
        if value is not None and row.type == FieldType.PERSON:
            members = Membership.objects.filter(organization=recurrence.organization_id)
            people = [each.user for each in members.select_related("user").order_by("pk")]
            value = next((str(each.pk) for each in people if str(each) == value), None)
        values[name_of(row)] = value
    return values
