from django.urls import path

from portal.views import audits, contacts, home, reports, tickets

app_name = "portal"
urlpatterns = [
    path("home/", home.home, name="home"),
    path("catalog/", home.catalog, name="catalog"),
    path("catalog/<slug:slug>/", tickets.new_ticket, name="new_ticket"),
    path("tickets/", tickets.ticket_list, name="tickets"),
    path("tickets/<str:number>/", tickets.ticket_page, name="ticket"),
    path("tickets/<str:number>/clocks/<slug:metric>/", tickets.explanation, name="explanation"),
    path("tickets/<str:number>/reply/", tickets.reply, name="reply"),
    path("tickets/<str:number>/follow-up/", tickets.follow_up, name="follow_up"),
    path("tickets/<str:number>/step/<slug:name>/", tickets.step, name="step"),
    path("tickets/<str:number>/escalate/", tickets.escalate, name="escalate"),
    path("audits/", audits.audits, name="audits"),
    path("audits/new/", audits.new_audit, name="new_audit"),
    path("audits/form/<slug:slug>/", audits.audit_form, name="audit_form"),
    path("audits/<str:number>/", audits.audit, name="audit"),
    path("audits/<str:number>/visit/", audits.announce_visit, name="announce_visit"),
    path(
        "audits/<str:number>/conferences/<int:conference_id>/", audits.conference, name="conference"
    ),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/<slug:slug>/pdf/", contacts.contacts_pdf, name="contacts_pdf"),
    path("escalations/<str:token>/", contacts.acknowledge, name="acknowledge"),
    path("reports/", reports.service_level, name="reports"),
    path("reports/<slug:slug>/<str:month>/pdf/", reports.service_level_pdf, name="report_pdf"),
]
