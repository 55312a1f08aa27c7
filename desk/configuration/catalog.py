from django.contrib import admin

from catalog.models import Category, RequestTemplate, Service, TemplateField
from desk.configuration.base import LabelledInline, SharedAdmin


@admin.register(Category)
class CategoryAdmin(SharedAdmin):
    list_display = ("name_es", "name_en", "position")


@admin.register(Service)
class ServiceAdmin(SharedAdmin):
    list_display = ("name_es", "category", "support_type", "is_active")
    list_filter = ("support_type", "is_active")
    list_select_related = ("category",)
    search_fields = ("name_es", "name_en")
    prepopulated_fields = {"slug": ("name_es",)}


class TemplateFieldInline(LabelledInline):
    model = TemplateField


@admin.register(RequestTemplate)
class RequestTemplateAdmin(SharedAdmin):
    list_display = ("name_es", "service", "kind", "is_active")
    list_filter = ("kind", "is_active")
    list_select_related = ("service",)
    search_fields = ("name_es", "name_en")
    prepopulated_fields = {"slug": ("name_es",)}
    inlines = (TemplateFieldInline,)
