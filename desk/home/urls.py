from django.urls import path

from desk.home import views

urlpatterns = [
    path("", views.home, name="index"),
    path("roles/<int:grant_id>/<str:decision>/", views.decide_role, name="decide_role"),
]
