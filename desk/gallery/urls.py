from django.urls import path

from desk.gallery import views

urlpatterns = [path("components/", views.gallery, name="gallery")]
