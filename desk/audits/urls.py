from django.urls import URLPattern, URLResolver, include, path

from desk.audits import views

_audit = [
    path("", views.audit, name="audit"),
    path("<slug:name>/<int:target>/", views.act, name="audit_act"),
    path("evidence/<int:evidence_id>/<slug:kind>/", views.evidence_file, name="evidence_file"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("audits/", views.audits, name="audits"),
    path("audits/<ticket_number:number>/", include(_audit)),
]
