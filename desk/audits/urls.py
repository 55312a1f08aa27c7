from django.urls import URLPattern, URLResolver, include, path

from desk.audits import planning, registering, views

_audit = [
    path("", views.audit, name="audit"),
    path("<slug:name>/<int:target>/", views.act, name="audit_act"),
    path("evidence/<int:evidence_id>/<slug:kind>/", views.evidence_file, name="evidence_file"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("audits/", views.audits, name="audits"),
    path("audits/new/", registering.register_audit, name="register_audit"),
    path("audits/form/<slug:slug>/", registering.empty_form, name="audit_form"),
    path("audits/plan/", planning.planned_audits, name="planned_audits"),
    path("audits/plan/new/", planning.new_plan, name="plan_audit"),
    path("audits/plan/<int:plan_id>/", planning.planned_audit, name="planned_audit"),
    path("audits/plan/<int:plan_id>/end/", planning.end_plan, name="end_planned_audit"),
    path("audits/<ticket_number:number>/", include(_audit)),
]
