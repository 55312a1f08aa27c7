from django.urls import path

from api.reports.views import ReportIssueView, ServiceLevelReportView

urlpatterns = [
    path("reports/service-level/", ServiceLevelReportView.as_view(), name="service_level"),
    path(
        "reports/service-level.<str:format>",
        ServiceLevelReportView.as_view(),
        name="service_level_format",
    ),
    path("reports/issues/<int:issue_id>/", ReportIssueView.as_view(), name="report_issue"),
]
