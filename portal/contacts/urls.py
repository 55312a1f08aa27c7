from django.urls import path

from portal.contacts import views

urlpatterns = [
    path("contacts/", views.contacts, name="contacts"),
    path("contacts/<slug:slug>/pdf/", views.contacts_pdf, name="contacts_pdf"),
    path("escalations/<str:token>/", views.acknowledge, name="acknowledge"),
]
