from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "web"
    verbose_name = _("Web")

    def ready(self) -> None:
        # Models and settings are ready only now.
        from web import receivers  # noqa: F401, PLC0415
        from web.converters import register_converters  # noqa: PLC0415 - before any URL is read

        register_converters()
