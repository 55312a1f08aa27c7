"""A new ticket from a template of the catalogue."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import FieldType, RequestTemplate, TemplateField
from foundation.accounts.models import Membership, Organization, User
from foundation.accounts.queries import membership_of
from foundation.core.classification import Impact, Urgency
from web.forms import FilesField, SubjectField, TicketTextField


class TicketForm(forms.Form):
    """A new ticket from a template; the template's fields come between subject and description."""

    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        queryset=None, label=_("Company")
    )
    subject = SubjectField(
        label=_("Subject"),
        max_length=200,
        min_length=3,
        error_messages={"min_length": _("Write at least 3 letters.")},
        help_text=_("A few words that say what happens."),
    )
    impact = forms.ChoiceField(label=_("Whom does it affect?"), choices=Impact.choices)
    urgency = forms.ChoiceField(
        label=_("How much does it hinder the work?"), choices=Urgency.choices
    )
    description = TicketTextField(
        label=_("Description"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What you did, what you expected, what happened, since when."),
    )
    attachments = FilesField()

    def __init__(
        self, *args: Any, template: RequestTemplate, memberships: list[Membership], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.template = template
        organizations = [membership.organization_id for membership in memberships]
        fields["organization"].queryset = Organization.objects.filter(
            pk__in=organizations
        ).order_by("name", "pk")
        if len(organizations) == 1:
            fields["organization"].widget = forms.HiddenInput()
            fields["organization"].initial = organizations[0]
        fields["impact"].initial = template.default_impact
        fields["urgency"].initial = template.default_urgency
        self.extra = list(template.fields.all())
        for row in self.extra:
            fields[f"field_{row.key}"] = _field_for(row, organizations)
        order = [
            "organization",
            "subject",
            *(f"field_{row.key}" for row in self.extra),
            "description",
            "impact",
            "urgency",
            "attachments",
        ]
        self.order_fields(order)

    def clean(self) -> dict[str, Any]:
        """Refuse a person field whose person is no member of the chosen organization."""
        data: dict[str, Any] = super().clean() or {}
        organization = data.get("organization")
        for row in self.extra:
            person = data.get(f"field_{row.key}")
            if (
                isinstance(person, User)
                and organization is not None
                and membership_of(person.pk, organization.pk) is None
            ):
                self.add_error(f"field_{row.key}", _("Choose a person of the same company."))
        return data

    def answers(self) -> list[dict[str, str]]:
        """Return ``{label_es, label_en, value}`` for each of the template's fields that has an
        answer. The ticket stores the labels with the values.
        """
        found = []
        for row in self.extra:
            value = self.cleaned_data.get(f"field_{row.key}")
            if value not in (None, ""):
                shown = value.isoformat() if isinstance(value, date) else str(value)
                found.append(
                    {
                        "label_es": row.label_es,
                        "label_en": row.label_en or row.label_es,
                        "value": shown,
                    }
                )
        return found


def _field_for(row: TemplateField, organizations: list[int]) -> forms.Field:
    common: dict[str, Any] = {"label": row.label, "required": row.is_required}
    if row.type == FieldType.LONG_TEXT:
        return TicketTextField(widget=forms.Textarea(attrs={"rows": 3}), max_length=5000, **common)
    if row.type == FieldType.CHOICE:
        return forms.ChoiceField(choices=[("", "—"), *row.options], **common)
    if row.type == FieldType.DATE:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)
    if row.type == FieldType.PERSON:
        members = (
            Membership.objects.filter(organization_id__in=organizations, is_suspended=False)
            .order_by()
            .values("user_id")
        )
        return forms.ModelChoiceField(
            User.objects.filter(pk__in=members, is_active=True).order_by("full_name", "pk"),
            **common,
        )
    if row.type == FieldType.FILE:
        return FilesField(**common)
    return forms.CharField(max_length=500, **common)
