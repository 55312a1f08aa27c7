from django.urls import path

from desk.notices import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/count/", views.count, name="notices_count"),
    path("notices/seen/", views.seen, name="notices_seen"),
]
