from django.urls import path

from desk.signature import views

urlpatterns = [path("signature/", views.signature, name="signature")]
