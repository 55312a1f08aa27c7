from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from desk.configuration.base import EverybodysAdmin, LabelledFormSet, LabelledStack
from desk.configuration.fields import RolesField
from desk.configuration.forms import ConfigurationForm
from desk.configuration.versions import VersionAdmin, VersionForm
from escalation.models import (
    Action,
    Change,
    EscalationLevel,
    EscalationMatrix,
    EscalationRule,
    MatrixKind,
)
from escalation.queries import highest_level
from escalation.rehearsal import DAYS, rehearse
from escalation.rules import Among, tag_names
from escalation.services import check_levels, check_matrix, number_matrix
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization
from foundation.accounts.queries import members_with_role
from foundation.accounts.roles import CustomerRole
from foundation.core.classification import Channel, Kind, Priority, SupportType
from foundation.core.errors import Invalid
from foundation.search.words import words_of
from tickets.masking import secrets_in
from tickets.services import MOST_TAGS, tags_by_key
from tickets.states import State


class LevelFormSet(LabelledFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer the calendars of the matrix's own organization, once it is known."""
        super().add_fields(form, index)
        if "calendar" in form.fields and self.instance.organization_id:
            calendars = form.fields["calendar"].queryset
            form.fields["calendar"].queryset = calendars.filter(
                organization_id=self.instance.organization_id
            )

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if any(self.errors) or not self.instance.organization_id:
            return  # the matrix's own form says what is missing
        try:
            check_levels(
                [form.instance for form in kept if not form.cleaned_data.get("DELETE")],
                self.instance.organization,
            )
        except Invalid as error:
            raise ValidationError(str(error)) from error


class LevelInline(LabelledStack):
    model = EscalationLevel
    formset = LevelFormSet
    ordering = ("position",)
    fields = (
        ("position", "name_es", "name_en"),
        ("purpose_es", "purpose_en"),
        ("contact", "substitute", "team"),
        ("contact_name", "email", "phone"),
        ("hours", "calendar", "acknowledge_minutes"),
    )


class MatrixForm(VersionForm):
    def check(self, organization: Organization, data: dict[str, Any], now: datetime) -> None:
        trial = EscalationMatrix(
            pk=self.instance.pk, number=self.instance.number, organization=organization
        )
        trial.contract = data.get("contract", self.instance.contract)
        trial.kind = data.get("kind", self.instance.kind)
        trial.effective_from = data["effective_from"]
        check_matrix(trial, at=now)


@admin.register(EscalationMatrix)
class EscalationMatrixAdmin(VersionAdmin):
    form = MatrixForm
    owners = ("contract", "kind")
    fields = (("organization", "contract", "kind"), "effective_from")
    list_display = ("__str__", "kind", "number", "since", "status")
    list_filter = ("kind",)
    list_select_related = ("contract", "organization")
    inlines = (LevelInline,)

    def save_model(
        self, request: HttpRequest, obj: EscalationMatrix, form: Any, change: bool
    ) -> None:
        if not change:
            lock_organization(obj.organization_id)
            number_matrix(obj, at=form.now)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        matrix = form.instance
        if matrix.kind == MatrixKind.TECHNICAL and not members_with_role(
            matrix.organization_id, CustomerRole.SERVICE_OWNER
        ):
            messages.warning(
                request,
                _("Nobody of this customer is service owner: the list was sent to nobody."),
            )


class RuleForm(ConfigurationForm):
    """Has no ``Meta.model``: the admin then builds its fields inside a request, where a tenant
    scope is open.
    """

    changes = RolesField(
        label=_("What changes"),
        choices=Change.choices,
        required=False,
        help_text=_("One of them is enough. A state has a trigger of its own."),
    )
    states = RolesField(
        label=_("States"),
        choices=State.choices,
        required=False,
        help_text=_(
            "Of a change of state: into which. Otherwise: only while in one of them; none is "
            "any, of silence any that waits for us."
        ),
    )
    priorities = RolesField(
        label=_("Priorities"),
        choices=[(each.code, each.label) for each in Priority],
        required=False,
        help_text=_("Empty: whatever it is."),
    )
    support_types = RolesField(
        label=_("Support types"),
        choices=SupportType.choices,
        required=False,
        help_text=_("Empty: whatever it is."),
    )

    kinds = RolesField(
        label=_("Kinds"),
        choices=Kind.choices,
        required=False,
        help_text=_("Empty: whatever it is."),
    )
    channels = RolesField(
        label=_("Channels"),
        choices=Channel.choices,
        required=False,
        help_text=_("Through which the ticket arrived. Empty: any."),
    )

    def clean_adds_tags(self) -> str:
        return self._tags("adds_tags")

    def clean_tags(self) -> str:
        return self._tags("tags")

    def _tags(self, name: str) -> str:
        written: str = self.cleaned_data[name]
        if not written.strip():
            return ""
        try:
            names = tags_by_key(tag_names(written)).values()
        except Invalid as error:
            raise ValidationError(str(error)) from error
        if len(names) > MOST_TAGS:
            raise ValidationError(_("Write at most %(count)d tags.") % {"count": MOST_TAGS})
        return ", ".join(names)

    def clean_words(self) -> str:
        written: str = self.cleaned_data["words"]
        if written.strip() and not words_of(written):
            raise ValidationError(_("Write words with letters or digits."))
        return written

    def clean(self) -> dict[str, Any]:
        """Refuse secrets in what a rule writes, or keeps to compare with."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        written = {name: data.get(name) or "" for name in ("note", "words", "tags")}
        for name, words in secrets_in(**written).items():
            self.add_error(name, words)
        return data

    def add_error(self, field: str | None, error: Any) -> None:
        """Leave out what the model says of a field that the form has refused: it found it empty."""
        if field is None and isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            said = getattr(self, "_errors", None) or {}
            error = ValidationError(
                {name: words for name, words in error.error_dict.items() if name not in said}
            )
        super().add_error(field, error)

    @property
    def is_trial(self) -> bool:
        return "_try" in self.data

    def is_valid(self) -> bool:
        """Return False for a trial, so that the admin renders the form again instead of saving
        it.
        """
        return super().is_valid() and not self.is_trial


@admin.register(EscalationRule)
class EscalationRuleAdmin(EverybodysAdmin):
    form = RuleForm
    change_form_template = "desk/configuration/rule_form.html"
    list_display = ("name", "is_active", "position", "trigger", "action")
    list_filter = ("is_active", "trigger")
    fieldsets = (
        (None, {"fields": (("name", "position"), "is_active")}),
        (_("When"), {"fields": ("trigger", ("metric", "percent"), "silence_minutes", "changes")}),
        (
            _("For which tickets"),
            {
                "fields": (
                    "states",
                    ("priorities", "support_types"),
                    ("kinds", "channels"),
                    "words",
                    "tags",
                    "services",
                    "organizations",
                )
            },
        ),
        (_("What to do"), {"fields": ("action", ("person", "team"), "level", "adds_tags", "note")}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Service:
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rule = form.instance
        highest = highest_level([each.pk for each in form.cleaned_data["organizations"]])
        if rule.action == Action.TELL_LEVEL and rule.level > highest:
            words = _(
                "No matrix of the rule's customers has level %(level)d (the highest is "
                "%(highest)d): the rule tells nobody."
            )
            messages.warning(request, words % {"level": rule.level, "highest": highest})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """On a trial, add the tickets that the rule as typed, saved or not, would have acted on."""
        form = context["adminform"].form
        if form.is_trial and not form.errors:
            among = Among(
                [each.pk for each in form.cleaned_data["organizations"]],
                [each.pk for each in form.cleaned_data["services"]],
            )
            context |= {
                "rehearsal": rehearse(form.instance, among, at=timezone.now()),
                "rehearsal_days": DAYS,
            }
        return super().render_change_form(request, context, *args, **kwargs)
