from django.urls import path

from desk.recurring import views

urlpatterns = [
    path("recurring/", views.recurrences, name="recurrences"),
    path("recurring/new/", views.new, name="new_recurrence"),
    path("recurring/form/", views.renewed_form, name="recurrence_form"),
    path("recurring/preview/", views.preview, name="recurrence_preview"),
    path("recurring/<int:recurrence_id>/", views.recurrence, name="recurrence"),
    path("recurring/<int:recurrence_id>/change/", views.change, name="change_recurrence"),
    path("recurring/<int:recurrence_id>/pause/", views.pause, name="pause_recurrence"),
    path("recurring/<int:recurrence_id>/resume/", views.resume, name="resume_recurrence"),
    path("recurring/<int:recurrence_id>/delete/", views.delete, name="delete_recurrence"),
    path(
        "recurring/<int:recurrence_id>/days/<int:day_id>/",
        views.raise_now,
        name="raise_recurrence",
    ),
]
