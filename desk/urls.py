"""The desk's own pages; ``MesaAdminSite`` puts them before Django's and guards each of them."""

from django.urls import URLPattern, URLResolver

from desk.audits.urls import urlpatterns as audits
from desk.checklists.urls import urlpatterns as checklists
from desk.coverage.urls import urlpatterns as coverage
from desk.gallery.urls import urlpatterns as gallery
from desk.home.urls import urlpatterns as home
from desk.keyboard.urls import urlpatterns as keyboard
from desk.macros.urls import urlpatterns as macros
from desk.notices.urls import urlpatterns as notices
from desk.palette.urls import urlpatterns as palette
from desk.queue.urls import urlpatterns as queue
from desk.recurring.urls import urlpatterns as recurring
from desk.replies.urls import urlpatterns as replies
from desk.reports.urls import urlpatterns as reports
from desk.signature.urls import urlpatterns as signature
from desk.simulations.urls import urlpatterns as simulations
from desk.team.urls import urlpatterns as team
from desk.tickets.urls import urlpatterns as tickets
from desk.webhooks.urls import urlpatterns as webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    *home,
    *queue,
    *team,
    *tickets,
    *audits,
    *reports,
    *coverage,
    *simulations,
    *keyboard,
    *replies,
    *signature,
    *checklists,
    *macros,
    *recurring,
    *notices,
    *palette,
    *webhooks,
    *gallery,
]
