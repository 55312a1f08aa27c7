from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from api.views.audits import AuditViewSet
from api.views.coverage import CoverageView
from api.views.reports import ReportIssueView, ServiceLevelReportView
from api.views.terms import TermsView
from api.views.tickets import TicketViewSet

app_name = "api"
router = SimpleRouter()
router.register("audits", AuditViewSet, basename="audit")
router.register("tickets", TicketViewSet, basename="ticket")
urlpatterns = [
    *router.urls,
    path("reports/service-level/", ServiceLevelReportView.as_view(), name="service_level"),
    path(
        "reports/service-level.<str:format>",
        ServiceLevelReportView.as_view(),
        name="service_level_format",
    ),
    path("reports/issues/<int:issue_id>/", ReportIssueView.as_view(), name="report_issue"),
    path("coverage/", CoverageView.as_view(), name="coverage"),
    path("terms/", TermsView.as_view(), name="terms"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
