from django.urls import path

from desk.palette import views

urlpatterns = [path("palette/", views.palette, name="palette")]
