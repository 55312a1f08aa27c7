"""Configuration screens of automatic assignment: the skills and limits of people, the groups that
take part.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from desk.configuration.base import EverybodysAdmin
from desk.configuration.duty import PlannedAdmin, SomeOfFew
from desk.configuration.fields import RolesField
from desk.configuration.forms import ConfigurationForm
from foundation.accounts.models import LANGUAGES
from tickets.models import AgentProfile, GroupAssignment

SHOWN_SERVICES = 3


class AgentProfileForm(ConfigurationForm):
    languages = RolesField(
        label=_("Languages"),
        choices=LANGUAGES,
        required=False,
        help_text=_("Those that the person writes to requesters. None chosen: every language."),
    )


@admin.register(AgentProfile)
class AgentProfileAdmin(PlannedAdmin):
    form = AgentProfileForm
    planned = "person"
    fields = ("person", "is_automatic", "load_limit", "services", "languages")
    list_display = ("person", "is_automatic", "load_limit", "services_named", "languages_named")
    list_select_related = ("person",)
    search_fields = ("person__full_name", "person__email")

    def people_of(self, row: AgentProfile) -> set[int]:
        return {row.person_id}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The profile of a person stays theirs."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "person"] if obj is not None else fixed

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentProfile]:
        return super().get_queryset(request).prefetch_related("services")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "services":
            services = Service.objects.order_by("position", "pk")
            return db_field.formfield(
                queryset=services, form_class=SomeOfFew, widget=forms.CheckboxSelectMultiple()
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("services"))
    def services_named(self, profile: AgentProfile) -> str:
        names = [str(service) for service in profile.services.all()]
        if not names:
            return str(_("every service"))
        more = len(names) - SHOWN_SERVICES
        return ", ".join(names[:SHOWN_SERVICES]) + (f" (+{more})" if more > 0 else "")

    @admin.display(description=_("languages"))
    def languages_named(self, profile: AgentProfile) -> str:
        return ", ".join(profile.language_names) or str(_("every language"))


@admin.register(GroupAssignment)
class GroupAssignmentAdmin(EverybodysAdmin):
    fields = ("team", "is_active", "load_limit")
    list_display = ("team", "is_active", "load_limit")
    list_select_related = ("team",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "team"] if obj is not None else fixed
