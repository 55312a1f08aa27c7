"""Forms of an external audit."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audits.models import VisitPlace
from foundation.accounts.models import Membership, Organization
from web.forms import FilesField, TextField


class AuditForm(forms.Form):
    """Request for an external audit: filled workbook, optional checklist of the auditor, optional
    site visit. ``notices`` are the business days of notice that the contracts in force ask for.
    """

    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        queryset=None, label=_("Company")
    )
    form = FilesField(
        label=_("Filled request form (XLSX)"),
        required=True,
        help_text=_("The form of this page, as it was downloaded."),
    )
    checklist = FilesField(label=_("The auditor's checklist"), help_text=_("If there is one."))
    visit_on = forms.DateField(
        label=_("Day of a site visit"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    visit_place = forms.ChoiceField(
        label=_("Place of the visit"), required=False, choices=[("", "—"), *VisitPlace.choices]
    )
    visitors = TextField(
        label=_("Visitors"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, memberships: list[Membership], notices: set[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        organizations = [membership.organization_id for membership in memberships]
        fields["organization"].queryset = Organization.objects.filter(
            pk__in=organizations
        ).order_by("name", "pk")
        if len(organizations) == 1:
            fields["organization"].widget = forms.HiddenInput()
            fields["organization"].initial = organizations[0]
        fields["form"].widget.attrs["accept"] = ".xlsx"
        fields["visit_on"].help_text = _notice_words(notices)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("visit_on"):
            for name in ("visit_place", "visitors"):
                if not data.get(name):
                    self.add_error(name, _("This is needed for the visit."))
        elif data.get("visit_place") or data.get("visitors"):
            self.add_error("visit_on", _("Say on which day."))
        return data


class VisitForm(forms.Form):
    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    place = forms.ChoiceField(label=_("Place"), choices=VisitPlace.choices)
    visitors = TextField(
        label=_("Visitors"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )


def _notice_words(notices: set[int]) -> str:
    if not notices:
        return ""
    words = (
        _("Announced later, a visit needs %(days)d business days.")
        if len(notices) == 1
        else _("Announced later, a visit needs up to %(days)d business days, by its contract.")
    )
    return str(words % {"days": max(notices)})
