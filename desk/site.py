"""The admin site as the agents' desk: its own pages first, Django's configuration index under
``config/``.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext_lazy as _

from desk.navigation import places_for
from foundation.accounts.models import User

LOGIN_APPS = frozenset({"auth", "account", "mfa"})


class MesaAdminSite(AdminSite):
    site_header = "Mesa"
    site_title = "Mesa"
    index_title = _("Configuration")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take every configuration screen but those of the login's own tables: they hold second
        factors and no roles.
        """
        models: list[Any] = (
            [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        )
        ours = [model for model in models if model._meta.app_label not in LOGIN_APPS]
        if ours:
            super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_active and request.user.is_staff

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Use the one login of the product, with its rate limits and second factor; customers
        belong in the portal.
        """
        if request.user.is_authenticated:
            return redirect("home")
        return redirect(f"/accounts/login/?next={request.get_full_path()}")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if isinstance(request.user, User):
            context["places"] = places_for(request.user)
        return context

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from desk.views import (  # the site exists before the apps that these views use
            audits,
            coverage,
            home,
            queue,
            reports,
            simulations,
            tickets,
        )

        number = r"^tickets/(?P<number>[A-Za-z]+-\d+)/"
        audit = r"^audits/(?P<number>[A-Za-z]+-\d+)/"
        wrap = self.admin_view
        own: list[URLPattern | URLResolver] = [
            path("", wrap(home.home), name="index"),
            path("config/", wrap(self.index), name="config"),
            path("queue/", wrap(queue.queue), name="queue"),
            path("queue/assign/", wrap(queue.assign), name="bulk_assign"),
            path("register/", wrap(tickets.register), name="register"),
            re_path(number + "$", wrap(tickets.ticket_page), name="ticket"),
            re_path(
                number + r"clocks/(?P<metric>[a-z]+)/$",
                wrap(tickets.explanation),
                name="explanation",
            ),
            re_path(number + "say/$", wrap(tickets.say), name="say"),
            re_path(number + "classify/$", wrap(tickets.classify), name="classify"),
            re_path(number + "contract/$", wrap(tickets.change_contract), name="change_contract"),
            re_path(number + "assign/$", wrap(tickets.assign), name="assign"),
            re_path(number + r"step/(?P<name>[a-z_]+)/$", wrap(tickets.step), name="step"),
            re_path(
                number + r"acknowledge/(?P<escalation_id>\d+)/$",
                wrap(tickets.acknowledge),
                name="acknowledge",
            ),
            re_path(number + r"deescalate/$", wrap(tickets.deescalate), name="deescalate"),
            path("reports/", wrap(reports.service_level), name="reports"),
            path(
                "reports/<slug:slug>/<str:month>/pdf/",
                wrap(reports.service_level_pdf),
                name="report_pdf",
            ),
            path("audits/", wrap(audits.audits), name="audits"),
            re_path(audit + "$", wrap(audits.audit), name="audit"),
            re_path(
                audit + r"(?P<name>[a-z_]+)/(?P<target>\d+)/$", wrap(audits.act), name="audit_act"
            ),
            re_path(
                audit + r"evidence/(?P<evidence_id>\d+)/(?P<kind>source|draft)/$",
                wrap(audits.evidence_file),
                name="evidence_file",
            ),
            path("coverage/", wrap(coverage.coverage), name="coverage"),
            path("coverage/drill/", wrap(coverage.drill), name="coverage_drill"),
            path("simulations/", wrap(simulations.simulations), name="simulations"),
            path(
                "simulations/<int:simulation_id>/", wrap(simulations.simulation), name="simulation"
            ),
            path(
                "simulations/<int:simulation_id>/changes.csv",
                wrap(simulations.simulation_changes),
                name="simulation_changes",
            ),
            path(
                "simulations/<int:simulation_id>/cancel/",
                wrap(simulations.cancel_simulation),
                name="cancel_simulation",
            ),
            path(
                "simulations/<int:simulation_id>/put-in-force/",
                wrap(simulations.put_in_force),
                name="put_in_force",
            ),
        ]
        return own + [url for url in super().get_urls() if getattr(url, "name", "") != "index"]
