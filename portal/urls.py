"""The customers' pages, by subject."""

from django.urls import URLPattern, URLResolver

from portal.audits.urls import urlpatterns as audits
from portal.catalog.urls import urlpatterns as catalog
from portal.contacts.urls import urlpatterns as contacts
from portal.home.urls import urlpatterns as home
from portal.reports.urls import urlpatterns as reports
from portal.tickets.urls import urlpatterns as tickets

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    *home,
    *catalog,
    *tickets,
    *audits,
    *contacts,
    *reports,
]
