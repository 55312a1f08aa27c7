from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "foundation.core"
    label = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        import foundation.core.lookups  # noqa: F401, PLC0415 - Django has its fields by now
