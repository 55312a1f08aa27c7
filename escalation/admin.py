from django.contrib import admin

from accounts.admin import ConfigurationAdmin
from escalation.models import EscalationLevel


@admin.register(EscalationLevel)
class EscalationLevelAdmin(ConfigurationAdmin):
    list_display = ("organization", "position", "name_es", "contact_name", "email", "acknowledge_minutes")
    list_select_related = ("organization",)
