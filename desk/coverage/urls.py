from django.urls import path

from desk.coverage import views

urlpatterns = [
    path("coverage/", views.coverage, name="coverage"),
    path("coverage/drill/", views.drill, name="coverage_drill"),
]
