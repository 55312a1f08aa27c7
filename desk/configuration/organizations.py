"""Configuration screens of the customers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import ConfigurationAdmin, LabelledInline
from desk.configuration.fields import DomainsField
from desk.configuration.forms import ConfigurationForm
from foundation.accounts.models import (
    Department,
    Organization,
    Site,
)
from foundation.accounts.services import keep_earlier_zone
from foundation.accounts.tenancy import every_organization, is_restricted


class SiteInline(LabelledInline):
    model = Site


class DepartmentInline(LabelledInline):
    model = Department


class OrganizationForm(ConfigurationForm):
    email_domains = DomainsField(
        label=_("E-mail domains"), required=False, help_text=_("One per line, such as empresa.mx.")
    )

    def validate_unique(self) -> None:
        with every_organization(reason="names are unique among all customers"):
            super().validate_unique()


@admin.register(Organization)
class OrganizationAdmin(ConfigurationAdmin):
    form = OrganizationForm
    list_display = ("name", "country", "time_zone", "is_active")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (SiteInline, DepartmentInline)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse staff who are restricted to some customers: they would not serve the new one."""
        return super().has_add_permission(request) and not is_restricted(request.user)

    def save_model(
        self, request: HttpRequest, obj: Organization, form: forms.ModelForm, change: bool
    ) -> None:
        if change and "time_zone" in form.changed_data:
            keep_earlier_zone(
                organization=obj, time_zone=form.initial["time_zone"], at=timezone.now()
            )
        with every_organization(reason="an administrator creates or changes an organization"):
            super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        with every_organization(reason="a new organization gets its calendars"):
            super().save_related(request, form, formsets, change)
