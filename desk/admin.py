"""The contract page: the one place that shows everything that hangs on a contract (DECISIONS 8)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import ConfigurationAdmin, LabelledInline
from catalog.models import Contract, ContractService, MatrixCell
from sla.models import PolicyVersion


class ContractChild(LabelledInline):
    exclude = ("organization",)


class ContractServiceInline(ContractChild):
    model = ContractService


class MatrixCellInline(ContractChild):
    model = MatrixCell


class PolicyVersionInline(admin.TabularInline):
    model = PolicyVersion
    fields = ("number", "effective_from", "business_calendar", "extended_calendar")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = _("service level policies (change one to add a version)")


@admin.register(Contract)
class ContractAdmin(ConfigurationAdmin):
    list_display = ("reference", "organization", "starts_on", "ends_on")
    list_select_related = ("organization",)
    search_fields = ("reference",)
    inlines = (ContractServiceInline, MatrixCellInline, PolicyVersionInline)

    def save_formset(self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.organization_id = form.instance.organization_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()
