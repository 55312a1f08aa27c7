from django.urls import path

from api.coverage.views import CoverageView

urlpatterns = [path("coverage/", CoverageView.as_view(), name="coverage")]
