"""The fields of a template of the catalogue, in the forms that raise a ticket."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import FieldType, RequestTemplate, TemplateField
from foundation.accounts.models import Membership, Organization, User
from foundation.accounts.queries import membership_of
from web.forms import FilesField, WatchedTextField


class TemplateFields(forms.Form):
    """A form with the fields of a template, which ``ask_for`` adds; without that it has none."""

    extra: list[TemplateField]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extra = []

    def ask_for(self, template: RequestTemplate, members: QuerySet[Membership]) -> None:
        """Add the template's fields; a person is one of ``members``."""
        self.extra = list(template.fields.all())
        for row in self.extra:
            self.fields[name_of(row)] = _field_for(row, members)

    def check_people(self, organization: Organization) -> None:
        """Refuse a person who is no member of the organization."""
        for row in self.extra:
            person = self.cleaned_data.get(name_of(row))
            if isinstance(person, User) and membership_of(person.pk, organization.pk) is None:
                self.add_error(name_of(row), _("Choose a person of the same company."))

    def answers(self) -> list[dict[str, str]]:
        """Return ``{label_es, label_en, value}`` for each of the template's fields that has an
        answer. The ticket stores the labels with the values.
        """
        found = []
        for row in self.extra:
            value = self.cleaned_data.get(name_of(row))
            if row.type == FieldType.FILE or value in (None, ""):
                continue
            shown = value.isoformat() if isinstance(value, date) else str(value)
            found.append(
                {"label_es": row.label_es, "label_en": row.label_en or row.label_es, "value": shown}
            )
        return found

    def names_of_files(self) -> list[str]:
        """Return the names of the fields that take files, the form's own first."""
        return ["attachments", *(name_of(row) for row in self.extra if row.type == FieldType.FILE)]


def name_of(row: TemplateField) -> str:
    return f"field_{row.key}"


def _field_for(row: TemplateField, members: QuerySet[Membership]) -> forms.Field:
    common: dict[str, Any] = {"label": row.label, "required": row.is_required}
    if row.type == FieldType.LONG_TEXT:
        return WatchedTextField(widget=forms.Textarea(attrs={"rows": 3}), max_length=5000, **common)
    if row.type == FieldType.CHOICE:
        return forms.ChoiceField(choices=[("", "—"), *row.options], **common)
    if row.type == FieldType.DATE:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)
    if row.type == FieldType.PERSON:
        ids = members.filter(is_suspended=False).order_by().values("user_id")
        people = User.objects.filter(pk__in=ids, is_active=True)
        return forms.ModelChoiceField(people.order_by("full_name", "pk"), **common)
    if row.type == FieldType.FILE:
        return FilesField(**common)
    return forms.CharField(max_length=500, **common)
