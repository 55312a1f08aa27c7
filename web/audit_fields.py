"""The fields of a request for an external audit, which the portal asks a customer and the desk
writes for one.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.models import VisitPlace
from audits.models.fields import LONGEST_LINE
from audits.queries import requestable_services
from audits.reading import TypedAudit, read_form, read_typed
from audits.services import NewVisit
from audits.workbook import FIELDS, MAX_TEXT, make_form
from catalog.models import Service
from foundation.accounts.models import Organization
from foundation.core.classification import Environment
from foundation.core.errors import DomainError
from foundation.core.texts import is_blank
from foundation.documents.checking import CheckedFile
from foundation.documents.tables import XLSX_TYPE
from web.forms import FilesField, TextField
from web.language import current_language

TYPED = "typed"
FILE = "file"
_TYPED_FIELDS = tuple(field.name for field in FIELDS)
_ITEMS = "items_"


class AuditFields(forms.Form):
    """A request, typed here or as the filled workbook. ``services`` are those that may be audited;
    ``notices`` are the business days of notice for a visit that the contracts in force ask for.

    Every wrong field of a typed request is found by ``clean``; the workbook is read by the service.
    """

    how = forms.ChoiceField(
        label=gettext_lazy("How you make the request"),
        choices=(
            (TYPED, gettext_lazy("Write it here")),
            (FILE, gettext_lazy("Attach the filled form (XLSX)")),
        ),
        widget=forms.RadioSelect,
        initial=TYPED,
    )
    form = FilesField(
        label=gettext_lazy("Filled request form (XLSX)"),
        help_text=gettext_lazy("The form of this page, as it was downloaded."),
    )
    auditor_company = forms.CharField(
        label=gettext_lazy("Auditing company"), required=False, max_length=LONGEST_LINE
    )
    auditor_name = forms.CharField(
        label=gettext_lazy("Auditor"), required=False, max_length=LONGEST_LINE
    )
    auditor_email = forms.EmailField(label=gettext_lazy("Auditor's e-mail"), required=False)
    purpose = TextField(
        label=gettext_lazy("Purpose of the audit"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    period_from = forms.DateField(
        label=gettext_lazy("Period from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    period_to = forms.DateField(
        label=gettext_lazy("Period to"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"),
        required=False,
        choices=Environment.choices,
        initial=Environment.PRODUCTION,
        help_text=gettext_lazy("Production; another one has to be evaluated and approved."),
    )
    checklist = FilesField(
        label=gettext_lazy("The auditor's checklist"), help_text=gettext_lazy("If there is one.")
    )
    visit_on = forms.DateField(
        label=gettext_lazy("Day of a site visit"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    visit_place = forms.ChoiceField(
        label=gettext_lazy("Place of the visit"),
        required=False,
        choices=[("", "—"), *VisitPlace.choices],
    )
    visitors = TextField(
        label=gettext_lazy("Visitors"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *args: Any, services: Sequence[Service], notices: set[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.services = services
        fields: Any = self.fields
        for name in ("form", *_TYPED_FIELDS):
            # What is chosen in ``how`` decides whether it is required: do not label it optional.
            fields[name].is_conditional = name != "auditor_email"
        fields["form"].widget.attrs["accept"] = ".xlsx"
        fields["visit_on"].help_text = _notice_words(notices)
        for number, service in enumerate(services):
            fields[f"{_ITEMS}{service.pk}"] = TextField(
                label=_("What is requested of %(service)s") % {"service": service.name},
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=""
                if number
                else _("One item per line, of each service that is audited."),
            )
            fields[f"{_ITEMS}{service.pk}"].is_conditional = True
        names = list(fields)
        items = [name for name in names if name.startswith(_ITEMS)]
        others = [name for name in names if name not in items]
        place = others.index("checklist")
        self.order_fields([*others[:place], *items, *others[place:]])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        attached = len(self["form"].data or ())
        if data.get("how") == FILE and attached != 1:
            self.add_error("form", _("Attach the filled form: one file."))
        elif data.get("how") == TYPED and attached:
            words = _("You attached a form but chose to write here: choose one of the two.")
            self.add_error("how", words)
        elif data.get("how") == TYPED and self.services:
            try:
                read_typed(self.typed(), self.services, at=timezone.now())
            except DomainError as error:
                self.put(error)
        if data.get("visit_on"):
            for name in ("visit_place", "visitors"):
                if not data.get(name):
                    self.add_error(name, _("This is needed for the visit."))
        elif data.get("visit_place") or data.get("visitors"):
            self.add_error("visit_on", _("Say on which day."))
        return data

    def typed(self) -> TypedAudit:
        data = self.cleaned_data
        return TypedAudit(
            values={name: data.get(name) for name in _TYPED_FIELDS},
            items=[
                (service, line)
                for service in self.services
                for line in data.get(f"{_ITEMS}{service.pk}", "").splitlines()
                if not is_blank(line)
            ],
        )

    def request(self, files: Sequence[CheckedFile]) -> CheckedFile | TypedAudit:
        """Return what the service takes: the workbook of ``files``, or what was typed."""
        return files[0] if self.cleaned_data["how"] == FILE and files else self.typed()

    def visit(self) -> NewVisit | None:
        data = self.cleaned_data
        if not data.get("visit_on"):
            return None
        return NewVisit(VisitPlace(data["visit_place"]), data["visit_on"], data["visitors"])

    def wrong_cells(self, files: Sequence[CheckedFile]) -> dict[str, str]:
        """Report the wrong cells of the workbook beside the wrong fields of a refused form."""
        try:
            if self.cleaned_data.get("how") == FILE and files:
                read_form(files[0].stream, self.services, at=timezone.now())
        except DomainError as error:
            return self.put(error)
        return {}

    def put(self, error: DomainError) -> dict[str, str]:
        """Put a refusal on the fields. Return cell (such as ``Request!C9``) -> message of a refused
        workbook, whose field refers to their list.
        """
        cells = {name: str(words) for name, words in error.fields.items() if "!" in name}
        if cells:
            self.add_error("form", _("Correct the cells listed above, and choose the file again."))
            return cells
        shown = False
        for name, words in error.fields.items():
            place = self._field_of(name)
            if place is not None and place not in self.errors:  # a wrong date is not missing too
                self.add_error(place, str(words))
            shown = shown or place is not None
        if not shown:
            self.add_error(None, str(error.message))
        return {}

    def _field_of(self, name: str) -> str | None:
        """Return the field that shows the words for ``name``, or None for those above the form."""
        if name == "items" or (name.startswith(_ITEMS) and name not in self.fields):
            return next((each for each in self.fields if each.startswith(_ITEMS)), None)
        is_hidden = name == "form" and self.cleaned_data.get("how") == TYPED
        return None if is_hidden or name not in self.fields else name


def empty_workbook(organization: Organization) -> HttpResponse:
    """Return the empty request form with the services that the organization has contracted, in the
    reader's language.
    """
    services = requestable_services(organization, timezone.now())
    content = make_form(services, language=current_language())
    response = HttpResponse(content, content_type=XLSX_TYPE)
    name = f"{organization.slug}-audit-request.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _notice_words(notices: set[int]) -> str:
    if not notices:
        return ""
    words = (
        _("Announced later, a visit needs %(days)d business days.")
        if len(notices) == 1
        else _("Announced later, a visit needs up to %(days)d business days, by its contract.")
    )
    return str(words % {"days": max(notices)})
