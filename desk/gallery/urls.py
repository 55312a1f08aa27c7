from django.urls import path

from desk.gallery import views

urlpatterns = [path("gallery/", views.gallery, name="gallery")]
