from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "desk"
    verbose_name = _("Desk")
    default = True

    def ready(self) -> None:
        # Import here: the admin screens import the models, which are loaded only now.
        import desk.configuration  # noqa: F401, PLC0415


class MesaAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the desk as its site."""

    default = False
    default_site = "desk.site.MesaAdminSite"
