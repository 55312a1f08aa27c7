"""Configuration screen of webhooks; their pages are in ``desk.webhooks``."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import EverybodysAdmin
from desk.configuration.fields import RolesField
from desk.configuration.forms import ConfigurationForm
from desk.webhooks.views import secret_page
from foundation.core.errors import Invalid
from foundation.webhooks import services
from foundation.webhooks.kinds import offered_kinds
from foundation.webhooks.models import Endpoint


def _choices() -> list[tuple[Any, Any]]:
    kinds = offered_kinds().values()
    public = [(kind.code, kind.label) for kind in kinds if kind.is_for_customers]
    internal = [(kind.code, kind.label) for kind in kinds if not kind.is_for_customers]
    return [(_("Customers read them too"), public), (_("For the staff alone"), internal)]


class EndpointForm(ConfigurationForm):
    """Has no ``Meta.model``: the admin then builds its fields inside a request, where a tenant
    scope is open.
    """

    kinds = RolesField(
        label=_("Events"),
        choices=_choices,
        required=False,
        help_text=_("None chosen: every one that the person may read."),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        trial = Endpoint(
            reader=data["reader"],
            organization=data.get("organization"),
            kinds=data["kinds"],
        )
        try:
            services.check_endpoint(trial)
        except Invalid as error:
            for name, words in error.fields.items():
                self.add_error(name, str(words))
        return data


@admin.register(Endpoint)
class EndpointAdmin(EverybodysAdmin):
    form = EndpointForm
    change_form_template = "desk/webhooks/form.html"
    fields = ("name", "is_active", "url", "reader", "organization", "kinds")
    list_display = ("name", "url", "reader", "customer", "is_active", "works")
    list_filter = ("is_active",)
    list_select_related = ("reader", "organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The customer can be changed: nothing that waits is told of another one."""
        return []

    @admin.display(description=_("customer"))
    def customer(self, endpoint: Endpoint) -> Any:
        return endpoint.organization or _("every customer")

    @admin.display(description=_("state"))
    def works(self, endpoint: Endpoint) -> Any:
        if not endpoint.is_active:
            words = _("Switched off")
        else:
            words = _("Does not get through") if endpoint.failing_since else _("Works")
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:webhook", args=[endpoint.pk]), words
        )

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
            request.new_secret = services.give_secret(obj)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)
        services.try_anew(endpoint=obj, at=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, once."""
        made = request.new_secret  # type: ignore[attr-defined]
        return secret_page(request, obj, made, is_first=True)
