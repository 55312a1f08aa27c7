from django.urls import path

from api.terms.views import TermsView

urlpatterns = [path("terms/", TermsView.as_view(), name="terms")]
