from django.urls import path

from portal.catalog import views

urlpatterns = [
    path("catalog/", views.catalog, name="catalog"),
    path("catalog/<slug:slug>/", views.new_ticket, name="new_ticket"),
]
