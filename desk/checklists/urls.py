from django.urls import path

from desk.checklists import views

urlpatterns = [
    path("checklists/", views.checklists, name="checklists"),
    path("checklists/new/", views.edit, name="new_checklist"),
    path("checklists/<int:checklist_id>/", views.edit, name="checklist"),
    path("checklists/<int:checklist_id>/delete/", views.delete, name="delete_checklist"),
]
