from django.urls import URLPattern, URLResolver, include, path

from portal.audits import views

_audit = [
    path("", views.audit, name="audit"),
    path("visit/", views.announce_visit, name="announce_visit"),
    path("conferences/<int:conference_id>/", views.conference, name="conference"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("audits/", views.audits, name="audits"),
    path("audits/new/", views.new_audit, name="new_audit"),
    path("audits/form/<slug:slug>/", views.audit_form, name="audit_form"),
    path("audits/<ticket_number:number>/", include(_audit)),
]
