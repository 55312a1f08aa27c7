"""The REST API, by subject."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from api.audits.urls import urlpatterns as audits
from api.catalogue.urls import urlpatterns as catalogue
from api.coverage.urls import urlpatterns as coverage
from api.recurring.urls import urlpatterns as recurring
from api.reports.urls import urlpatterns as reports
from api.terms.urls import urlpatterns as terms
from api.tickets.urls import urlpatterns as tickets
from api.webhooks.urls import urlpatterns as webhooks

app_name = "api"
urlpatterns = [
    *audits,
    *tickets,
    *recurring,
    *reports,
    *catalogue,
    *coverage,
    *terms,
    *webhooks,
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
