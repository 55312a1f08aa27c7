from django.urls import path

from desk.replies import views

urlpatterns = [
    path("replies/", views.replies, name="replies"),
    path("replies/new/", views.edit, name="new_reply"),
    path("replies/<int:reply_id>/", views.edit, name="reply"),
    path("replies/<int:reply_id>/delete/", views.delete, name="delete_reply"),
    path("tickets/<ticket_number:number>/replies/", views.choose, name="choose_reply"),
]
