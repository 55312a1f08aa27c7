"""The choice of a customer, on pages that go on with one."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Organization


class CustomerForm(forms.Form):
    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        label=_("Customer"), queryset=None, to_field_name="slug"
    )

    def __init__(
        self, *args: Any, organizations: QuerySet[Organization] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        found = Organization.objects.all() if organizations is None else organizations
        fields: Any = self.fields
        fields["organization"].queryset = found.filter(is_active=True).order_by("name", "pk")
