"""The admin site as the agents' desk: its own pages first, Django's configuration index under
``config/``.
"""

import json
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from desk.keyboard.keys import shortcuts_of
from desk.navigation import navigation_for
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from web.resending import session_ended

LOGIN_APPS = frozenset({"auth", "account", "mfa"})


class MesaAdminSite(AdminSite):
    site_header = "Mesa"
    site_title = "Mesa"
    index_title = _("Configuration")
    enable_nav_sidebar = False
    empty_value_display = "—"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register the admin screens, except for the login library's own tables (``LOGIN_APPS``):
        these contain second factors, and no role covers them.
        """
        models: list[Any] = (
            [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        )
        ours = [model for model in models if model._meta.app_label not in LOGIN_APPS]
        if ours:
            super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_active and request.user.is_staff

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Keep what was sent after the session ended; otherwise as Django does."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and not request.user.is_authenticated:
                return session_ended(request)
            return inner(request, *args, **kwargs)

        return kept

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the one login of the product, with its rate limits and second factor.
        Redirect a signed-in customer to the portal.
        """
        if request.user.is_authenticated:
            return redirect("home")
        return redirect(f"/accounts/login/?next={request.get_full_path()}")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the one page that changes a password, which counts the attempts."""
        return redirect("account_change_password")

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what Django's pages show, without its list of all models: nothing shows it, and
        each model asks for permissions.
        """
        context: dict[str, Any] = {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "has_permission": self.has_permission(request),
            "is_nav_sidebar_enabled": self.enable_nav_sidebar,
            "is_popup": False,
        }
        if isinstance(request.user, User):
            context["navigation"] = navigation_for(request.user)
            shortcuts = shortcuts_of(request.user)
            context["shortcuts"] = shortcuts
            context["keys"] = json.dumps({each.name: [each.key, each.place] for each in shortcuts})
            context["sees_tickets"] = request.user.can(Capability.SEE_TICKETS)
            context["works_tickets"] = request.user.can(Capability.WORK_TICKETS)
            context["holds_tickets"] = request.user.can(Capability.HOLD_TICKETS)
            context["takes_tickets"] = request.user.can(Capability.HOLD_TICKETS)
            context["undo_seconds"] = settings.MESA_UNDO_SECONDS
        return context

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from desk.urls import urlpatterns  # the site is created before the apps are loaded

        django_pages = [url for url in super().get_urls() if getattr(url, "name", "") != "index"]
        config = path("config/", self.admin_view(self.index), name="config")
        return [*(self._guarded(url) for url in urlpatterns), config, *django_pages]

    def _guarded(self, url: URLPattern | URLResolver) -> URLPattern | URLResolver:
        """Return the URL pattern with ``admin_view`` around its view, or around each view below it:
        only staff get in.
        """
        if isinstance(url, URLPattern):
            return URLPattern(url.pattern, self.admin_view(url.callback), name=url.name)
        below = [self._guarded(each) for each in url.url_patterns]
        return URLResolver(url.pattern, below)
