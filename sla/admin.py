from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest

from accounts.admin import ConfigurationAdmin, LabelledInline
from sla.calendar_admin import CalendarAdmin
from sla.models import Calendar, Clock, PolicyTarget, PolicyVersion

admin.site.register(Calendar, CalendarAdmin)


class PolicyTargetInline(LabelledInline):
    model = PolicyTarget
    fields = ("metric", "priority", "support_type", "minutes")


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ConfigurationAdmin):
    """A version that already measures tickets never changes: open it and save it as a new one."""

    fields = (
        "contract",
        "effective_from",
        "business_calendar",
        "extended_calendar",
        "extension_includes_second_level",
        "pauses_while_pending_user",
        "pauses_while_pending_supplier",
        "warning_percents",
    )
    save_as = True
    list_display = ("contract", "number", "effective_from")
    list_select_related = ("contract",)
    inlines = (PolicyTargetInline,)

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        measures = (
            obj is not None and request.method == "POST" and "_saveasnew" not in request.POST and Clock.objects.filter(policy=obj).exists()
        )
        return super().has_change_permission(request, obj) and not measures

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        if not obj.number:
            last = PolicyVersion.objects.filter(contract=obj.contract).aggregate(last=Max("number"))["last"]
            obj.number = (last or 0) + 1
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.organization_id = form.instance.organization_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()
