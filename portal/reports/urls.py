from django.urls import path

from portal.reports import views

urlpatterns = [
    path("reports/", views.service_level, name="reports"),
    path("reports/<slug:slug>/<str:month>/pdf/", views.service_level_pdf, name="report_pdf"),
]
