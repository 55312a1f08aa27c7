"""The forms of the desk's audit page: one for each act."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audits.models import EvidenceClass
from audits.permissions import Act
from foundation.accounts.models import User
from web.forms import FilesField, TextField


class NothingForm(forms.Form):
    """A form without fields: it renders as a button."""


class ReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5000)


class EvaluateForm(ReasonForm):
    approves = forms.ChoiceField(
        label=_("Decision"),
        choices=(("yes", _("Approve")), ("no", _("Decline"))),
        widget=forms.RadioSelect,
        initial="yes",
    )
    field_order = ("approves", "reason")


class PrepareForm(forms.Form):
    classification = forms.ChoiceField(
        label=_("Classification"),
        choices=EvidenceClass.choices,
        initial=EvidenceClass.INTERNAL,
    )
    file = FilesField(
        label=_("File"),
        help_text=_(
            "Converted to PDF. The file of confidential evidence or of a policy is not delivered."
        ),
    )
    redacted = FilesField(
        label=_("Partial picture"),
        help_text=_("For confidential evidence: the picture with the rest made unreadable."),
    )
    summary = TextField(
        label=_("Summary"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        help_text=_("For a policy, process or procedure: what is delivered in its place."),
    )
    as_editable = forms.BooleanField(
        label=_("Deliver the editable file (needs a waiver)"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("file", "redacted", "summary"):
            # The classification decides whether it is required: do not label it optional.
            self.fields[name].is_conditional = True  # type: ignore[attr-defined]


class ItemPlanForm(forms.Form):
    """``people`` are those who may prepare evidence for the customer; the page offers their
    addresses once, for all of its items.
    """

    preparer = forms.CharField(
        label=_("Preparer's e-mail"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"list": "preparers", "autocomplete": "off"}),
    )
    prepare_by = forms.DateField(
        label=_("Due on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people

    def clean_preparer(self) -> User | None:
        address = self.cleaned_data["preparer"].strip().lower()
        if not address:
            return None
        for person in self.people:
            if person.email.lower() == address:
                return person
        raise forms.ValidationError(gettext("Choose one of the addresses that are offered."))


class WaiveForm(ReasonForm):
    agreed_by = forms.CharField(label=_("Who agreed on the customer's side"), max_length=120)


class DelayForm(ReasonForm):
    new_date = forms.DateField(label=_("New date"), widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("new_date", "reason")


class MoveForm(forms.Form):
    starts_at = forms.DateTimeField(
        label=_("Begins"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the customer's time zone."),
    )
    minutes = forms.IntegerField(label=_("Minutes"), initial=60, min_value=1, max_value=1440)
    place = forms.CharField(label=_("Place or link"), max_length=300)


class ConferenceForm(MoveForm):
    """``invitable`` are (address, who it is)."""

    people = forms.MultipleChoiceField(
        label=_("Who is invited"), required=False, widget=forms.CheckboxSelectMultiple
    )
    attendees = forms.CharField(
        label=_("Others"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One e-mail per line."),
    )

    def __init__(self, *args: Any, invitable: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["people"].choices = invitable

    def everybody(self) -> list[str]:
        data = self.cleaned_data
        return [*data["people"], *data["attendees"].splitlines()]


class AnswerVisitForm(forms.Form):
    authorizes = forms.ChoiceField(
        label=_("Decision"),
        choices=(("yes", _("Authorize")), ("no", _("Do not authorize"))),
        widget=forms.RadioSelect,
        initial="yes",
    )
    answer = TextField(
        label=_("What the customer reads"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
    )


# Act -> its form and the label of its button.
FORMS: dict[str, tuple[type[forms.Form], str | Promise]] = {
    Act.EVALUATE: (EvaluateForm, _("Evaluate the environment")),
    Act.PLAN_ITEM: (ItemPlanForm, _("Assign a preparer")),
    Act.PREPARE: (PrepareForm, _("Prepare evidence")),
    Act.APPROVE: (NothingForm, _("Approve")),
    Act.REFUSE: (ReasonForm, _("Send back")),
    Act.DELIVER: (NothingForm, _("Deliver")),
    Act.SET_ASIDE: (ReasonForm, _("Answer without evidence")),
    Act.WAIVE: (WaiveForm, _("Record a waiver")),
    Act.COMPLETE: (NothingForm, _("Complete the delivery again")),
    Act.SEND_DELAY_NOTICE: (DelayForm, _("Send the delay notice")),
    Act.SCHEDULE: (ConferenceForm, _("Schedule a conference")),
    Act.MOVE_CONFERENCE: (MoveForm, _("Move the conference")),
    Act.CANCEL_CONFERENCE: (NothingForm, _("Cancel the conference")),
    Act.ANSWER_VISIT: (AnswerVisitForm, _("Answer the visit")),
    Act.STOP: (ReasonForm, _("Stop: request to manipulate information")),
    Act.RESUME: (ReasonForm, _("Resume")),
    Act.RELEASE: (ReasonForm, _("Let them send files again")),
}


# Act -> what the page says once it is done.
DONE: dict[str, str | Promise] = {
    Act.EVALUATE: _("The environment is evaluated, and the customer was told."),
    Act.PLAN_ITEM: _("The item is planned."),
    Act.PREPARE: _("The evidence is prepared: BPO approves it once it is a PDF."),
    Act.APPROVE: _("The evidence is approved. It leaves once it is delivered."),
    Act.REFUSE: _("The evidence was sent back to its preparer."),
    Act.DELIVER: _("The evidence was delivered to the customer."),
    Act.SET_ASIDE: _("The item is answered without evidence."),
    Act.WAIVE: _("The waiver is recorded: editable files of this item may be delivered."),
    Act.COMPLETE: _("The delivery is complete."),
    Act.SEND_DELAY_NOTICE: _("The customer was told of the delay."),
    Act.SCHEDULE: _("The conference is scheduled, and the invitations are on their way."),
    Act.MOVE_CONFERENCE: _("The conference was moved, and everybody invited is told."),
    Act.CANCEL_CONFERENCE: _("The conference was cancelled, and everybody invited is told."),
    Act.ANSWER_VISIT: _("The visit is answered, and the customer was told."),
    Act.STOP: _("The audit is stopped."),
    Act.RESUME: _("The audit goes on."),
    Act.RELEASE: _("They may send files to this customer again."),
}


def form_of(act: str, target: int, data: Any = None, files: Any = None, **given: Any) -> forms.Form:
    """Return the form of an act. ``target`` is the number or id of the item, evidence, visit or
    conference; 0 for the audit itself. ``given`` is what the form of this act takes besides.
    """
    return FORMS[act][0](data, files, auto_id=f"{act}_{target}_%s", **given)
