from django.urls import path

from portal.home import views

urlpatterns = [path("home/", views.home, name="home")]
