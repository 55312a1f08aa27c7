from django.apps import AppConfig


class ServiceDeskConfig(AppConfig):
    name = "servicedesk"

    def ready(self) -> None:
        from servicedesk.wiring import wire  # the handlers import models, which exist only now

        wire()
