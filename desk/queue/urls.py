from django.urls import path

from desk.queue import views

urlpatterns = [
    path("queue/", views.queue, name="queue"),
    path("queue/assign/", views.assign, name="bulk_assign"),
]
