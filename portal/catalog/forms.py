"""A new ticket from a template of the catalogue."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import RequestTemplate
from foundation.accounts.models import Membership, Organization
from foundation.core.classification import Impact, Urgency
from web.forms import FilesField, SubjectField, TicketTextField
from web.template_fields import TemplateFields, name_of


class TicketForm(TemplateFields):
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
        self.ask_for(template, Membership.objects.filter(organization_id__in=organizations))
        order = [
            "organization",
            "subject",
            *map(name_of, self.extra),
            "description",
            "impact",
            "urgency",
            "attachments",
        ]
        self.order_fields(order)

    def clean(self) -> dict[str, Any]:
        """Refuse a person field whose person is no member of the chosen organization."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("organization") is not None:
            self.check_people(data["organization"])
        return data
