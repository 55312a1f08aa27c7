"""The contract page: shows every object that belongs to a contract (DECISIONS 8)."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract, ContractService, ContractVersion, MatrixVersion, Service
from catalog.services import publish_contract, publish_matrix
from desk.configuration.base import ConfigurationAdmin, LabelledInline, save_rows_of
from desk.configuration.forms import ConfigurationForm, put_instant
from desk.configuration.overlaps import overlapping
from desk.configuration.versions import since_words, status_words
from foundation.accounts.models import User
from foundation.accounts.queries import may_read
from foundation.configuration.validity import check_effective
from foundation.core.actor import Actor
from foundation.core.classification import (
    DEFAULT_MATRIX,
    Channel,
    Impact,
    Matrix,
    Priority,
    Urgency,
)
from foundation.core.errors import Invalid
from sla.policies.models import PolicyVersion


class ContractChild(LabelledInline):
    exclude = ("organization",)


class ContractServiceInline(ContractChild):
    model = ContractService


class VersionInline(admin.TabularInline):
    """Published versions, read-only."""

    template = "desk/configuration/versions.html"
    extra = 0
    max_num = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("in force from"))
    def since(self, obj: Any) -> str:
        if obj.pk is None:  # a row that only a forged form has
            return "—"
        return since_words(obj.effective_from, obj.organization)

    @admin.display(description=_("state"))
    def status(self, obj: Any) -> str | Promise:
        if obj.pk is None:
            return "—"
        siblings = type(obj).objects.filter(
            contract=obj.contract_id, number__gt=obj.number or 0, effective_from__lte=timezone.now()
        )
        return status_words(obj.effective_from, siblings.exists())


class PolicyVersionInline(VersionInline):
    model = PolicyVersion
    fields = ("number", "since", "status", "business_calendar", "extended_calendar")
    readonly_fields = ("since", "status")
    ordering = ("-number",)
    show_change_link = True
    verbose_name_plural = _("service level policies (open one and save it as new to add a version)")


class MatrixVersionInline(VersionInline):
    model = MatrixVersion
    fields = ("number", "since", "status", "reason", "differences")
    readonly_fields = ("since", "status", "differences")
    ordering = ("-number",)
    verbose_name_plural = _("versions of the priority matrix")

    @admin.display(description=_("what changed"))
    def differences(self, obj: MatrixVersion) -> str:
        if obj.pk is None:
            return "—"
        before = (
            MatrixVersion.objects.filter(contract=obj.contract_id, number=(obj.number or 0) - 1)
            .order_by("pk")
            .first()
        )
        old = before.matrix if before is not None else DEFAULT_MATRIX
        own = [(cell, priority) for cell, priority in obj.matrix.items() if old[cell] != priority]
        return (
            "; ".join(
                f"{urgency.label} × {impact.label} → {priority.label}"
                for (urgency, impact), priority in own
            )
            or "—"
        )


class ContractVersionInline(VersionInline):
    model = ContractVersion
    fields = ("number", "known", "reason", "differences")
    readonly_fields = ("known", "differences")
    ordering = ("-number",)
    verbose_name_plural = _("versions of the contract: what was known when")

    @admin.display(description=_("known since"))
    def known(self, obj: ContractVersion) -> str:
        if obj.pk is None:
            return "—"
        return since_words(obj.published_at, obj.organization)

    @admin.display(description=_("what changed"))
    def differences(self, obj: ContractVersion) -> str:
        if obj.pk is None:
            return "—"
        before = (
            ContractVersion.objects.filter(contract=obj.contract_id, number=(obj.number or 0) - 1)
            .order_by("pk")
            .first()
        )
        if before is None:
            return "—"
        return "; ".join(
            _difference(name, before.terms.get(name), value)
            for name, value in obj.terms.items()
            if before.terms.get(name) != value
        )


def _difference(name: str, old: Any, new: Any) -> str:
    label = Contract._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    return f"{label}: {_words(name, old)} → {_words(name, new)}"


def _words(name: str, value: Any) -> str:
    if name == "services":
        return (
            ", ".join(
                str(service)
                for service in Service.objects.filter(pk__in=value or ()).order_by("pk")
            )
            or "—"
        )
    if name == "report_recipients":
        return (
            ", ".join(
                str(person) for person in User.objects.filter(pk__in=value or ()).order_by("pk")
            )
            or "—"
        )
    return str(localize(value)) if value not in (None, "") else "—"


def cells() -> Iterator[tuple[str, tuple[Urgency, Impact]]]:
    """Yield (form field name, (urgency, impact)) of each cell of the matrix, row by row."""
    for urgency in Urgency:
        for impact in Impact:
            yield f"cell_{urgency}_{impact}", (urgency, impact)


def matrix_in(data: dict[str, Any]) -> Matrix:
    return {cell: Priority[data[name].upper()] for name, cell in cells() if data.get(name)}


_PRIORITIES = [(priority.code, priority.label) for priority in Priority]
MatrixForm = type(
    "MatrixForm",
    (ConfigurationForm,),
    {
        name: forms.ChoiceField(
            choices=_PRIORITIES, label=format_lazy("{} × {}", urgency.label, impact.label)
        )
        for name, (urgency, impact) in cells()
    },
)


class ContractForm(MatrixForm):  # type: ignore[misc, valid-type]
    """A contract and its matrix as a table; cells that differ from the newest version add a matrix
    version.
    """

    matrix_from = forms.DateTimeField(
        label=_("Matrix in force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_(
            "For a change of the matrix, in the organization's time zone: it binds the tickets "
            "that arrive from then on. Empty: at once."
        ),
    )
    reason = forms.CharField(
        label=_("Reason of the change"),
        required=False,
        max_length=300,
        help_text=_("Kept with the version of the contract, and of its matrix."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.newest = (
            MatrixVersion.objects.filter(contract_id=self.instance.pk).order_by("-number").first()
            if self.instance.pk
            else None
        )
        standing = self.newest.matrix if self.newest else DEFAULT_MATRIX
        for name, cell in cells():
            if name in self.fields:  # a read-only user has no fields
                self.fields[name].initial = standing[cell].code
                self.fields[name].widget.attrs["aria-label"] = self.fields[name].label

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        self.now = now = timezone.now()
        organization = data.get("organization") or self.instance.organization
        strangers = [
            user.email
            for user in data.get("report_recipients", ())
            if not may_read(user.pk, organization.pk)
        ]
        if strangers:
            words = _(
                "Not of this organization, nor of the staff that serves it: %(emails)s. Reports "
                "would tell them what they may not read."
            )
            raise forms.ValidationError(
                {"report_recipients": words % {"emails": ", ".join(strangers)}}
            )
        if data.get("matrix_from"):
            put_instant(self, data, "matrix_from", organization.time_zone)
            if self.errors:
                return data
        else:
            data["matrix_from"] = now
        if self.adds_matrix(data):
            last = self.newest.effective_from if self.newest else None
            try:
                check_effective(effective_from=data["matrix_from"], last=last, at=now)
            except Invalid as error:
                self.add_error("matrix_from", str(error))
        return data

    def adds_matrix(self, data: dict[str, Any]) -> bool:
        """Tell whether the cells differ from the newest version, or from the default matrix."""
        return matrix_in(data) != (self.newest.matrix if self.newest else DEFAULT_MATRIX)


@admin.register(Contract)
class ContractAdmin(ConfigurationAdmin):
    form = ContractForm
    change_form_template = "desk/configuration/contract_form.html"
    list_display = ("reference", "organization", "starts_on", "ends_on")
    list_select_related = ("organization",)
    search_fields = ("reference",)
    inlines = (
        ContractServiceInline,
        PolicyVersionInline,
        MatrixVersionInline,
        ContractVersionInline,
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        names = [field.name for field in Contract._meta.fields if field.name != "id"]
        return (
            (None, {"fields": [*names, "report_recipients", "reason"]}),
            (_("Priority matrix"), {"fields": [*(name for name, _cell in cells()), "matrix_from"]}),
        )

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool
    ) -> None:
        save_rows_of(formset, form.instance.organization_id)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        by = Actor(person_id=request.user.pk, channel=Channel.DESK)
        if form.adds_matrix(form.cleaned_data):
            publish_matrix(
                contract=form.instance,
                cells=matrix_in(form.cleaned_data),
                effective_from=form.cleaned_data["matrix_from"],
                reason=form.cleaned_data["reason"],
                by=by,
                at=form.now,
            )
        publish_contract(
            contract=form.instance, reason=form.cleaned_data["reason"], by=by, at=form.now
        )
        form.instance.organization.refresh_from_db(fields=["terms_stamp"])
        found = overlapping(form.instance)
        for words in found.words if found is not None else ():
            messages.warning(request, words)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        standing = form.newest.matrix if form.newest else DEFAULT_MATRIX
        shown = {
            cell: form[name] if name in form.fields else standing[cell].label
            for name, cell in cells()
        }
        context["matrix_impacts"] = list(Impact)
        context["matrix_rows"] = [
            (urgency, [shown[urgency, impact] for impact in Impact]) for urgency in Urgency
        ]
        if form.instance.pk:
            context["overlapping"] = overlapping(form.instance)
        return super().render_change_form(request, context, *args, **kwargs)
