from django.urls import path

from desk.keyboard import views

urlpatterns = [path("keyboard/", views.keyboard, name="keyboard")]
