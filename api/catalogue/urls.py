from django.urls import path

from api.catalogue.views import CatalogueView

urlpatterns = [path("catalogue/", CatalogueView.as_view(), name="catalogue")]
